"""A week of a community from its first hour, as its people live it: real server, real relay, a browser for each.

One story in the order in which it happens; each chapter goes on from where the one before left off.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from html import unescape
from pathlib import Path

import httpx
import pytest

import broadsheet
from broadsheet.community import Community
from broadsheet.community.actor import Role
from broadsheet.community.scheduler import Scheduler
from broadsheet.web import create_app
from tests.community.mailing import Clock, paper, text_of
from tests.community.relay import Sink, relay, settings
from tests.web.markup import Page
from tests.web.members import PASSWORD
from tests.web.served import serving

URL = "https://papers.example.org"
SETTINGS = f"""
open_list = "yes"
[community]
mode = "community"
url = "{URL}"
sign_up = "open"
[edition]
closes = "18:00"
"""


@dataclass
class Village:
    """A served community, its mail, its clock and its people's browsers."""

    community: Community
    sink: Sink
    clock: Clock
    url: str
    _stack: ExitStack
    _browsers: dict[str, httpx.Client] = field(default_factory=dict)

    def browser(self, name: str) -> httpx.Client:
        if name not in self._browsers:
            # the pages know themselves by the address that is set, behind which a proxy stands
            client = httpx.Client(base_url=self.url, trust_env=False, timeout=None)
            self._browsers[name] = self._stack.enter_context(client)
        return self._browsers[name]

    def page(self, name: str, path: str, status: int = 200) -> str:
        """A page as somebody sees it, without faults."""
        answer = self.browser(name).get(path, follow_redirects=True)
        assert answer.status_code == status, (path, answer.text[:500])
        assert Page(answer.text).faults == [], path
        return unescape(answer.text)

    def press(self, who: str, path: str, page: str, /, **fields: str) -> httpx.Response:
        """Open a page and send one of its forms."""
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.browser(who).get(page).text)
        assert found, page
        answer = self.browser(who).post(path, data={"csrf": found[1], **fields})
        assert answer.status_code in (200, 303), (path, answer.status_code, answer.text[:500])
        return answer

    def goes_by(self, hours: int) -> list[str]:
        """Time passes, and the server does what is due."""
        self.clock.now += timedelta(hours=hours)
        lines = Scheduler(self.community).run()
        self.community.mail.deliver()
        return lines

    def letters(self, name: str) -> list[EmailMessage]:
        """The mails that somebody got since they looked last."""
        self.community.mail.deliver()
        mails = self.sink.to(f"{name}@example.org")
        self.sink.mails[:] = [one for one in self.sink.mails if one[0] != f"{name}@example.org"]
        return mails

    def link(self, name: str, word: str) -> str:
        """The path of the link with this word in the latest mail to somebody."""
        end = time.monotonic() + 60  # what a form asks for is written once it is answered
        while not (letters := self.letters(name)):
            assert time.monotonic() < end, f"nothing was sent to {name}"
            time.sleep(0.01)
        found = re.search(rf"{URL}(/{word}\S+)", text_of(letters[-1]))
        assert found
        return found[1]


@contextmanager
def village(folder: Path) -> Iterator[Village]:
    clock = Clock()
    with relay() as sink, ExitStack() as stack:
        settings(folder, sink.port, SETTINGS)
        library = stack.enter_context(broadsheet.open(folder, clock=clock))
        library.add(*(paper(n, clock.now.date()) for n in range(6)))
        app = create_app(library)
        url = stack.enter_context(serving(app))
        community: Community = app.state.site.community
        community.accounts.create("amos", PASSWORD, Role.admin, email="amos@example.org")
        made = Village(community, sink, clock, url, stack)
        made.press("amos", "/sign-in", "/sign-in", name="amos", password=PASSWORD)
        yield made


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("village")) as made:
        yield made


def join_by_mail(place: Village, name: str) -> None:
    place.press(name, "/sign-up", "/sign-up", email=f"{name}@example.org")
    link = place.link(name, "sign-up/")
    place.page(name, link)
    place.press(name, link, link, name=name, password=PASSWORD, full_name=name.title())


def test_a_week(place: Village) -> None:
    somebody_joins_by_mail(place)
    and_invites_a_friend(place)
    they_vote_submit_and_talk(place)
    the_day_closes_and_the_mail_comes(place)
    a_paper_is_saved_from_the_mail(place)
    a_curator_is_made_and_moderates(place)
    a_subscriber_without_an_account_comes_and_goes(place)
    a_password_is_forgotten(place)
    one_of_them_leaves(place)
    and_everything_is_whole(place)


def somebody_joins_by_mail(place: Village) -> None:
    join_by_mail(place, "rita")
    assert "rita" in place.page("rita", "/account")
    assert "Sign in" in place.page("", "/")


def and_invites_a_friend(place: Village) -> None:
    page = place.press("rita", "/account/invitations", "/account", note="for Otto")
    shown = unescape(page.text) if page.status_code == 200 else place.page("rita", "/account")
    found = re.search(r"/invitations/[\w-]{43}", shown)
    assert found
    assert "rita" in place.page("otto", found[0])
    place.press("otto", found[0], found[0], name="otto", password=PASSWORD, full_name="")
    account = place.community.accounts.named("otto")
    assert account.invited_by == place.community.accounts.named("rita").id


