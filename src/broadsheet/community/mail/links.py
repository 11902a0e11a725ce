"""Signed links for mails: what they do needs no sign-in, and nobody can make one but this library."""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from broadsheet.kit.errors import UsageError

__all__ = ["Link", "Links", "Purpose"]

_TOKEN = re.compile(r"([a-z])\.([rs])(\d{1,18})\.([a-z]?)(\d{0,18})\.([0-9a-f]{0,12})\.([A-Za-z0-9_-]{22})")
_KINDS = {"r": "reader", "s": "subscriber"}
_ACTIONS = {"s": "save", "h": "hide"}


class Purpose(StrEnum):
    """What a link is for; the value is its letter."""

    act = "a"  # save a paper, or say that it is of no interest
    stop = "u"  # unsubscribe
    alerts = "l"  # no more mail of alerts
    prefer = "p"  # change how often mail comes
    confirm = "c"  # the address is one's own


@dataclass(frozen=True, slots=True)
class Link:
    """What a valid link says."""

    purpose: Purpose
    recipient: str  # "reader 7"
    action: str = ""  # save | hide
    paper_id: int = 0


class Links:
    """Makes and reads links below `base`, such as https://papers.example.org."""

    def __init__(self, key: bytes, base: str) -> None:
        self._key = key
        self.base = base

    def make(
        self, purpose: Purpose, recipient: str, *, action: str = "", paper_id: int = 0, until: datetime | None = None
    ) -> str:
        """The token of a link; without `until` it does not expire."""
        kind, _, number = recipient.partition(" ")
        end = f"{int(until.timestamp()):x}" if until else ""
        what = f"{action[:1]}{paper_id or ''}"
        body = f"{purpose.value}.{kind[:1]}{number}.{what}.{end}"
        return f"{body}.{self._signature(body)}"

    def read(self, token: str, purpose: Purpose, now: datetime) -> Link:
        """What a token says. Raises UsageError for one that was changed, is of another kind, or too old."""
        match = _TOKEN.fullmatch(token)
        body, _, signature = token.rpartition(".")
        signed = hmac.compare_digest(signature.encode("utf-8", "replace"), self._signature(body).encode())
        if match is None or not signed or match[1] != purpose.value:
            raise UsageError("this link is not complete, or was changed; copy it from the mail once more")
        _, kind, number, action, paper, end, _ = match.groups()
        if end and datetime.fromtimestamp(int(end, 16), UTC) < now:
            raise UsageError("this link is too old; the newest mail has one that works")
        return Link(purpose, f"{_KINDS[kind]} {number}", _ACTIONS.get(action, ""), int(paper or 0))

    def address(self, path: str, token: str) -> str:
        """The whole address of a link."""
        return f"{self.base}{path}/{token}"

    def _signature(self, body: str) -> str:
        digest = hmac.new(self._key, f"mail link {body}".encode("utf-8", "replace"), "sha256").digest()
        return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")
