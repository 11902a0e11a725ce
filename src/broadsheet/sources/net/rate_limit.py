"""The rate limits of providers: the pause between requests, the retries, and when to stop for a while.

Plain data and pure functions. The state of a provider is one JSON object in a store that all processes share, so that
several processes together keep to the limit.
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
    """A provider and its limits. Requests under its name go only to the hosts of `base_urls`."""

    name: str
    base_urls: tuple[str, ...]
    min_interval: float  # seconds between the end of one request and the start of the next
    max_bytes: int = 32 * MEGABYTE  # of one decoded body
    timeout: float = 60.0  # seconds for one whole request
    tries: int = 5  # of a request, in all
    park: float = 30 * 60.0  # seconds that it is parked after so many failures in a row
    follows: bool = True  # redirects


@dataclass(frozen=True)
class Endpoints:
    """The addresses of the providers; a setting, so that a mirror or a test server can be used."""

    arxiv_oai: str = "https://oaipmh.arxiv.org/oai"
    arxiv_feed: str = "https://rss.arxiv.org/atom"
    arxiv_api: str = "https://export.arxiv.org/api/query"
    crossref: str = "https://api.crossref.org/works"
    datacite: str = "https://api.datacite.org/dois"
    daily_papers: str = "https://huggingface.co"
    openalex: str = "https://api.openalex.org"
    semantic_scholar: str = "https://api.semanticscholar.org"

    def providers(self) -> dict[str, Provider]:
        """One queue per provider: arXiv's limit covers its three services, and all machines of one user, together."""
        return {
            "arxiv": Provider("arxiv", (self.arxiv_oai, self.arxiv_feed, self.arxiv_api), 3.0, timeout=120.0),
            "crossref": Provider("crossref", (self.crossref,), 1.0, max_bytes=8 * MEGABYTE),
            "datacite": Provider("datacite", (self.datacite,), 1.0, max_bytes=8 * MEGABYTE),
            "openalex": Provider("openalex", (self.openalex,), 0.2),
            "semantic-scholar": Provider("semantic-scholar", (self.semantic_scholar,), 1.1),
            "daily-papers": Provider("daily-papers", (self.daily_papers,), 1.0, max_bytes=8 * MEGABYTE),
        }


@dataclass(frozen=True, slots=True)
class ProviderState:
    """The shared state of a provider. Times are seconds since 1970, 0 for never.

    `holder` is the token of the current request; after `held_until` its process is assumed to have died.
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
        """From a stored object; values of a wrong type count as missing, unknown keys are ignored."""
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
        """Seconds until a request may start; 0 if longer than `longest`, because then a clock was changed."""
        ahead = max(self.next_allowed_at, self.held_until) - now
        return ahead if 0 < ahead <= longest else 0.0

    def is_parked(self, now: float) -> bool:
        """Whether no request may be sent to the provider now."""
        return self.parked_until > now

    def with_holder(self, holder: str, until: float) -> ProviderState:
        """The state after a request has taken the queue."""
        return replace(self, holder=holder, held_until=until)

    def after_release(self, now: float, interval: float, error: str = "") -> ProviderState:
        """The state after a request that neither succeeded nor failed: the next may start after one interval."""
        return replace(self, holder="", held_until=0.0, next_allowed_at=now + interval, last_error=error[:500])

    def after_success(self, now: float, interval: float) -> ProviderState:
        """The state after a successful request."""
        return replace(self.after_release(now, interval), failures=0, parked_until=0.0, last_success_at=now)

    def after_failure(self, error: str, *, next_allowed_at: float, parked_until: float) -> ProviderState:
        """The state after a failed request: all requests of the queue wait."""
        return replace(
            self.after_release(next_allowed_at, 0.0, error), failures=self.failures + 1, parked_until=parked_until
        )


class ProviderStore(Protocol):
    """Stores the states of providers: the library's database, which all processes share."""

    def get(self, name: str) -> dict[str, Any]:
        """The stored object of one provider; {} if there is none."""

    def update(self, name: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        """Replace the object by `change(object)` and return it, atomically among all processes.

        This must be one transaction: with a separate read and write, two processes could both take the queue.
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
    """Seconds to wait by a Retry-After header, in seconds or as an HTTP date; None if it is missing or invalid."""
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
    """Format a time in seconds since 1970 for people, in UTC to the minute."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def user_agent(*, url: str = "", email: str = "", version: str = "") -> str:
    """The User-Agent header: product, instance, and a contact address, which Crossref and DataCite request.

    `version` defaults to that of the installed package; characters that a header must not have are left out.
    """
    try:
        version = version or metadata.version("broadsheet")
    except metadata.PackageNotFoundError:  # run from a folder that is not installed
        version = "0"
    contact = "; ".join(part for part in (url and f"+{url}", email and f"mailto:{email}") if part)
    return "".join(c for c in f"broadsheet/{version}{contact and f' ({contact})'}" if " " <= c <= "~")
