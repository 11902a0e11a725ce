"""Cookies of these pages: how they are named, read and set."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import Scope

__all__ = ["FOR_LONG", "cookie_header", "cookie_name", "cookie_of"]

FOR_LONG = 400 * 24 * 3600  # seconds: the longest that browsers keep a cookie


def cookie_name(scope: Scope, what: str = "") -> str:
    """A cookie's name. Over https no other host may set it; else it has the port, which cookies ignore, so that two
    Broadsheets on one machine do not overwrite each other's."""
    if scope["scheme"] == "https":
        return f"__Host-broadsheet{what}"
    port = Headers(scope=scope).get("host", "").rpartition(":")[2]
    return f"broadsheet_{port if port.isdigit() else '80'}{what}"


def cookie_of(scope: Scope, what: str = "") -> str:
    """The value of a cookie that the browser sent; "" if it sent none."""
    return cookie_parser(Headers(scope=scope).get("cookie", "")).get(cookie_name(scope, what), "")


def cookie_header(scope: Scope, what: str, value: str, seconds: int | None = None, *, strict: bool = False) -> str:
    """The Set-Cookie header of a cookie that scripts cannot read; without `seconds` it goes with the browser."""
    age = "" if seconds is None else f" Max-Age={seconds};"
    secure = " Secure;" if scope["scheme"] == "https" else ""
    site = "Strict" if strict else "Lax"
    return f"{cookie_name(scope, what)}={value}; Path=/;{age}{secure} HttpOnly; SameSite={site}"
