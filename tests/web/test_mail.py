"""The pages of the mail with a real relay: subscribing, leaving, saving from a mail, preferences, the status page."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from html import unescape
from pathlib import Path

import httpx
import pytest

from broadsheet.community import Community
from broadsheet.community.actor import Role
from broadsheet.community.mail.links import Purpose
from broadsheet.community.scheduler import Scheduler
from broadsheet.web import create_app
from broadsheet.web.site import Site
from tests.community.mailing import Clock, enter, links, mailing, member
from tests.community.relay import Sink, relay
from tests.web.markup import Page
from tests.web.members import PASSWORD
from tests.web.served import serving


@dataclass
class Post:
    """A served community whose mail goes to a sink."""

    community: Community
    site: Site
    client: httpx.Client
    sink: Sink
    clock: Clock

    def run(self) -> None:
        """Do all that is due and send it."""
        Scheduler(self.community).run()
        self.community.mail.deliver()

    def page(self, path: str) -> str:
        """A page without faults."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        assert Page(answer.text).faults == []
        return answer.text

    def sign_in(self, name: str, role: Role) -> None:
        """Make an account and sign in."""
        self.community.accounts.create(name, PASSWORD, role, email=f"{name}@example.org")
        assert self.press("/sign-in", name=name, password=PASSWORD).status_code == 303

    def press(self, path: str, **fields: str) -> httpx.Response:
        """Visit a page and send its form."""
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.client.get(path).text)
        assert found
        return self.client.post(path, data={"csrf": found[1], **fields})


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with relay() as running:
        yield running


@pytest.fixture
def post(tmp_path: Path, sink: Sink) -> Iterator[Post]:
    sink.mails.clear()
    clock = Clock()
    with mailing(tmp_path, sink, clock) as community:
        app = create_app(community.library)
        site: Site = app.state.site
        with serving(app) as url, httpx.Client(base_url=url, trust_env=False, timeout=None) as client:
            yield Post(site.community, site, client, sink, clock)


def collect(post: Post, address: str) -> EmailMessage:
    """The next mail to an address; it is queued after the page has answered."""
    before, end = len(post.sink.to(address)), time.monotonic() + 20
    while len(post.sink.to(address)) == before:
        assert time.monotonic() < end, f"nothing was sent to {address}"
        post.community.mail.deliver()
        time.sleep(0.01)
    return post.sink.to(address)[-1]


def heading(answer: httpx.Response) -> str:
    """The heading of a page."""
    found = re.search(r"<h1>(.*?)</h1>", answer.text)
    assert found, answer.text
    return unescape(found[1])


def subscribe(post: Post, address: str) -> str:
    """Ask for mail; the path of the link that confirms it."""
    assert heading(post.press("/subscribe", address=address, frequency="daily")) == "Look into your mail"
    (link,) = links(collect(post, address), "/subscribe/confirm/")
    return link


def test_one_subscribes_by_a_button_gets_mail_and_leaves_in_one_click(post: Post) -> None:
    link = subscribe(post, "ada@example.org")
    for _ in range(3):  # programs follow links
        post.page(link)
    assert post.community.mail.recipients.subscriber_counts() == {"pending": 1}
    assert "Mail comes to ada@example.org every day." in post.press(link).text
    assert post.community.mail.recipients.subscriber_counts() == {"active": 1}
    enter(post.community, 1)
    post.clock.tomorrow(hour=7)
    post.run()
    mail = post.sink.to("ada@example.org")[-1]
    assert links(mail, "/mail/act/") == []
    (path,) = re.findall(r"<https://papers\.example\.org(/mail/unsubscribe/[^>]+)>", mail["List-Unsubscribe"])
    assert "Unsubscribe</button>" in post.page(path)
    with httpx.Client(base_url=post.client.base_url, trust_env=False) as program:  # no cookie, no form
        assert program.get(path).status_code == 200
        assert post.community.mail.recipients.subscriber_counts() == {"active": 1}
        assert program.post(path, content=b"List-Unsubscribe=One-Click").status_code == 200
    assert post.community.mail.recipients.subscriber_counts() == {"unsubscribed": 1}
    enter(post.community, 2)
    post.clock.tomorrow(hour=7)
    post.run()
    assert len(post.sink.mails) == 2
    subscribe(post, "ada@example.org")  # and one may come back


