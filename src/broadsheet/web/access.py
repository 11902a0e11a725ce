"""Who may use the pages: on a shared machine every user reaches the loopback address.

start token (made at every start, printed by `serve`) ──► once in an address ──► a cookie of the browser
                                                      └─► Authorization: Bearer, for scripts
feed token (lasts as long as the library's key)       ──► in a feed's address, for feed readers; opens feeds alone
"""

from __future__ import annotations

import hmac
import re
import secrets
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from broadsheet.web.cookies import cookie_header, cookie_of

__all__ = ["Access", "new_token"]

_COOKIE_SECONDS = 90 * 24 * 3600
# they reveal nothing of the library, or need a link that nobody guesses or a program's password
_OPEN = re.compile(
    r"/health|/favicon\.ico|/robots\.txt|/static/.*|/mail/(act|unsubscribe|preferences)/.*|/collections/shared/.*"
    r"|/feeds/[^/]+|(/api/greader)?(/accounts/ClientLogin|/reader/api/0/.*)"
)
_FEEDS = re.compile(
    r"/(feed|search|tagged)\.(atom|json|rss)|/(tags|papers|organisations|authors|searches)/(.*/)?feed\.(atom|json|rss)"
)


def new_token() -> str:
    """Make a random start token."""
    return secrets.token_urlsafe(24)


class Access:
    """Admits requests with a token; all requests where no start token is set."""

    def __init__(self, start_token: str, key: bytes) -> None:
        self._start = start_token.encode()
        self._browser = _derive(key, "browser " + start_token) if start_token else ""
        self.feed_token = _derive(key, "feeds") if start_token else ""

    def refusal(self, scope: Scope) -> HTTPException | None:
        """The error for a request without a valid token; None if the request is admitted."""
        if not self._start or _OPEN.fullmatch(scope["path"]) or self._has_token(scope) or self._is_feed_reader(scope):
            return None
        reason = (
            "This Broadsheet opens with its start token: use the address that `broadsheet serve` printed, or paste the "
            "token below. Scripts send it as Authorization: Bearer TOKEN."
        )
        return HTTPException(401, reason, {"WWW-Authenticate": "Bearer"})

    def entrance(self, scope: Scope) -> Response | None:
        """The response to an address with the start token: the cookie, and a redirect to the address without it."""
        token = _query_token(scope)
        is_page = (
            scope["method"] == "GET" and not scope["path"].startswith("/api/") and not _FEEDS.fullmatch(scope["path"])
        )
        if not self._start or not is_page or not hmac.compare_digest(token, self._start):
            return None
        pairs = [(key, value) for key, value in _query(scope) if key != "token"]
        path = quote("/" + scope["path"].lstrip("/\\"), safe="/:@")
        answer = RedirectResponse(path + ("?" + urlencode(pairs) if pairs else ""), 303)
        # Lax, so that a link from another site opens a paper; changes need the strict form cookie.
        answer.headers.append("Set-Cookie", cookie_header(scope, "_in", self._browser, _COOKIE_SECONDS))
        return answer

    def _has_token(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        kind, _, bearer = headers.get("authorization", "").partition(" ")
        cookie = cookie_of(scope, "_in")
        return (
            hmac.compare_digest(_query_token(scope), self._start)
            or (kind.lower() == "bearer" and hmac.compare_digest(bearer.strip().encode(), self._start))
            or hmac.compare_digest(cookie.encode(), self._browser.encode())
        )

    def _is_feed_reader(self, scope: Scope) -> bool:
        is_feed = scope["method"] in ("GET", "HEAD") and _FEEDS.fullmatch(scope["path"]) is not None
        return is_feed and hmac.compare_digest(_query_token(scope), self.feed_token.encode())


def _derive(key: bytes, purpose: str) -> str:
    return hmac.new(key, purpose.encode(), "sha256").hexdigest()[:40]


def _query(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)


def _query_token(scope: Scope) -> bytes:
    return next((value for key, value in _query(scope) if key == "token"), "").encode("utf-8", "replace")
