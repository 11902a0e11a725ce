"""How the stand-in of a provider can misbehave, and what it has seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["BOMB", "FAULTS", "RETRY_AFTER", "STATUS", "Seen"]

RETRY_AFTER = 60  # seconds, in 429-seconds, 503-seconds and 503-date
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]><OAI-PMH>&j;</OAI-PMH>"
)
STATUS = {"429": 429, "500": 500, "502": 502, "503": 503, "504": 504, "403": 403, "404": 404}
FAULTS = frozenset(STATUS) | {
    "429-seconds", "503-seconds", "503-date", "503-tomorrow", "truncated", "bomb", "repeat", "expired-token",
    "same-token", "empty", "empty-list", "endless", "drip", "redirect", "redirect-loop", "redirect-name",
    "redirect-private", "gzip", "gzip-bomb", "gzip-damaged", "reset", "half", "wrong-type", "unasked-encoding",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived. `at` is by the server's clock; `query` holds the last value of each parameter."""

    route: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    at: float
