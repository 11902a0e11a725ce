"""A community, from the invitation to the mail, in a real browser: two members, a real relay, a real provider."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

import broadsheet
from broadsheet.community import Community
from broadsheet.community.actor import Role
from broadsheet.kit.paper import Record
from tests.browser.conftest import free_port, wait_for
from tests.browser.walker import Walker, open_browser
from tests.community.relay import Sink, relay
from tests.web.provider import running_provider
from tests.web.served import PAPERS

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"
TITLE = PAPERS[0].title
ROOT = Path(__file__).parents[2]


@dataclass
class Place:
    """A community that is served, and the ways to look at it from outside."""

    url: str
    folder: Path
    clock: Path
    sink: Sink
    stack: ExitStack
    browsers: int = 0

    def browser(self, *, javascript: bool = True) -> Walker:
        """A new browser window."""
        self.browsers += 1
        profile = self.folder.parent / f"profile{self.browsers}"
        driver = self.stack.enter_context(open_browser(self.url, profile, javascript=javascript))
        return Walker(driver, self.url)

    def signed_in(self, name: str, *, javascript: bool = True) -> Walker:
        """A new browser window in which a member has signed in."""
        walker = self.browser(javascript=javascript)
        walker.go("/sign-in")
        fill(walker, name=name, password=PASSWORD)
        return walker

    def go_to(self, moment: datetime) -> None:
        """Move the clock of the server."""
        self.clock.write_text(str((moment - datetime.now(UTC)).total_seconds()))

    @property
    def today(self) -> date:
        """The day it is there."""
        return (datetime.now(UTC) + timedelta(seconds=float(self.clock.read_text()))).date()

    def mail(self, to: str) -> EmailMessage:
        """The mail that came for an address, once it is there."""
        end = time.monotonic() + 120
        while not (mails := self.sink.to(to)):
            assert time.monotonic() < end, "no mail came"
            time.sleep(0.2)
        return mails[-1]


def fill(walker: Walker, form: str = "main form", **fields: str) -> None:
    """Fill a form and send it."""
    for name, value in fields.items():
        walker.one(f"{form} [name={name}]").send_keys(value)
    before = walker.one("html")
    walker.one(f"{form} button[type=submit]").click()
    walker.until(lambda: walker.one("html") != before)


SETTINGS = """[server]
title = "Daily kelp"
[community]
mode = "community"
url = "http://127.0.0.1:{port}"
[edition]
window = 3650
[schedule]
sync_hours = 0
[mail]
host = "127.0.0.1"
port = {mail}
security = "none"
sender = "Daily kelp <papers@example.org>"
[[oidc.providers]]
name = "Uni"
issuer = "{issuer}"
client_id = "broadsheet"
client_secret = "hush"
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A community of an administrator and a curator behind a server process of its own, at noon of a day."""
    folder, clock = tmp_path / "library", tmp_path / "clock"
    with ExitStack() as stack:
        sink, issuer = stack.enter_context(relay()), stack.enter_context(running_provider())
        port = free_port()
        folder.mkdir()
        (folder / "broadsheet.toml").write_text(SETTINGS.format(port=port, mail=sink.port, issuer=issuer))
        with broadsheet.open(folder) as library:
            library.add(*(Record(paper, "invented", f"inv-{n}", f"invented:{n}") for n, paper in enumerate(PAPERS)))
            accounts = Community(library).accounts
            accounts.create("amos", PASSWORD, Role.admin, email="amos@example.org")
            accounts.create("cleo", PASSWORD, Role.curator, email="cleo@example.org")
        made = Place(f"http://127.0.0.1:{port}", folder, clock, sink, stack)
        noon = datetime.now(UTC).replace(hour=12, minute=0) + timedelta(days=1)
        made.go_to(noon)
        command = [
            sys.executable,
            "-m",
            "tests.browser.later",
            str(clock),
            "--library",
            str(folder),
            "serve",
            "--port",
            str(port),
        ]
        log = tmp_path / "server.log"
        with log.open("wb") as out:
            server = subprocess.Popen(command, stdout=out, stderr=out, env=dict(os.environ), cwd=ROOT)
        stack.callback(server.wait, 30)
        stack.callback(server.terminate)
        wait_for(made.url, server, log)
        yield made


def invitation(place: Place) -> str:
    """The link of an invitation that the administrator makes."""
    admin = place.signed_in("amos")
    admin.go("/account")
    fill(admin, "form[action='/account/invitations']", note="a friend")
    return admin.one("#invitations ~ .note code").text


def join(place: Place) -> Walker:
    """The browser of Ida, who is invited, joins, and confirms her address."""
    ida = place.browser()
    ida.driver.get(invitation(place))
    assert "amos invites you to Daily kelp." in ida.one(".standfirst").text
    fill(ida, name="ida", full_name="Ida Reed", password=PASSWORD, email="ida@example.org")
    assert ida.one("h1").text == "ida"
    letter = place.mail("ida@example.org").get_content()
    ida.driver.get(re.findall(r"http://\S+", letter)[0])
    assert "ida@example.org" in ida.one("main").text
    fill(ida)
    place.sink.mails.clear()
    return ida


def submit(ida: Walker) -> str:
    """Submit the first paper; its number."""
    ida.go("/submit")
    fill(ida, "form[action='/submit']", paper="1")
    assert TITLE in ida.one(".card").text
    number = ida.one(".card").get_attribute("data-paper")
    fill(ida, f"form[action='/submit/{number}']", reason="It is about kelp.")
    return number or ""


def vote_and_comment(cleo: Walker, number: str) -> None:
    """Vote for a paper on the front page and comment on it, without JavaScript."""
    cleo.go("/")
    assert [one.text for one in cleo.all(".newspaper article .title")] == [TITLE]
    assert "It is about kelp." in cleo.one(".newspaper article").text
    cleo.one(".newspaper article form.vote button").click()
    cleo.go("/")
    assert "1 vote" in cleo.one(".newspaper article form.vote").text
    cleo.go(f"/paper/{number}")
    form = f"section[aria-labelledby=comments] form[action='/papers/{number}/comments']"
    fill(cleo, form, text="So $x^2 < 1$ is *all*. <script>alert(1)</script>")
    assert cleo.all(".thread math")
    assert cleo.one(".thread em").text == "all"
    assert "<script>alert(1)</script>" in cleo.one(".thread").text
    assert not cleo.all(".thread script")


def save_and_leave(place: Place, mail: EmailMessage) -> None:
    """Save the paper from the mail and unsubscribe, in a browser where nobody is signed in."""
    reader = place.browser(javascript=False)
    save = re.search(r'href="([^"]+)"[^>]*>\s*Save', content(mail, "html"))
    assert save
    reader.driver.get(save[1].replace("&amp;", "&"))
    fill(reader)
    away = re.search(r"http\S+/mail/unsubscribe\S+", content(mail, "plain"))
    assert away
    reader.driver.get(away[0])
    fill(reader)


def content(mail: EmailMessage, kind: str) -> str:
    """The text or the HTML of a mail."""
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_from_the_invitation_to_the_mail(place: Place) -> None:
    ida, cleo = join(place), place.signed_in("cleo", javascript=False)
    number = submit(ida)
    vote_and_comment(cleo, number)

    ida.go("/account/mail")
    ida.one("input[name=frequency][value=daily]").click()
    fill(ida)
    day = place.today
    place.go_to(datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=23, minutes=30))
    mail = place.mail("ida@example.org")
    assert TITLE in content(mail, "plain")
    ida.go(f"/papers/date/{day}")
    assert "Closed and printed" in ida.one(".dateline").text
    assert ida.one(".newspaper article .title").text == TITLE
    ida.go("/")
    assert TITLE in ida.one("main").text  # the last day with papers, where today has none

    save_and_leave(place, mail)
    ida.go("/library")
    assert TITLE in ida.titles()
    ida.go("/account/mail")
    assert ida.one("input[name=frequency][value=never]").is_selected()
    ida.go("/admin/accounts")
    assert "This needs the role admin" in ida.one("main").text
    assert ida.foreign_requests() == cleo.foreign_requests() == []


def test_sign_in_with_an_account_elsewhere(place: Place) -> None:
    place.go_to(datetime.now(UTC))  # as it is at the provider
    link = invitation(place)
    nina = place.browser()
    nina.go("/sign-in")
    nina.one("a[href^='/sign-in/with/uni']").click()
    nina.one("input[name=sub]").send_keys("0000-0001")
    nina.one("form button[type=submit]").click()
    nina.until(lambda: nina.driver.current_url.startswith(place.url))
    fill(nina, "form[action='/sign-in/join']", name="nina", invitation=link)
    nina.go("/account")
    assert nina.one("h1").text == "nina"
    assert "nina@uni.example" in nina.one("main").text
