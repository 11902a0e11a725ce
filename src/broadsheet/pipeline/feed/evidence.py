"""What speaks for a paper, one number each, in units of how much random papers differ.

likenesses of a paper to the saves (words, static, learned, transformer's vectors) ──► nearest, recent, mean
The weights of these are learned over many readers (ranking/listnet) and ship with the package.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["COLUMNS", "COLUMNS_WITH_VECTORS", "Scale", "likeness_columns", "recency"]

_KINDS = ("nearest", "nearest three, recent", "mean, recent")
_SPACES = ("words", "static", "learned", "transformer")
COLUMNS_WITH_VECTORS = ("machine", *(f"{space}: {kind}" for space in _SPACES for kind in _KINDS))
COLUMNS = COLUMNS_WITH_VECTORS[: -len(_KINDS)]
NEAREST = 3  # saves
HALF_NEAREST, HALF_MEAN = 15.0, 5.0  # later saves after which an earlier one counts half


def recency(n: int, half: float) -> NDArray[np.float32]:
    """What each of n saves counts, the oldest first, (n,): the latest 1, and half as much `half` saves earlier."""
    return np.asarray(np.exp2(-np.arange(n - 1, -1, -1, dtype=np.float32) / np.float32(half)), np.float32)


def likeness_columns(likeness: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Three columns (n, 3), in the order of _KINDS, from likenesses (n, m) to saves, oldest first, and their weights.

    The nearest three are counted as three also where there are fewer saves.
    """
    n, m = likeness.shape
    if not m:
        return np.zeros((n, 3), np.float32)
    recent = likeness * (weights * recency(m, HALF_NEAREST))
    best = -np.partition(-recent, min(NEAREST, m) - 1, axis=1)[:, : min(NEAREST, m)]
    shares = weights * recency(m, HALF_MEAN)
    columns = (likeness * weights).max(axis=1), best.mean(axis=1), likeness @ (shares / max(float(shares.sum()), 1e-9))
    return np.stack(columns, axis=1).astype(np.float32)


class Scale:
    """Evidence as its distance from ordinary papers in standard deviations, its root, so that much is not too much."""

    def __init__(self, ordinary: NDArray[np.float32]) -> None:
        some = len(ordinary) > 0
        width = ordinary.shape[1]
        self.mean_ = ordinary.mean(axis=0) if some else np.zeros(width, np.float32)
        self.deviation_ = np.maximum(ordinary.std(axis=0) if some else np.ones(width, np.float32), 1e-3)

    def apply(self, columns: NDArray[np.float32]) -> NDArray[np.float32]:
        """Columns (n, f) so, (n, f)."""
        far = (columns - self.mean_) / self.deviation_
        return np.asarray(np.sign(far) * np.sqrt(np.abs(far)), np.float32)