@pytest.mark.parametrize("body", [b"", b"List-Unsubscribe=One-Click", b"\xff\xfe{", b"a=b"])
def test_any_post_with_a_signed_link_unsubscribes(post: Post, body: bytes) -> None:
    number = member(post.community, "dora")
    token = post.community.mail.links.make(Purpose.stop, f"reader {number}")
    assert post.client.post(f"/mail/unsubscribe/{token}", content=body).status_code == 200
    assert post.community.mail.subscriptions.of_reader("dora").frequency == "never"


def test_the_answer_is_the_same_for_known_and_unknown_addresses(post: Post) -> None:
    post.press(subscribe(post, "known@example.org"))
    answers = [
        post.press("/subscribe", address=address, frequency="weekly").text.replace(address, "…")
        for address in ("known@example.org", "other@example.org")
    ]
    assert re.sub(r'value="[0-9a-f]{64}"', "", answers[0]) == re.sub(r'value="[0-9a-f]{64}"', "", answers[1])
    assert "already" in collect(post, "known@example.org")["Subject"]
    sent = post.sink.to("other@example.org") or [collect(post, "other@example.org")]
    assert "Confirm" in sent[-1]["Subject"]
    known = post.community.mail.recipients.subscriber_of("known@example.org")
    assert known is not None
    assert known.preference.frequency == "daily"  # a stranger changes nothing


def test_nobody_is_written_to_often(post: Post) -> None:
    for _ in range(3):
        assert post.press("/subscribe", address="ada@example.org", frequency="daily").status_code == 200
        collect(post, "ada@example.org")
    refused = post.press("/subscribe", address="ada@example.org", frequency="daily")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 3600
    assert post.community.mail.deliver().counts.total() == 0


@pytest.mark.parametrize("address", ["", "ada", "a@b.org\r\nBcc: c@d.org", "x" * 300 + "@example.org"])
def test_what_is_no_address_is_refused(post: Post, address: str) -> None:
    assert post.press("/subscribe", address=address, frequency="daily").status_code == 400
    assert post.press("/subscribe", address="ada@example.org", frequency="hourly").status_code == 400
    assert post.community.mail.queue.counts() == {}


def test_a_paper_is_saved_from_a_mail_by_a_button(post: Post) -> None:
    member(post.community, "dora")
    first, second = enter(post.community, 1, 2)
    post.clock.tomorrow()
    post.run()
    save, hide = links(post.sink.to("dora@example.org")[0], "/mail/act/")[:2]
    paper = int(re.findall(r"s(\d+)", save)[0])
    post.page(save)
    assert post.community.library.state("dora").saved == {}
    assert heading(post.press(save)) == "Saved"
    assert set(post.community.library.state("dora").saved) == {paper}
    assert heading(post.press(hide)) == "It will not be shown again"
    assert post.community.library.state("dora").hidden == {paper}
    assert {first, second} >= {paper}
    post.clock.tomorrow(days=62)
    assert "too old" in post.client.get(save).text


