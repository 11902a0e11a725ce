"""A real SMTP server on loopback that does with each mail what its address says.

accept@… takes it, defer@… answers 450, reject@… 550, spam@… 554 to the content, drop@… closes the connection within the
mail, vanish@… takes the whole mail and closes without an answer, slow@… answers too late.
"""

from __future__ import annotations

import asyncio
import email.policy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, syntax

SLOW = 3.0  # seconds; the tests' relays are waited for one second


@dataclass
class Sink:
    """What a relay took."""

    port: int = 0
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)  # (to, the mail)

    def ids(self) -> list[str]:
        """The Message-IDs of what was taken, in order."""
        return [mail["Message-ID"] for _, mail in self.mails]

    def to(self, address: str) -> list[EmailMessage]:
        """What was taken for an address."""
        return [mail for to, mail in self.mails if to == address]


class _Server(SMTP):
    """Closes connections within a mail where the address says so."""

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - the server's names
        """Read the mail, or its beginning."""
        envelope = self.envelope
        if envelope and envelope.rcpt_tos and envelope.rcpt_tos[0].startswith("drop"):
            await self.push("354 go on")
            await self._reader.readline()
            _abort(self)
            return
        await super().smtp_DATA(arg)


def _abort(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


class _Handler:
    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        """Take an address or not."""
        if address.startswith("defer"):
            return "450 4.2.1 come back later"
        if address.startswith("reject"):
            return "550 5.1.1 there is no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a mail or not."""
        to = envelope.rcpt_tos[0]
        if to.startswith("spam"):
            return "554 5.7.1 this looks like advertising"
        if to.startswith("slow"):
            await asyncio.sleep(SLOW)
        mail = message_from_bytes(envelope.content, policy=email.policy.default)
        self.sink.mails.append((to, mail))
        if to.startswith("vanish"):
            _abort(server)
        return "250 2.0.0 taken"


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Server(self.handler, hostname="relay.example.org")

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]  # it asked for any
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def relay() -> Iterator[Sink]:
    """A server on a free port."""
    sink = Sink()
    controller = _Controller(_Handler(sink), hostname="127.0.0.1", port=0, ready_timeout=20)
    controller.start()
    try:
        sink.port = controller.port
        yield sink
    finally:
        controller.stop()


def settings(folder: Path, port: int, more: str = "") -> None:
    """Write the settings of a library that sends through the relay."""
    (folder / "broadsheet.toml").write_text(
        f"""
[server]
title = "Daily kelp"
[mail]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "Daily kelp <papers@example.org>"
timeout = 1
tries = 3
{more}
""",
        encoding="utf-8",
    )
