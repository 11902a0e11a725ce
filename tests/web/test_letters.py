"""Links of accounts, sent through a relay by SMTP and followed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from broadsheet.community.accounts import Accounts
from tests.community.relay import Sink, relay
from tests.web.members import CHEAP, PASSWORD, Town, post, town


@pytest.fixture
def sink() -> Iterator[Sink]:
    with relay() as found:
        yield found


@pytest.fixture
def posting(stocked: Path, tmp_path: Path, sink: Sink) -> Iterator[Town]:
    mail = f'[mail]\nhost = "127.0.0.1"\nport = {sink.port}\nsecurity = "none"\nsender = "Papers <papers@example.org>"'
    with town(stocked, tmp_path / "library", f'sign_up = "open"\n{mail}') as running:
        community, library = running.site.community, running.library
        tables = library.catalogue.community
        community.accounts = Accounts(tables, library.settings, library.now, community.send_message, CHEAP)
        yield running


def delivered(running: Town, sink: Sink) -> tuple[str, EmailMessage]:
    """The one message that went out, once it has."""
    for _ in range(1000):
        running.site.community.mail.deliver()
        if sink.mails:
            return sink.mails.pop()
    raise AssertionError("nothing was sent")


def test_one_joins_and_recovers_by_mail(posting: Town, sink: Sink) -> None:
    browser = posting.browser()
    assert post(browser, "/sign-up", email="nina@example.org").status_code == 200
    to, message = delivered(posting, sink)
    assert (to, message["From"], message["Subject"]) == (
        *("nina@example.org", "Papers <papers@example.org>", "Join Broadsheet"),
    )
    link = re.search(rf"{posting.url}(/sign-up/\S+)", message.get_content())
    assert link
    assert post(browser, link[1], name="nina", password=PASSWORD).status_code == 303
    assert post(posting.browser(), "/reset-password", email="nina@example.org").status_code == 200
    _, message = delivered(posting, sink)
    link = re.search(rf"{posting.url}(/reset-password/\S+)", message.get_content())
    assert link
    assert post(browser, link[1], password="another long one").status_code == 303
    assert "was changed" in delivered(posting, sink)[1]["Subject"]
    assert sink.mails == []


@pytest.mark.parametrize("email", ["nina@example.org\r\nBcc: eve@example.org", "nina@example.org, eve@example.org"])
def test_nobody_else_is_written_to(posting: Town, sink: Sink, email: str) -> None:
    assert post(posting.browser(), "/sign-up", email=email).status_code == 400
    posting.site.community.mail.deliver()
    assert sink.mails == []
