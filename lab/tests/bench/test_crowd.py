"""A crowd of searches, answered by a server whose order is known."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from broadsheet_lab.bench.crowd import Crowd, ask

GOOD = b'{"results":[{"rank":1}]}'


class Turns:
    """Answers on loopback: in order, or the first connection before all others."""

    def __init__(self, *, favours_first: bool = False) -> None:
        self.queries: list[str] = []
        self.favours_first = favours_first
        self._others = asyncio.Event()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends."""
        while True:
            try:
                line = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ")[1]
            except asyncio.IncompleteReadError:
                writer.close()
                return
            query = line.partition("?q=")[2]
            self.queries.append(query)
            if self.favours_first and query.startswith("a"):
                self._others.set() if query == "a9" else None
            elif self.favours_first:
                await self._others.wait()
            body = GOOD if query != "bad" else b'{"results":[]}'
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def answers(turns: Turns, queries: Sequence[str], connections: int) -> Crowd:
    """What happened to a crowd that asked this server."""

    async def run() -> Crowd:
        server = await asyncio.start_server(turns.answer, "127.0.0.1", 0)
        async with server:
            return await ask(server.sockets[0].getsockname()[1], queries, connections)

    return asyncio.run(run())


def test_every_query_is_sent_once_and_failures_are_told() -> None:
    turns, queries = Turns(), [*(f"q{n}" for n in range(11)), "bad"]
    crowd = answers(turns, queries, 3)
    assert sorted(turns.queries) == sorted(queries)
    assert len(crowd.seconds) == 12
    assert [failure.partition(":")[0] for failure in crowd.failures] == ["bad"]
    assert crowd.lag <= 4


def test_who_is_served_before_others_is_seen() -> None:
    queries = [name for n in range(10) for name in (f"a{n}", f"b{n}")]
    assert answers(Turns(favours_first=True), queries, 2).lag == 9
