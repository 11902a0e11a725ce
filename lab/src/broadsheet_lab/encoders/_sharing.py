"""Papers that share a value: pairs to learn from, and how well a search finds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Sharing", "Values", "average_precisions"]

Values = Sequence[frozenset[str]]  # of every paper


@dataclass(frozen=True)
class Sharing:
    """Which papers share which values of an aspect. `rows` are those in play, numbers of papers."""

    lists: tuple[NDArray[np.int64], ...]  # the papers of each value that two have or more
    has: NDArray[np.bool_]  # (papers, values)

    @classmethod
    def of(cls, values: Values, rows: NDArray[np.int64]) -> Self:
        """Of the values of all papers. Raises ValueError if no two of `rows` share one."""
        papers: dict[str, list[int]] = {}
        for i in rows.tolist():
            for value in values[i]:
                papers.setdefault(value, []).append(i)
        held = [np.array(p, np.int64) for _, p in sorted(papers.items()) if len(p) > 1]
        if not held:
            raise ValueError(f"no two of {len(rows)} papers share a value: there is nothing to learn from")
        has = np.zeros((len(values), len(held)), np.bool_)
        for column, own in enumerate(held):
            has[own, column] = True
        return cls(tuple(held), has)

    def pairs(self, rng: np.random.Generator, count: int) -> NDArray[np.int64]:
        """Pairs of different papers that share a value, (count, 2): a value is drawn, then two of its papers."""
        drawn = rng.integers(0, len(self.lists), count).tolist()
        return np.array([rng.choice(self.lists[i], 2, replace=False) for i in drawn], np.int64).reshape(-1, 2)

    def shared(self, rows: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which papers share a value with which, (n, m)."""
        return np.asarray(self.has[rows].astype(np.float32) @ self.has[others].T.astype(np.float32) > 0)


def average_precisions(vectors: NDArray[np.float32], values: Values, k: int = 10) -> NDArray[np.float64]:
    """AP@k of each paper that shares a value with another, the other papers with any value searched by cosine."""
    rows = np.array([i for i, held in enumerate(values) if held], np.int64)
    sharing = Sharing.of(values, rows)
    relevant = sharing.shared(rows, rows)
    np.fill_diagonal(relevant, val=False)
    likeness = vectors[rows] @ vectors[rows].T
    np.fill_diagonal(likeness, -np.inf)
    order = np.argsort(-likeness, axis=1, kind="stable")[:, :k]
    hits = np.take_along_axis(relevant, order, axis=1)
    precision = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    total = relevant.sum(axis=1)
    asked = total > 0
    return np.asarray((precision * hits).sum(axis=1)[asked] / np.minimum(total, k)[asked], np.float64)
