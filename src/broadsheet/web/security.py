"""Protection of the server: host and origin checks, the start token, form tokens, body limits and response headers.

The service answers only to loopback names (a rebound DNS name is refused), to those who show a token (`access`), and a
change must come from one of our own pages.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broadsheet.web.access import Access
from broadsheet.web.cookies import cookie_header, cookie_of
from broadsheet.web.hosts import Hosts

__all__ = ["HEADERS", "MAX_BODY", "FormTokens", "Guard", "local_path"]

MAX_BODY = 10 * 1024 * 1024  # bytes
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: browsers would then send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class FormTokens:
    """Proof that a form came from a page of ours: a cookie no other site can send, and its signature in the form.

    A browser keeps its cookie, so that two open tabs do not invalidate each other; another browser's form is refused.
    """

    def __init__(self, key: bytes = b"") -> None:
        """With the library's key, forms outlive a restart of the server; without one they do not."""
        self._secret = hmac.new(key, b"forms", "sha256").digest() if key else secrets.token_bytes(32)

    def cookie_of(self, request: Request) -> str:
        """The browser's cookie; a new one where it has none of ours."""
        cookie = cookie_of(request.scope)
        return cookie if self._is_ours(cookie) else self.new_cookie()

    def token_of(self, cookie: str) -> str:
        """What the forms of the browser with this cookie carry."""
        return self._signature("form", cookie)

    def set_cookie(self, request: Request, headers: MutableHeaders, cookie: str) -> None:
        """Give the browser this cookie unless it has it already."""
        if cookie_of(request.scope) != cookie:
            headers.append("Set-Cookie", cookie_header(request.scope, "", cookie, strict=True))

    def accepts(self, request: Request, token: str) -> bool:
        """True when cookie and token belong together and were made with our secret."""
        cookie = cookie_of(request.scope)
        is_signed = hmac.compare_digest(token.encode(), self.token_of(cookie).encode())
        return is_signed and self._is_ours(cookie)

    def new_cookie(self) -> str:
        """A cookie for a browser that has none, or that has just signed in or out."""
        nonce = secrets.token_urlsafe(24)
        return f"{nonce}.{self._signature('cookie', nonce)}"

    def _is_ours(self, cookie: str) -> bool:
        nonce, _, signature = cookie.partition(".")
        return hmac.compare_digest(signature.encode(), self._signature("cookie", nonce).encode())

    def _signature(self, purpose: str, text: str) -> str:
        return hmac.new(self._secret, f"{purpose} {text}".encode(), "sha256").hexdigest()


class Guard:
    """Middleware: refuses foreign hosts and origins and requests without a token, limits bodies, sets the
    security headers on every answer. A HEAD is answered like its GET, without the body."""

    def __init__(
        self, app: ASGIApp, refuse: Callable[[Request, HTTPException], Response], access: Access, hosts: Hosts
    ) -> None:
        self._app = app
        self._refuse = refuse
        self._access = access
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request and pass it on, or answer with the page `refuse` makes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope = self._hosts.seen(scope)
        is_head = scope["method"] == "HEAD"

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "private, no-cache")
            elif is_head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        as_get = {**scope, "method": "GET", "asked_method": "HEAD"} if is_head else scope
        refusal = refusal_of(as_get, self._hosts) or self._access.refusal(as_get)
        if refusal is None:
            app = self._access.entrance(as_get) or self._app
            await app(as_get, capped(receive), send_guarded)
            return
        if refusal.status_code == 413:
            await drain(receive)  # a browser shows our answer only once its upload has been read
        await self._refuse(Request(as_get), refusal)(as_get, receive, send_guarded)


def refusal_of(scope: Scope, hosts: Hosts) -> HTTPException | None:
    """Why this request is refused; None if it is not."""
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    if not hosts.has(host):
        return HTTPException(421, f"This service answers only to {hosts.names}, not to {host[:100]!r}.")
    if "transfer-encoding" in headers and "content-length" in headers:
        # a proxy that believes the other one takes what follows for the request of somebody else
        return HTTPException(400, "A request has either a length or chunks.", {"Connection": "close"})
    if scope["method"] not in _SAFE_METHODS:
        origin = headers.get("origin")
        scheme, _, name = (origin or "").partition("://")
        is_as_safe = scheme == "https" or scope["scheme"] != "https"
        same = origin is None or (name.lower() == host.lower() and is_as_safe)
        if not same or headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return HTTPException(403, "Changes are accepted from Broadsheet's own pages only.")
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > MAX_BODY:
            return HTTPException(413, _too_large())
    return None


async def drain(receive: Receive, limit: int = 20 * MAX_BODY) -> None:
    """Read and discard a body, up to `limit` bytes."""
    size = 0
    while size < limit:
        message = await receive()
        size += len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return


def capped(receive: Receive) -> Receive:
    """`receive` that stops a body which grows past MAX_BODY, whatever length it announced."""
    size = 0

    async def receive_capped() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > MAX_BODY:
            raise HTTPException(413, _too_large())
        return message

    return receive_capped


def local_path(text: str, default: str = "/") -> str:
    """`text` if it is a path on this site (safe to redirect to), else `default`."""
    plain = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if plain and len(text) <= 2000 else default


def _too_large() -> str:
    return f"The upload is larger than {MAX_BODY // 1024 // 1024} MB. Split the file, or add it with `broadsheet add`."
