"""Many requests at once: everybody is served, in order, and only a few at a time need memory."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from broadsheet.kit.fair_gate import FairGate
from broadsheet.pipeline.search.ranking import Ranking
from broadsheet.pipeline.search.searcher import Searcher
from broadsheet.web.serving import Turns
from tests.web.served import Served

CONNECTIONS, EACH = 24, 3
PLACES = 2


class Counting:
    """The most that are inside at once."""

    def __init__(self) -> None:
        self.inside = self.most = self.total = 0
        self._lock = threading.Lock()

    @contextmanager
    def one(self) -> Iterator[None]:
        with self._lock:
            self.inside, self.total = self.inside + 1, self.total + 1
            self.most = max(self.most, self.inside)
        try:
            yield
        finally:
            with self._lock:
                self.inside -= 1


async def _visitor(port: int, at: int, counts: list[int]) -> int:
    """Ask one search after another on one connection; the most answers that another was behind."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    ahead = 0
    for n in range(EACH):
        writer.write(f"GET /api/v1/search?k=1&q=coral+{at}+{n} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        assert head.startswith("HTTP/1.1 200 ")
        length = next(line for line in head.lower().splitlines() if line.startswith("content-length: "))
        assert b"Coral reef acoustics" in await reader.readexactly(int(length.split()[1]))
        counts[at] += 1
        ahead = max(ahead, counts[at] - min(counts))
    writer.close()
    return ahead


async def _crowd(port: int) -> int:
    counts = [0] * CONNECTIONS
    return max(await asyncio.gather(*(_visitor(port, at, counts) for at in range(CONNECTIONS))))


def test_a_crowd_is_served_in_order_a_few_at_a_time(own: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    counting, rank = Counting(), Searcher._rank_inside

    def counted(*arguments: Any) -> Ranking:
        with counting.one():
            return rank(*arguments)

    monkeypatch.setattr(Searcher, "_rank_inside", counted)
    monkeypatch.setattr(own.library._searcher, "_gate", FairGate(PLACES))
    ahead = asyncio.run(_crowd(int(own.url.rpartition(":")[2])))
    assert counting.total == CONNECTIONS * EACH
    assert counting.most <= PLACES
    assert ahead <= 2  # everybody has about as many answers at any moment


class Application:
    """Answers a path in two messages, each when it is told to."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.begin, self.end = asyncio.Event(), asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.order.append(scope["path"])
        if scope["path"] == "broken":
            raise ValueError("broken")
        await self.begin.wait()
        await send({"type": "http.response.start"})
        await self.end.wait()
        await send({"type": "http.response.body"})


async def _nothing() -> Message:
    return {}


async def _unread(message: Message) -> None:
    del message


def _requests(turns: Turns, *paths: str, method: str = "GET") -> list[asyncio.Task[None]]:
    scopes = [{"type": "http", "method": method, "path": path} for path in paths]
    return [asyncio.create_task(_call(turns, scope)) for scope in scopes]


async def _call(turns: Turns, scope: Scope) -> None:
    await turns(scope, _nothing, _unread)


async def _settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_requests_wait_for_their_turn_and_slow_readers_hold_none() -> None:
    async def run() -> None:
        application = Application()
        turns = Turns(application, places=2)
        tasks = _requests(turns, *"abcde")
        await _settle()
        assert application.order == ["a", "b"]
        tasks += _requests(turns, "sent", method="POST")  # may be slow: holds no place and waits for none
        await _settle()
        assert application.order == ["a", "b", "sent"]
        application.begin.set()
        await _settle()
        assert application.order == ["a", "b", "sent", "c", "d", "e"]  # though no answer has ended
        application.end.set()
        await asyncio.gather(*tasks)

    asyncio.run(run())


def test_a_request_that_fails_or_is_given_up_leaves_its_place() -> None:
    async def run() -> None:
        application = Application()
        turns = Turns(application, places=1)
        for _ in range(3):
            with pytest.raises(ValueError, match="broken"):
                await _call(turns, {"type": "http", "method": "GET", "path": "broken"})
        inside, waiting = _requests(turns, "a", "b")
        await _settle()
        waiting.cancel()
        inside.cancel()
        await asyncio.gather(inside, waiting, return_exceptions=True)
        application.begin.set()
        application.end.set()
        await asyncio.gather(*_requests(turns, "c"))
        assert application.order == [*["broken"] * 3, "a", "c"]

    asyncio.run(run())