def they_vote_submit_and_talk(place: Village) -> None:
    place.press("rita", "/submit/1", "/submit/1", reason="Kelp at last")
    place.press("otto", "/submit/2", "/submit/2", reason="")
    for name in ("rita", "otto"):
        place.press(name, "/papers/1/vote", "/paper/1", vote="cast")
    place.press("otto", "/papers/1/comments", "/paper/1", text="Does it grow, @rita? $x^2$")
    front = place.page("", "/papers")
    assert front.index("Kelp forests in study number 0") < front.index("Graph colouring in study number 1")
    assert "Kelp at last" in front
    thread = place.page("", "/paper/1")
    assert "<math" in thread
    assert "Does it grow" in place.page("rita", "/account/mentions")
    assert place.community.votes.counts([1, 2]) == {1: 2, 2: 0}


def the_day_closes_and_the_mail_comes(place: Village) -> None:
    place.press("rita", "/account/mail", "/account/mail", frequency="daily", hour="19", time_zone="UTC")
    assert place.goes_by(12) == ["closed: 2026-06-29"]  # 18 o'clock
    assert place.goes_by(1) == ["mail: 1 queued"]
    [mail] = place.letters("rita")
    place.sink.mails.append(("kept@example.org", mail))
    text = text_of(mail)
    assert text.index("Kelp forests in study number 0") < text.index("Graph colouring in study number 1")
    assert place.letters("otto") == []
    closed = place.page("", "/papers/date/2026-06-29")
    assert "Kelp at last" in closed
    assert place.goes_by(1) == []


def a_paper_is_saved_from_the_mail(place: Village) -> None:
    [mail] = place.sink.to("kept@example.org")
    found = re.findall(rf"{URL}(/mail/act/\S+)", text_of(mail))
    phone = f"phone of rita {len(found)}"  # another browser, where nobody is signed in
    place.page(phone, found[0])
    assert place.community.library.state("rita").saved.keys() == set()
    place.press(phone, found[0], found[0])
    assert place.community.library.state("rita").saved.keys() == {1}


def a_curator_is_made_and_moderates(place: Village) -> None:
    number = place.community.accounts.named("rita").id
    place.press("amos", f"/admin/accounts/{number}/role", "/admin/accounts", role="curator")
    assert place.browser("rita").get("/account").status_code in (303, 401)  # a new role signs out
    place.press("rita", "/sign-in", "/sign-in", name="rita", password=PASSWORD)
    place.press("rita", "/comments/1/hide", "/paper/1", reason="off topic")
    assert "Does it grow" not in place.page("", "/paper/1")
    assert "off topic" in place.page("", "/moderation/log")
    place.press("rita", "/comments/1/unhide", "/paper/1", reason="a mistake")
    assert "Does it grow" in place.page("", "/paper/1")
    audit = place.page("amos", "/admin/audit")
    assert "reader → curator" in audit


def a_subscriber_without_an_account_comes_and_goes(place: Village) -> None:
    place.press("nina", "/subscribe", "/subscribe", address="nina@example.org", frequency="daily")
    link = place.link("nina", "subscribe/confirm/")
    place.press("nina", link, link)
    place.press("otto", "/submit/3", "/submit/3", reason="")
    place.goes_by(24)
    place.goes_by(24)
    mails = place.letters("nina")
    assert len(mails) >= 1
    assert "Cold fermentation in study number 2" in text_of(mails[0])
    assert "/mail/act/" not in text_of(mails[0])  # only readers save
    way = re.search(rf"<{URL}(/mail/unsubscribe/[^>]+)>", mails[0]["List-Unsubscribe"])
    assert way
    # as a mail program does in one click: without a cookie and without a form of ours
    answer = place.browser("mail program").post(way[1], data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200, answer.text
    place.press("otto", "/submit/4", "/submit/4", reason="")
    place.goes_by(24)
    place.goes_by(24)
    assert place.letters("nina") == []
    assert len(place.letters("rita")) >= 1  # who did not leave gets theirs


def a_password_is_forgotten(place: Village) -> None:
    place.press("rita", "/reset-password", "/reset-password", email="rita@example.org")
    link = place.link("rita", "reset-password/")
    place.press("rita at home", link, link, password="quite another password")
    assert place.browser("rita").get("/account").status_code in (303, 401)
    refused = place.browser("rita at home").post("/sign-in", data={})
    assert refused.status_code in (400, 403, 422)
    place.press("rita", "/sign-in", "/sign-in", name="rita", password="quite another password")
    assert "rita" in place.page("rita", "/account")


def one_of_them_leaves(place: Village) -> None:
    place.press("otto", "/account/leave", "/account/leave", password=PASSWORD, name="otto")
    assert [one.name for one in place.community.accounts.like()] == ["amos", "rita"]
    assert "Does it grow" in place.page("", "/paper/1")  # what others answered stays, without a name
    assert place.community.votes.counts([1]) == {1: 1}
    assert "otto" not in place.page("", "/paper/1")


def and_everything_is_whole(place: Village) -> None:
    assert place.community.library.catalogue.check() == []
    assert not place.community.mail.queue.counts().keys() & {"dead", "unknown"}
    days = place.community.editions.counts(place.community.editions.first, place.community.editions.today)
    assert sum(days.values()) == 4
