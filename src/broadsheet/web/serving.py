"""The server of the application, with a time limit for receiving a request.

uvicorn waits for headers and bodies without a limit. Here the headers must arrive within `HEADER_SECONDS` of their
first byte (or of the connection's start), the body within `BODY_SECONDS`; slower connections are closed. The
requests of a crowd wait for their turn before anything is done for them.
"""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

__all__ = ["Turns", "config"]

HEADER_SECONDS = 15.0
BODY_SECONDS = 300.0
PLACES = 64  # more than there are threads to answer in


def config(app: FastAPI, **options: Any) -> uvicorn.Config:
    """The uvicorn configuration of the application; `options` are passed to uvicorn. `hosts` reads what proxies say."""
    return uvicorn.Config(Turns(app), http=_Impatient, access_log=False, ws="none", proxy_headers=False, **options)


class Turns:
    """Lets at most `places` requests for pages into the application at once, first come, first served.

    A request that waits out here needs little memory. Its place is free again when its answer begins, so a slow reader
    holds none; requests that send something are let in at once, as a slow writer would hold one.
    """

    def __init__(self, app: ASGIApp, places: int = PLACES) -> None:
        self._app = app
        self._places = asyncio.Semaphore(places)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request when it is its turn."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        await self._places.acquire()
        is_inside = True

        def leave() -> None:
            nonlocal is_inside
            if is_inside:
                self._places.release()
            is_inside = False

        async def answer(message: Message) -> None:
            leave()
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            leave()


class _Impatient(H11Protocol):
    """uvicorn's HTTP protocol with a deadline for receiving each request."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected: start the deadline of its request."""
        super().connection_made(transport)
        self._expect(HEADER_SECONDS)

    def data_received(self, data: bytes) -> None:
        """Bytes arrived: they begin, continue or complete a request."""
        before: RequestResponseCycle | None = self.cycle
        is_idle = before is None or before.response_complete
        if is_idle and self._deadline is None:
            self._expect(HEADER_SECONDS)
        super().data_received(data)
        now: RequestResponseCycle | None = self.cycle
        if now is not None and now is not before:
            self._expect(BODY_SECONDS if now.more_body else None)
        elif now is not None and not now.more_body and not is_idle:
            self._expect(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client disconnected."""
        self._expect(None)
        super().connection_lost(exc)

    def _expect(self, seconds: float | None) -> None:
        """Close the connection after `seconds` unless this is called again; None cancels the deadline."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self._expired)

    def _expired(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()
