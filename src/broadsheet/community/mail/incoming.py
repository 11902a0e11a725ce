"""Mails that come back: reports of non-delivery (RFC 3464) and requests to unsubscribe.

Anybody can write such a mail, so it is believed only where it names the Message-ID of a mail that went to the address
it speaks of, which nobody else can guess, or has the signed token of an unsubscribe link.
"""

from __future__ import annotations

import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage, Message
from typing import TYPE_CHECKING

from broadsheet.community.mail.mime import one_line
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from broadsheet.community.mail.mail import Mail

__all__ = ["MAX_BYTES", "Incoming", "receive"]

MAX_BYTES = 5_000_000
_TOKEN = re.compile(r"\bunsubscribe\s+([a-z]\.[A-Za-z0-9._-]{20,120})", re.IGNORECASE)
_MOST = 50  # reports in one mail


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a mail that came back was, and what was done."""

    kind: str  # bounce | unsubscribe | other
    said: str


def receive(mail: Mail, content: bytes) -> list[Incoming]:
    """Read one mail and do what it asks for. Raises UsageError for one that is too large."""
    if len(content) > MAX_BYTES:
        raise UsageError(f"this mail is larger than {MAX_BYTES:,} bytes")
    message = message_from_bytes(content, policy=email.policy.default)
    if match := _TOKEN.search(one_line(_header(message, "subject"), 500)):
        try:
            mail.subscriptions.leave(match[1])
        except UsageError as error:
            return [Incoming("other", f"not unsubscribed: {error}")]
        return [Incoming("unsubscribe", "unsubscribed")]
    reports = [_bounced(mail, message, report) for report in _reports(message)]
    return reports or [Incoming("other", "neither a report of non-delivery nor a request to unsubscribe")]


def _bounced(mail: Mail, message: EmailMessage, report: Message) -> Incoming:
    action = _header(report, "action").strip().lower()
    address = _header(report, "final-recipient").rpartition(";")[2].strip()
    original = _header(report, "original-recipient").rpartition(";")[2].strip()
    status = re.search(r"\d\.\d{1,3}\.\d{1,3}", _header(report, "status"))
    code = status[0] if status else ""
    if action != "failed":
        return Incoming("other", f"{one_line(address, 100)}: {one_line(action, 40) or 'no action'}; nothing to do")
    delivery = next((one for name in _message_ids(message) if (one := mail.queue.of_message(name))), None)
    if delivery is None:
        return Incoming("other", f"{one_line(address, 100)}: the report names no mail of ours")
    if delivery.address.lower() not in {address.lower(), original.lower()}:
        # a forwarded mail comes back from another address: it is the one we wrote to that does not work
        address = f"{delivery.address}, by way of {address}"
    text = one_line(_header(report, "diagnostic-code").rpartition(";")[2], 300)
    is_hard = code.startswith("5.1.") or code in {"5.2.1", "5.0.0", "5.4.4"}
    suspended = mail.queue.bounce(delivery, code, text, is_hard=is_hard)
    what = "suspended" if suspended else "noted"
    return Incoming("bounce", f"{one_line(address, 200)}: {code} {text}; {what}")


def _reports(message: EmailMessage) -> Iterator[Message]:
    """The parts about single recipients of every delivery status in a mail."""
    count = 0
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        payload = part.get_payload()
        for block in payload if isinstance(payload, list) else []:
            if isinstance(block, Message) and block.get("final-recipient") is not None and count < _MOST:
                count += 1
                yield block


def _message_ids(message: EmailMessage) -> Iterator[str]:
    """The Message-IDs of the mails that a report holds or quotes."""
    for part in message.walk():
        if part.get_content_type() in {"message/rfc822", "text/rfc822-headers"}:
            payload = part.get_payload()
            if isinstance(payload, list):
                yield from (_header(one, "message-id").strip() for one in payload if isinstance(one, Message))
            elif match := re.search(r"(?im)^message-id:\s*(<[^<>\s]{1,250}>)", str(payload)):
                yield match[1]
    for name in ("in-reply-to", "references", "x-original-message-id"):
        yield from re.findall(r"<[^<>\s]{1,250}>", _header(message, name))[:_MOST]


def _header(message: Message, name: str) -> str:
    """A header of a mail that may be broken in any way."""
    try:
        return str(message.get(name) or "")
    except (ValueError, IndexError, AttributeError, TypeError, LookupError):
        return ""
