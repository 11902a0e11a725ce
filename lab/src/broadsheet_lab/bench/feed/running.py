"""Peers on readers: the mean of every metric, with intervals, and what each reader got."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.errors import UsageError
from broadsheet_lab.bench.feed.board import Board, Peer
from broadsheet_lab.bench.feed.kept_results import Values, kept_results
from broadsheet_lab.bench.feed.metrics import measured, shares, summary, top
from broadsheet_lab.bench.feed.readers import FeedReader

__all__ = ["READERS", "Result", "most_readers", "run"]

PAGE = 20
READERS = "BROADSHEET_BENCH_READERS"  # how many readers; all of the half if unset


def most_readers() -> int | None:
    """How many readers are wanted; None: all. Raises UsageError."""
    wanted = os.environ.get(READERS, "")
    if wanted and (not wanted.isdecimal() or int(wanted) < 1):
        raise UsageError(f"{READERS}={wanted}: must be a number of readers, for example 150; unset it for all")
    return int(wanted) if wanted else None


@dataclass(frozen=True)
class Result:
    """The metrics of one peer, one value a reader."""

    values: tuple[Mapping[str, float], ...]
    milliseconds: float  # a reader, in the mean

    def of(self, metric: str) -> NDArray[np.float64]:
        """One metric of every reader, (readers,)."""
        return np.array([value[metric] for value in self.values], np.float64)

    def mean(self, metric: str) -> float:
        """The mean of one metric."""
        return float(self.of(metric).mean())

    def __add__(self, other: Result) -> Result:
        """The readers of both."""
        n, m = len(self.values), len(other.values)
        mean = (n * self.milliseconds + m * other.milliseconds) / max(n + m, 1)
        return Result((*self.values, *other.values), mean)

    def to_json(self) -> dict[str, Any]:
        """Means with intervals."""
        return {**summary(self.values), "readers": len(self.values), "ms": round(self.milliseconds, 1)}


def run(
    board: Board,
    readers: Sequence[FeedReader],
    peers: Mapping[str, Peer],
    tell: Callable[[str], None],
    recalls: Sequence[int] = (50, 200),
    anew: Collection[str] = (),
) -> dict[str, Result]:
    """Every peer on every reader; a line each. Results are kept, but for the peers in `anew`."""
    names = "|".join(f"{reader.name} {reader.saved.tolist()}" for reader in readers)
    digest = hashlib.sha256(f"{board.papers.name} {len(board.candidates)} {names}".encode()).hexdigest()
    results = {}
    for name, peer in peers.items():
        measure = partial(_measured, board, readers, peer, recalls)
        key = (name, digest, list(recalls))
        values, milliseconds = measure() if name in anew else kept_results(key, measure)
        results[name] = Result(tuple(values), milliseconds)
        means = {metric: results[name].mean(metric) for metric in (values[0] if values else ())}
        shown = "  ".join(f"{metric} {value:.4f}" for metric, value in means.items())
        tell(f"{name:28} {shown}  {milliseconds:.0f} ms")
    board.memo.clear()
    return results


def _measured(board: Board, readers: Sequence[FeedReader], peer: Peer, recalls: Sequence[int]) -> Values:
    started, values = time.perf_counter(), []
    for reader in readers:
        ranking = top(peer(board, reader.saved), board.candidates, reader.saved, max(200, *recalls))
        value = measured(ranking, reader.later, recalls)
        if reader.interests:
            value |= shares(ranking[:PAGE], reader.interests, board.papers.static)
        values.append(value)
    return values, 1000 * (time.perf_counter() - started) / max(len(readers), 1)
