"""Who sent a request: the account whose session the browser's cookie names."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from broadsheet.community.accounts import Accounts
from broadsheet.community.actor import Actor
from broadsheet.web.cookies import FOR_LONG, cookie_header, cookie_of

__all__ = ["actor_of", "browser_mark", "end_session", "session_token", "set_session"]

_COOKIE = "_session"
_MARK = "_known"  # of a browser in which somebody has signed in


def session_token(request: Request) -> str:
    """The token of the browser's session; "" if it sent none."""
    return cookie_of(request.scope, _COOKIE)


def actor_of(request: Request, accounts: Accounts) -> Actor:
    """Who the request acts for: a program's token counts before a browser's session. Raises RateLimited."""
    if token := _program_token(request):
        return accounts.tokens.actor_of(token, request.client.host if request.client else "")
    return accounts.actor_of(session_token(request))


def _program_token(request: Request) -> str:
    """The token that a program sent: in a header, or in the address of a feed, as feed readers cannot send headers."""
    kind, _, bearer = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return bearer.strip() or "none"
    is_feed = request.method in {"GET", "HEAD"} and request.url.path.endswith((".atom", ".json", ".rss"))
    return request.query_params.get("token", "") if is_feed else ""


def browser_mark(request: Request) -> str:
    """The mark of a browser in which somebody has signed in before; "" if it sent none."""
    return cookie_of(request.scope, _MARK)


def set_session(request: Request, response: Response, token: str, mark: str) -> None:
    """Give the browser the token of a new session, and the mark that somebody has signed in with it."""
    response.headers.append("Set-Cookie", cookie_header(request.scope, _COOKIE, token, FOR_LONG))
    if mark:
        response.headers.append("Set-Cookie", cookie_header(request.scope, _MARK, mark, FOR_LONG, strict=True))


def end_session(request: Request, response: Response) -> None:
    """Take the token from the browser."""
    response.headers.append("Set-Cookie", cookie_header(request.scope, _COOKIE, "", 0))
