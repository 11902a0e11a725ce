"""The rules we keep towards every provider: how fast, how often again, and when to leave it alone.

Plain data and pure functions. The state of a provider is one JSON object in a store that all processes share, so
that two processes together keep the rate that one would.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib import metadata
from typing import Any, Protocol

__all__ = ["Endpoints", "MemoryStore", "Provider", "ProviderState", "ProviderStore", "retry_after", "user_agent"]

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Provider:
    """Whom we ask and how politely. `base_urls` name the only hosts that may be asked under this name."""

    name: str
    base_urls: tuple[str, ...]
    min_interval: float  # seconds between the end of one request and the start of the next
    max_bytes: int = 32 * MEGABYTE  # of one decoded body
    timeout: float = 60.0  # seconds for one whole request


@dataclass(frozen=True)
class Endpoints:
    """Where the providers are; a setting, so that a mirror or a test can stand in."""

    arxiv_oai: str = "https://oaipmh.arxiv.org/oai"
    arxiv_feed: str = "https://rss.arxiv.org/atom"
    arxiv_api: str = "https://export.arxiv.org/api/query"
    crossref: str = "https://api.crossref.org/works"
    datacite: str = "https://api.datacite.org/dois"

    def providers(self) -> dict[str, Provider]:
        """One queue a provider: arXiv counts its three services, and all machines of one user, together."""
        return {
            "arxiv": Provider("arxiv", (self.arxiv_oai, self.arxiv_feed, self.arxiv_api), 3.0, timeout=120.0),
            "crossref": Provider("crossref", (self.crossref,), 1.0, max_bytes=8 * MEGABYTE),
            "datacite": Provider("datacite", (self.datacite,), 1.0, max_bytes=8 * MEGABYTE),
        }


@dataclass(frozen=True, slots=True)
class ProviderState:
    """What all processes know about a provider. Times are seconds since 1970, 0 for never.

    `holder` is the token of the request under way and `held_until` when it is given up for dead.
    """

    next_allowed_at: float = 0.0
    held_until: float = 0.0
    holder: str = ""
    failures: int = 0  # in a row
    parked_until: float = 0.0
    last_error: str = ""
    last_success_at: float = 0.0

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> ProviderState:
        """From what a store gave back; a value of the wrong type counts as missing, unknown keys are ignored."""
        known: dict[str, Any] = {}
        for field in fields(cls):
            value = stored.get(field.name)
            if isinstance(field.default, float) and isinstance(value, int | float) and abs(value) < 1e12:
                known[field.name] = float(value)
            elif type(value) is type(field.default):
                known[field.name] = value
        return cls(**known)

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    def wait(self, now: float, *, longest: float) -> float:
        """Seconds until a request may start. Times further ahead than `longest` come from a clock that jumped."""
        ahead = max(self.next_allowed_at, self.held_until) - now
        return ahead if 0 < ahead <= longest else 0.0

    def parked(self, now: float) -> bool:
        """Whether the provider is to be left alone now."""
        return self.parked_until > now

    def taken(self, holder: str, until: float) -> ProviderState:
        """With the queue held by one request."""
        return replace(self, holder=holder, held_until=until)

    def released(self, now: float, interval: float, error: str = "") -> ProviderState:
        """After a request that says nothing about the provider's health: the next may start one interval from now."""
        return replace(self, holder="", held_until=0.0, next_allowed_at=now + interval, last_error=error[:500])

    def succeeded(self, now: float, interval: float) -> ProviderState:
        """After an answer."""
        return replace(self.released(now, interval), failures=0, parked_until=0.0, last_success_at=now)

    def failed(self, error: str, *, next_allowed_at: float, parked_until: float) -> ProviderState:
        """After a failed try: the whole queue waits, not only the request that failed."""
        return replace(
            self.released(next_allowed_at, 0.0, error), failures=self.failures + 1, parked_until=parked_until
        )


class ProviderStore(Protocol):
    """Where provider states live: the library's database, so that they outlive and span processes."""

    def get(self, name: str) -> dict[str, Any]:
        """The stored object of one provider; {} if there is none."""

    def update(self, name: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        """Replace the object by `change(object)` and return it, atomically among all processes.

        The rate rests on this being one transaction: with a separate read and write two processes would both
        find the queue free.
        """


class MemoryStore:
    """A store for one process without a library; safe among threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._states: dict[str, dict[str, Any]] = {}

    def get(self, name: str) -> dict[str, Any]:
        """The stored object of one provider; {} if there is none."""
        with self._lock:
            return dict(self._states.get(name, {}))

    def update(self, name: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        """Replace the object by `change(object)` and return it."""
        with self._lock:
            self._states[name] = dict(change(dict(self._states.get(name, {}))))
            return dict(self._states[name])


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds to wait as a Retry-After header says, in seconds or as an HTTP date; None if it says nothing usable."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        when = parsedate_to_datetime(text)
        seconds = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return max(0.0, seconds)


def utc(seconds: float) -> str:
    """A time since 1970 as people read it, in UTC to the minute."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def user_agent(*, url: str = "", email: str = "", version: str = "") -> str:
    """How we introduce ourselves: product, instance, and whom to write to (Crossref and DataCite ask for it).

    `version` is that of the installed package if it is not given; what no header may hold is left out.
    """
    try:
        version = version or metadata.version("broadsheet")
    except metadata.PackageNotFoundError:  # run from a folder that is not installed
        version = "0"
    contact = "; ".join(part for part in (url and f"+{url}", email and f"mailto:{email}") if part)
    return "".join(c for c in f"broadsheet/{version}{contact and f' ({contact})'}" if " " <= c <= "~")