def test_links_that_were_changed_do_nothing(post: Post) -> None:
    number = member(post.community, "dora")
    member(post.community, "eve")
    enter(post.community, 1, 2)
    post.clock.tomorrow()
    post.run()
    mail = post.sink.to("dora@example.org")[0]
    save, stop = links(mail, "/mail/act/")[0], links(mail, "/mail/unsubscribe/")[0]
    body, _, signature = save.rpartition(".")
    forged = [
        save.replace(".s", ".h"),
        save.replace(f".r{number}.", f".r{number + 1}."),
        f"{body}.{signature[::-1]}",
        f"{body}.",
        save + "A",
        "/mail/act/" + stop.rpartition("/")[2],
        "/mail/act/" + "%00" * 30,
    ]
    for path in forged:
        if path != save:
            assert post.client.get(path).status_code in (400, 404), path
            assert post.press("/subscribe").status_code == 400
    assert post.client.post("/mail/unsubscribe/" + save.rpartition("/")[2]).status_code == 400
    assert post.client.post("/mail/unsubscribe/" + "x" * 5000).status_code == 400
    assert post.community.library.state("dora").saved == post.community.library.state("eve").saved == {}


def test_preferences_are_changed_by_the_link_of_a_mail(post: Post) -> None:
    number = member(post.community, "dora")
    enter(post.community, 1)
    post.clock.tomorrow()
    post.run()
    (path,) = links(post.sink.to("dora@example.org")[0], "/mail/preferences/")
    assert "dora@example.org" in post.page(path)
    changed = post.press(path, frequency="weekly", hour="9", time_zone="Europe/Paris")
    assert "Saved." in changed.text
    chosen = post.community.mail.recipients.preference(number)
    assert chosen is not None
    assert (chosen.frequency, chosen.hour, chosen.time_zone) == ("weekly", 9, "Europe/Paris")
    for fields in ({"hour": "24"}, {"time_zone": "../etc/passwd"}, {"frequency": "hourly"}):
        refused = post.press(path, **{"frequency": "daily", "hour": "9", "time_zone": "UTC", **fields})
        assert refused.status_code == 400
    assert post.community.mail.recipients.preference(number) == chosen


def test_a_member_chooses_on_a_page_of_their_own(post: Post) -> None:
    post.sign_in("dora", Role.reader)
    number = post.community.accounts.named("dora").reader_id
    assert "dora@example.org" in post.page("/account/mail")
    answer = post.press("/account/mail", frequency="weekdays", hour="6", time_zone="UTC", address="eve@example.org")
    assert "Saved." in answer.text
    chosen = post.community.mail.recipients.preference(number)
    assert chosen is not None
    assert (chosen.frequency, chosen.address) == ("weekdays", "")  # the address is the account's


def test_the_status_page_sends_again_drops_and_releases(post: Post) -> None:
    post.sign_in("amos", Role.admin)
    for name in ("vanish", "reject", "defer"):
        post.community.mail.send_message(f"{name}@example.org", "Hello", "You")
    post.community.mail.deliver()
    for _ in range(2):
        post.community.mail.send_message("reject@example.org", "Hello", "You")
        post.community.mail.deliver()
    text = post.page("/admin/mail")
    for said in ("Perhaps sent", "Deferred", "Dead letters", "Suspended addresses", "450 4.2.1 come back later"):
        assert said in text
    (unknown,) = post.community.mail.queue.listed("unknown")
    assert "Queued again: 1." in post.press("/admin/mail", act="resend", **{"delivery[]": str(unknown.id)}).text
    post.community.mail.deliver()
    assert "Taken off the list: 1." in post.press("/admin/mail", act="sent", **{"delivery[]": str(unknown.id)}).text
    assert "Released: 1." in post.press("/admin/mail", act="release", **{"address[]": "reject@example.org"}).text
    assert post.community.mail.queue.suspended() == []
    assert post.press("/admin/mail", act="explode").status_code == 400
    acts = [entry.act for entry in post.community.library.catalogue.community.audit.latest()]
    assert acts[:3] == ["mail: release", "mail: sent", "mail: resend"]


def test_pages_hold_on_a_phone_and_say_how_to_set_mail_up(post: Post) -> None:
    assert '<label for="address">E-mail address</label>' in post.page("/subscribe")
    post.sign_in("amos", Role.admin)
    assert "Nothing has run yet" in post.page("/admin/mail")
