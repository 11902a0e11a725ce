"""What every test of a network source needs: a clock that only sleeping moves, and a client of the stand-in."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from broadsheet.kit.paper import Record, Rejected
from broadsheet.sources.contract import Item
from broadsheet.sources.net.http import PoliteClient
from broadsheet.sources.net.rate_limit import MemoryStore, ProviderStore
from tests.sources.provider import FakeProvider

START = 1_773_979_200.0  # 2026-03-20 04:00 UTC


@dataclass
class FakeClock:
    """Seconds since 1970 that pass only while somebody sleeps."""

    time: float = START
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.time += seconds


def client_of(
    server: FakeProvider,
    clock: FakeClock,
    store: ProviderStore | None = None,
    *,
    max_bytes: int = 4 << 20,
    timeout: float = 5.0,
) -> PoliteClient:
    """A client with the shipped rates, smaller caps, and no randomness that is not seeded."""
    shipped = server.endpoints.providers()
    return PoliteClient(
        {name: replace(rules, max_bytes=max_bytes, timeout=timeout) for name, rules in shipped.items()},
        user_agent="broadsheet/0 (+https://paper.example; mailto:admin@paper.example)",
        state=store or MemoryStore(),
        clock=clock.now,
        sleep=clock.sleep,
        rng=random.Random(7),
    )


def records(items: Sequence[Item]) -> list[Record]:
    """The items, all of which are records."""
    read = [item for item in items if isinstance(item, Record)]
    assert len(read) == len(items)
    return read


def rejected(items: Sequence[Item]) -> list[Rejected]:
    """The items, all of which were rejected."""
    refused = [item for item in items if isinstance(item, Rejected)]
    assert len(refused) == len(items)
    return refused
