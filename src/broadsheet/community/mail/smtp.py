"""Sends mails through a relay, one after the other over one connection, and says exactly how far each came.

Everything up to the last byte of a mail can be repeated: a relay forgets what was not ended. Between the last byte and
the answer nobody can know whether the relay has the mail; then the outcome is UNKNOWN and the mail is not repeated.
"""

from __future__ import annotations

import contextlib
import re
import select
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Self

from broadsheet.community.mail.mime import one_line, sender_address
from broadsheet.kit.errors import BroadsheetError, SettingError
from broadsheet.settings.secret_file import secret_in
from broadsheet.settings.sections import Mail

__all__ = ["Fate", "Outcome", "Relay", "RelayDown"]

_BROKEN = (OSError, smtplib.SMTPException, EOFError)


class RelayDown(BroadsheetError):
    """The relay does not take mails now, from anybody to anybody: no mail is to blame."""


class Fate(StrEnum):
    """What became of a mail."""

    sent = "sent"
    deferred = "deferred"  # it was not taken; later it may be
    refused = "refused"  # it will never be taken
    unknown = "unknown"  # nobody knows


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mail, and the relay's words."""

    fate: Fate
    code: str = ""  # "550 5.1.1"
    text: str = ""
    is_hard: bool = False  # there is no such mailbox


class Relay:
    """A connection to the relay, opened when needed."""

    def __init__(self, settings: Mail) -> None:
        self._settings = settings
        self._connection: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Say goodbye."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(*_BROKEN):
                connection.quit()
            connection.close()

    def send(self, to: str, mail: bytes, before_last_byte: Callable[[], bool]) -> Outcome:
        """Send one mail. `before_last_byte` is called when all but the end is sent; False calls it off.

        Raises RelayDown while the relay takes nothing, SettingError where the settings are wrong.
        """
        sender = sender_address(self._settings.sender)[1]
        try:
            connection = self._open()
            refusal = self._envelope(connection, sender, to)
            if refusal:
                self._reset(connection, refusal)
                return refusal
            code, answer = connection.docmd("DATA")
            if code == 354:
                connection.send(_dotted(mail))
                if _has_spoken(connection):  # it closed, or says no before the end
                    code, answer = connection.getreply()
            if code != 354:
                self._break()
                return _answered(code, answer, is_content=True)
        except smtplib.SMTPResponseException as error:
            self._break()
            return _answered(error.smtp_code, error.smtp_error)
        except _BROKEN as error:
            self._break()
            return Outcome(Fate.deferred, text=_words(error))
        return self._end(connection, before_last_byte)

    def _end(self, connection: smtplib.SMTP, before_last_byte: Callable[[], bool]) -> Outcome:
        """Send the end of a mail, and read what became of it."""
        try:
            goes_on = before_last_byte()
        except BaseException:
            self._break()  # an open mail would be ended by whatever is sent next
            raise
        if not goes_on:
            self._break()
            return Outcome(Fate.deferred, text="called off")
        try:
            connection.send(b".\r\n")
            code, answer = connection.getreply()
        except _BROKEN as error:
            self._break()
            return Outcome(Fate.unknown, text=_words(error))
        if code == 421:
            self._break()
        return _answered(code, answer, is_content=True) if code != 250 else Outcome(Fate.sent, "250", _text(answer))

    def _envelope(self, connection: smtplib.SMTP, sender: str, to: str) -> Outcome | None:
        code, answer = connection.mail(sender)
        if code != 250:  # what we say of ourselves is not accepted
            self._break()
            raise RelayDown(f"the relay does not accept mail from {sender}: {code} {_text(answer)}")
        code, answer = connection.rcpt(to)
        return None if code in {250, 251} else _answered(code, answer)

    def _open(self) -> smtplib.SMTP:
        if self._connection is not None:
            return self._connection
        settings = self._settings
        if not settings.host or not settings.sender:
            raise SettingError("[mail] host and sender are not set: no mail can be sent; docs/how-to/mail.md shows how")
        domain = sender_address(settings.sender)[1].rpartition("@")[2]
        password = _password(settings)
        if settings.user and settings.security == "none" and settings.host not in {"127.0.0.1", "::1", "localhost"}:
            raise SettingError('[mail] security = "none" would send the password readable; use "starttls" or "tls"')
        connection: smtplib.SMTP | None = None
        try:
            if settings.security == "tls":
                connection = smtplib.SMTP_SSL(
                    local_hostname=domain, timeout=settings.timeout, context=ssl.create_default_context()
                )
            else:
                connection = smtplib.SMTP(local_hostname=domain, timeout=settings.timeout)
            # the name is needed to verify the certificate, and `connect` does not keep it
            connection._host = settings.host  # type: ignore[attr-defined]
            code, answer = connection.connect(settings.host, settings.port)
            if code != 220:
                raise RelayDown(f"{settings.host}:{settings.port}: {code} {_text(answer)}")
            connection.ehlo_or_helo_if_needed()
            if settings.security == "starttls":
                connection.starttls(context=ssl.create_default_context())
            if settings.user:
                connection.login(settings.user, password)
        except (*_BROKEN, RelayDown) as error:
            if connection is not None:
                connection.close()
            where = f"{settings.host}:{settings.port}"
            raise error if isinstance(error, RelayDown) else RelayDown(f"{where}: {_words(error)}") from error
        self._connection = connection
        return connection

    def _reset(self, connection: smtplib.SMTP, refusal: Outcome) -> None:
        """Ready the connection for the next mail."""
        try:
            if refusal.code.startswith("421") or connection.rset()[0] != 250:
                self._break()
        except _BROKEN:
            self._break()

    def _break(self) -> None:
        """Close the connection at once: whatever was begun is forgotten by the relay."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _has_spoken(connection: smtplib.SMTP) -> bool:
    """Whether the relay says something before it is asked. Under TLS that cannot be seen: it may be a ticket."""
    sock = connection.sock
    return not isinstance(sock, ssl.SSLSocket | None) and bool(select.select([sock], [], [], 0)[0])


def _password(settings: Mail) -> str:
    if not settings.password_file:
        return settings.password
    return secret_in(settings.password_file, "[mail] password_file")


def _answered(code: int, answer: bytes | str, *, is_content: bool = False) -> Outcome:
    """What an answer other than yes says of a mail; 5.1.x and 5.2.1 say that the mailbox does not exist."""
    text = _text(answer)
    enhanced = re.match(r"([245]\.\d{1,3}\.\d{1,3})\b", text)
    status = enhanced[1] if enhanced else ""
    text = text.removeprefix(status).lstrip()
    fate = Fate.refused if 500 <= code < 600 else Fate.deferred
    names_mailbox = status.startswith("5.1.") or status == "5.2.1" if status else code in {550, 551, 553}
    is_hard = fate is Fate.refused and not is_content and names_mailbox
    return Outcome(fate, f"{code} {status}".strip(), text, is_hard)


def _dotted(mail: bytes) -> bytes:
    """The mail with CRLF at its end and lines that begin with a dot doubled."""
    return re.sub(rb"(?m)^\.", b"..", mail if mail.endswith(b"\r\n") else mail + b"\r\n")


def _text(answer: bytes | str) -> str:
    return one_line(answer if isinstance(answer, str) else answer.decode("utf-8", "replace"), 300)


def _words(error: BaseException) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return one_line(f"{error.smtp_code} {error.smtp_error!r}", 300)
    return one_line(f"{type(error).__name__}: {error}", 300)
