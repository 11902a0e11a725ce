"""Rows grouped around centres, every group of nearly the same size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.kit.jit import jit
from broadsheet_lab.kit.kmeans import kmeans

__all__ = ["balanced"]

_ROUNDS = 12
_SAMPLE = 16_384
_LEAST = 32  # rows a group should have


def _centres(vectors: NDArray[np.float32], count: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """k-means on a sample: centres (count, d)."""
    sample = vectors[rng.choice(len(vectors), min(len(vectors), _SAMPLE), replace=False)]
    start = sample[rng.choice(len(sample), count, replace=False)]
    return kmeans(sample, count, iterations=_ROUNDS, seed=0, start=start)


def _distances(vectors: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.float32]:
    """Squared distances (n, c) less each vector's own squared norm, which changes no comparison."""
    return np.asarray((centres**2).sum(axis=1) - 2 * vectors @ centres.T, np.float32)


@jit
def _assign(
    distances: NDArray[np.float32], preference: NDArray[np.int64], order: NDArray[np.int64], ceiling: int
) -> NDArray[np.int64]:
    """Each row, in `order`, to the nearest centre that has room: preference (n, c) lists centres by distance."""
    n, count = distances.shape
    group = np.empty(n, np.int64)
    filled = np.zeros(count, np.int64)
    for row in order:
        for c in preference[row]:
            if filled[c] < ceiling:
                group[row] = c
                filled[c] += 1
                break
    return group


def balanced(
    vectors: NDArray[np.float32], count: int, *, tolerance: float = 0.1, seed: int = 0
) -> list[NDArray[np.int64]]:
    """Rows of `vectors` (n, d) in at most `count` groups whose sizes differ from n / count by at most `tolerance`.

    Rows with the most to lose choose first; groups still too small then take the rows that lose least by moving.
    """
    n = len(vectors)
    count = max(1, min(count, n // _LEAST))
    if count == 1:
        return [np.arange(n)] if n else []
    distances = _distances(vectors, _centres(vectors, count, np.random.default_rng(seed)))
    preference = np.argsort(distances, axis=1, kind="stable")
    two = np.take_along_axis(distances, preference[:, :2], axis=1)
    order = np.argsort(two[:, 0] - two[:, 1], kind="stable")
    group = _assign(distances, preference, order, int(np.ceil(n / count * (1 + tolerance))))
    floor = int(n / count * (1 - tolerance))
    for c in np.argsort(np.bincount(group, minlength=count), kind="stable"):
        loss = distances[:, c] - distances[np.arange(n), group]
        for row in np.argsort(loss, kind="stable") if (group == c).sum() < floor else ():
            sizes = np.bincount(group, minlength=count)
            if sizes[c] >= floor:
                break
            if group[row] != c and sizes[group[row]] > floor:
                group[row] = c
    return [np.flatnonzero(group == c) for c in range(count)]
