"""The HTTP client of all network sources, with a rate-limited queue for every provider.

A request waits for its turn in the provider's queue, which all processes of a library share. After a temporary error it
is retried, not earlier than the provider asks. A provider that fails repeatedly or denies access is parked: no requests
are sent to it for a while.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import httpx

from broadsheet.kit.errors import ProviderParked, SourceError
from broadsheet.sources.net.fetch import Answer, BrokenTransferError, is_loopback, transfer
from broadsheet.sources.net.messages import Request, Response, response_of, sendable
from broadsheet.sources.net.rate_limit import Provider, ProviderState, ProviderStore, retry_after, utc

__all__ = ["PoliteClient", "Response"]

BACKOFF = (5.0, 10.0, 20.0, 40.0, 80.0)  # seconds after the first, second, ... failure in a row
JITTER = 0.25  # of the delay, added at random so that clients do not retry together
PARK_DENIED = 60 * 60.0  # after 403: further requests would look like an attack
LONGEST_PATIENCE = 120.0  # a Retry-After beyond this parks the provider instead of blocking the caller
LONGEST_PARK = 24 * 3600.0  # even if a Retry-After is longer
RETRIED = frozenset({429, 500, 502, 503, 504})


class PoliteClient:
    """Requests under the rules of `providers`; safe to share among threads.

    All processes of a library share `state`. `clock` returns seconds since 1970 and `sleep` waits; tests replace both.
    """

    def __init__(
        self,
        providers: Mapping[str, Provider],
        *,
        user_agent: str,
        state: ProviderStore,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        rng: random.Random | None = None,
    ) -> None:
        self._providers = dict(providers)
        self._store = state
        self._clock = clock
        self._sleep = sleep
        self._rng = rng or random.Random()
        self._turns = {name: threading.Lock() for name in self._providers}
        self._client = httpx.Client(
            headers={"User-Agent": user_agent, "Accept-Encoding": "gzip"},
            # Requests are seconds apart, so no connection stays open between them; cookies are never stored.
            limits=httpx.Limits(max_connections=len(self._providers) + 1, max_keepalive_connections=0),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            # No proxy for a stand-in provider on this machine.
            trust_env=not all(is_loopback(host) for rules in self._providers.values() for host in _hosts(rules)),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def now(self) -> float:
        """The client's clock: seconds since 1970."""
        return self._clock()

    def get(
        self,
        provider: str,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        etag: str = "",
        last_modified: str = "",
        accept: Collection[int] = (),
        token: str = "",
        headers: Mapping[str, str] | None = None,
        secret: tuple[str, str] = ("", ""),
    ) -> Response:
        """Request `url` from `provider`; statuses in `accept` are returned like 2xx. `token` is for its hosts alone.

        `secret` is a parameter, (name, value), that no message shows.

        `params` are percent-encoded here, even if a value already has percent signs. With validators, an unchanged
        resource gives a response without body.
        Raises ProviderParked while the provider is parked, SourceError for any other error.
        """
        rules = self._rules(provider, url)
        hidden = urlencode([secret]) if secret[1] else ""
        for query in filter(None, (urlencode(params or {}), hidden)):
            url = f"{url}{'&' if '?' in url else '?'}{query}"
        validators = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        bearer = {"Authorization": f"Bearer {token}" if token else ""}
        sent = sendable({**validators, **bearer, **(headers or {})})
        return self._ask(rules, Request(url, sent, accept, secret=hidden))

    def post(self, provider: str, url: str, form: Mapping[str, str]) -> Response:
        """Send a form to `provider` at `url`; a redirect is not followed. Raises as `get` does."""
        return self._ask(self._rules(provider, url), Request(url, {}, posted={"data": form}))

    def post_json(
        self,
        provider: str,
        url: str,
        content: Any,
        *,
        headers: Mapping[str, str] | None = None,
        accept: Collection[int] = (),
    ) -> Response:
        """Send `content` as JSON to `provider` at `url`; a redirect is not followed. Raises as `get` does.

        After a temporary error it is sent again, so the provider must be able to tell that it is the same.
        """
        request = Request(url, sendable(headers or {}), accept, {"json": content})
        return self._ask(self._rules(provider, url), request)

    def _ask(self, rules: Provider, request: Request) -> Response:
        with self._turns[rules.name]:
            for attempt in range(1, rules.tries + 1):
                answer = self._try(rules, request, last=attempt == rules.tries)
                if answer:
                    return response_of(answer, request)
        raise self._parked_error(rules)

    def _rules(self, provider: str, url: str) -> Provider:
        if provider not in self._providers:
            raise SourceError(f"no provider {provider!r}; there are {', '.join(sorted(self._providers))}")
        rules = self._providers[provider]
        if _host(url) not in _hosts(rules):
            raise SourceError(f"{url}: not a host of provider {provider!r}: {', '.join(rules.base_urls)}")
        return rules

    def _try(self, rules: Provider, request: Request, *, last: bool) -> Answer | None:
        """Send one request when its turn comes. None after a temporary error; the queue then has the time to wait."""
        holder, url = self._wait_for_turn(rules), request.url

        def pause() -> None:
            self._hold(rules, holder)
            self._sleep(rules.min_interval)

        try:
            answer = transfer(
                self._client, url, request.headers,
                hosts=_hosts(rules), max_bytes=rules.max_bytes, timeout=rules.timeout, pause=pause,
                posted=request.posted, follows=rules.follows,
            )  # fmt: skip
        except BrokenTransferError as error:
            self._record_failure(rules, request.told(error), None, last=last)
            return None
        except SourceError as error:
            reason = request.told(error)
            self._settle(rules, lambda state, now: state.after_release(now, rules.min_interval, reason))
            raise SourceError(reason) from error if reason == str(error) else None
        except BaseException:  # an interrupt must not leave the queue held
            self._settle(rules, lambda state, now: state.after_release(now, rules.min_interval, "interrupted"))
            raise
        if answer.status == 403 and 403 not in request.accept:
            self._record_failure(rules, f"{request.told(url)}: 403, access denied", None, last=True, park=PARK_DENIED)
            raise self._parked_error(rules)
        if answer.status in RETRIED and answer.status not in request.accept:
            wait_s = retry_after(answer.headers.get("retry-after"), self._clock())
            self._record_failure(rules, f"{request.told(url)}: status {answer.status}", wait_s, last=last)
            return None
        backoff = retry_after(answer.headers.get("backoff"), self._clock()) or 0.0
        self._settle(rules, lambda state, now: _after_success(state, now, max(rules.min_interval, backoff)))
        return answer

    def _wait_for_turn(self, rules: Provider) -> str:
        """Sleep until the queue is free, take it, and return the token of its holder."""
        holder = uuid4().hex
        while True:
            now = self._clock()
            state = self._hold(rules, holder)
            if state.is_parked(now):
                raise self._parked_error(rules)
            if state.holder == holder:
                return holder
            self._sleep(min(state.wait(now, longest=_longest_wait(rules)), max(rules.min_interval, 0.05)))

    def _settle(self, rules: Provider, change: Callable[[ProviderState, float], ProviderState]) -> ProviderState:
        """Change the provider's stored state in one transaction; unknown keys of the stored object stay."""
        now = self._clock()

        def changed(stored: dict[str, Any]) -> dict[str, Any]:
            return {**stored, **change(ProviderState.from_dict(stored), now).to_dict()}

        return ProviderState.from_dict(self._store.update(rules.name, changed))

    def _hold(self, rules: Provider, holder: str) -> ProviderState:
        """Take the queue if it is free or already held by `holder`; return the new state."""

        def take(state: ProviderState, now: float) -> ProviderState:
            free = state.holder == holder or state.wait(now, longest=_longest_wait(rules)) <= 0
            return state.with_holder(holder, now + _lease(rules)) if free and not state.is_parked(now) else state

        return self._settle(rules, take)

    def _record_failure(
        self, rules: Provider, error: str, wait_s: float | None, *, last: bool, park: float | None = None
    ) -> None:
        """Make the whole queue wait; park it after too many failures or if asked to wait very long."""
        jitter = 1.0 + JITTER * self._rng.random()

        def fail(state: ProviderState, now: float) -> ProviderState:
            backoff = BACKOFF[min(state.failures, len(BACKOFF) - 1)] * jitter
            delay = max(backoff if wait_s is None else wait_s, rules.min_interval)
            parked_until = 0.0
            if delay > LONGEST_PATIENCE:
                parked_until = now + min(delay, LONGEST_PARK)
            elif last or state.failures + 1 >= rules.tries:
                parked_until = now + max(rules.park if park is None else park, delay)
            next_allowed_at = now + min(delay, LONGEST_PATIENCE)
            return state.after_failure(error, next_allowed_at=next_allowed_at, parked_until=parked_until)

        self._settle(rules, fail)

    def _parked_error(self, rules: Provider) -> ProviderParked:
        state = ProviderState.from_dict(self._store.get(rules.name))
        why = state.last_error or "it failed too often"
        return ProviderParked(f"{rules.name} is left alone until {utc(state.parked_until)}: {why}")


def _after_success(state: ProviderState, now: float, interval: float) -> ProviderState:
    """The state after a success; a provider that asks for a long pause is parked for it."""
    state = state.after_success(now, min(interval, LONGEST_PATIENCE))
    is_long = interval > LONGEST_PATIENCE
    reason = "it asks for a pause"
    return replace(state, parked_until=now + min(interval, LONGEST_PARK), last_error=reason) if is_long else state


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _hosts(rules: Provider) -> frozenset[str]:
    return frozenset(_host(url) for url in rules.base_urls)


def _lease(rules: Provider) -> float:
    """Seconds that one request may hold the queue before other processes assume that its holder has died."""
    return 2 * rules.timeout + rules.min_interval + 5.0


def _longest_wait(rules: Provider) -> float:
    return max(_lease(rules), LONGEST_PATIENCE, rules.min_interval, BACKOFF[-1] * (1 + JITTER)) + 1.0
