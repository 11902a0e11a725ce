"""Nearness of papers to what a community likes, by the vectors of the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.trending.contract import Floats

__all__ = ["Liking", "liking_of"]

SAMPLE = 300  # papers of the library that nearness is measured against


@dataclass(frozen=True, slots=True)
class Liking:
    """What a community likes, in one snapshot: the same for all papers that are measured against it."""

    rows: NDArray[np.int64]  # of the papers that it likes, (n,)
    mean: NDArray[np.float32]  # of their vectors, (dimensions,)
    usual: float  # the mean cosine of the library's papers with them
    deviation: float

    def nearness(self, snapshot: IndexSnapshot, ids: Sequence[int]) -> Floats:
        """How much nearer each paper is to what the community likes than the library's papers are, in deviations (n,).

        A paper that is liked itself is measured against the others.
        """
        rows = snapshot.rows_of(ids)
        present = rows >= 0
        near = np.zeros(len(ids))
        cosines = _means_without_own(snapshot, self.mean, rows[present], self.rows)
        near[present] = (cosines - self.usual) / self.deviation
        return np.maximum(near, 0)


def liking_of(snapshot: IndexSnapshot, liked: Sequence[int]) -> Liking | None:
    """What a community likes that likes these papers; None where the snapshot has fewer than two of them."""
    among = snapshot.present_rows(liked)
    alive = snapshot.alive.rows()
    if len(among) < 2 or len(alive) < 2:
        return None
    mean = snapshot.dense.vectors(among).mean(axis=0)
    sample = np.random.default_rng(0).choice(alive, min(SAMPLE, len(alive)), replace=False)
    ordinary = _means_without_own(snapshot, mean, sample, among)
    return Liking(among, mean, float(ordinary.mean()), max(float(ordinary.std()), 1e-6))


def _means_without_own(
    snapshot: IndexSnapshot, mean: NDArray[np.float32], rows: NDArray[np.int64], among: NDArray[np.int64]
) -> Floats:
    """The mean cosine of each row with the rows `among` other than itself; `mean` is the mean of their vectors."""
    n, own = len(among), np.isin(rows, among)
    return np.asarray((snapshot.dense.score(mean, rows).astype(np.float64) * n - own) / (n - own))
