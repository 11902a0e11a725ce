"""Links of accounts, sent through a relay by SMTP and followed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from broadsheet.community.accounts import Accounts
from tests.web.members import CHEAP, PASSWORD, Town, post, town


class Sink:
    """Takes every message."""

    def __init__(self) -> None:
        self.messages: list[tuple[list[str], EmailMessage]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append((envelope.rcpt_tos, message))
        return "250 OK"


@pytest.fixture
def sink() -> Iterator[tuple[Sink, int]]:
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=0)
    controller.start()
    yield handler, controller.server.sockets[0].getsockname()[1]
    controller.stop()


@pytest.fixture
def posting(stocked: Path, tmp_path: Path, sink: tuple[Sink, int]) -> Iterator[Town]:
    mail = f'[mail]\nhost = "127.0.0.1"\nport = {sink[1]}\nsecurity = "none"\nsender = "Papers <papers@example.org>"'
    with town(stocked, tmp_path / "library", f'sign_up = "open"\n{mail}') as running:
        community, library = running.site.community, running.library
        tables = library.catalogue.community
        community.accounts = Accounts(tables, library.settings, library.now, community.send_message, CHEAP)
        yield running


def delivered(running: Town, sink: Sink) -> tuple[list[str], EmailMessage]:
    """The one message that went out, once it has."""
    for _ in range(1000):
        running.site.community.mail.deliver()
        if sink.messages:
            return sink.messages.pop()
    raise AssertionError("nothing was sent")


def test_one_joins_and_recovers_by_mail(posting: Town, sink: tuple[Sink, int]) -> None:
    browser = posting.browser()
    assert post(browser, "/sign-up", email="nina@example.org").status_code == 200
    to, message = delivered(posting, sink[0])
    assert (to, message["From"], message["Subject"]) == (
        *(["nina@example.org"], "Papers <papers@example.org>", "Join Broadsheet"),
    )
    link = re.search(rf"{posting.url}(/sign-up/\S+)", message.get_content())
    assert link
    assert post(browser, link[1], name="nina", password=PASSWORD).status_code == 303
    assert post(posting.browser(), "/reset-password", email="nina@example.org").status_code == 200
    _, message = delivered(posting, sink[0])
    link = re.search(rf"{posting.url}(/reset-password/\S+)", message.get_content())
    assert link
    assert post(browser, link[1], password="another long one").status_code == 303
    assert "was changed" in delivered(posting, sink[0])[1]["Subject"]
    assert sink[0].messages == []


@pytest.mark.parametrize("email", ["nina@example.org\r\nBcc: eve@example.org", "nina@example.org, eve@example.org"])
def test_nobody_else_is_written_to(posting: Town, sink: tuple[Sink, int], email: str) -> None:
    assert post(posting.browser(), "/sign-up", email=email).status_code == 400
    posting.site.community.mail.deliver()
    assert sink[0].messages == []
