"""Who sent a request: the account whose session the browser's cookie names."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from broadsheet.community.accounts import Accounts
from broadsheet.community.actor import Actor
from broadsheet.web.cookies import FOR_LONG, cookie_header, cookie_of

__all__ = ["actor_of", "end_session", "session_token", "set_session"]

_COOKIE = "_session"


def session_token(request: Request) -> str:
    """The token of the browser's session; "" if it sent none."""
    return cookie_of(request.scope, _COOKIE)


def actor_of(request: Request, accounts: Accounts) -> Actor:
    """Who the request acts for."""
    return accounts.actor_of(session_token(request))


def set_session(request: Request, response: Response, token: str) -> None:
    """Give the browser the token of a new session."""
    response.headers.append("Set-Cookie", cookie_header(request.scope, _COOKIE, token, FOR_LONG))


def end_session(request: Request, response: Response) -> None:
    """Take the token from the browser."""
    response.headers.append("Set-Cookie", cookie_header(request.scope, _COOKIE, "", 0))
