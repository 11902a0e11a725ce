"""Nearness of papers to what a community likes, by the vectors of the index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.trending.contract import Floats

__all__ = ["nearness"]

SAMPLE = 300  # papers of the library that nearness is measured against


def nearness(snapshot: IndexSnapshot, ids: Sequence[int], liked: Sequence[int]) -> Floats:
    """How much nearer each paper is to what the community likes than the library's papers are, in deviations (n,).

    A paper that is liked itself is measured against the others.
    """
    rows = snapshot.rows_of(ids)
    among = snapshot.rows_of(liked)
    among = among[among >= 0]
    alive = snapshot.alive.rows()
    if len(among) < 2 or len(alive) < 2:
        return np.zeros(len(ids))
    mean = snapshot.dense.vectors(among).mean(axis=0)
    sample = np.random.default_rng(0).choice(alive, min(SAMPLE, len(alive)), replace=False)
    ordinary = _means_without_own(snapshot, mean, sample, among)
    present = rows >= 0
    near = np.zeros(len(ids))
    deviation = max(float(ordinary.std()), 1e-6)
    near[present] = (_means_without_own(snapshot, mean, rows[present], among) - ordinary.mean()) / deviation
    return np.maximum(near, 0)


def _means_without_own(
    snapshot: IndexSnapshot, mean: NDArray[np.float32], rows: NDArray[np.int64], among: NDArray[np.int64]
) -> Floats:
    """The mean cosine of each row with the rows `among` other than itself; `mean` is the mean of their vectors."""
    n, own = len(among), np.isin(rows, among)
    return np.asarray((snapshot.dense.score(mean, rows).astype(np.float64) * n - own) / (n - own))
