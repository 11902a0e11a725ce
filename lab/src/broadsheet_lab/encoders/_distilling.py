"""What sparse documents learn from: the weights of query words, and what teachers say together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["ensemble", "idf"]

Floats = NDArray[np.float32]


def idf(frequencies: NDArray[np.int64], documents: int) -> Floats:
    """log(1 + (N - df + 0.5) / (df + 0.5)) per piece, (m,): its weight in a query."""
    return np.log1p((documents - frequencies + 0.5) / (frequencies + 0.5)).astype(np.float32)


def ensemble(teachers: Sequence[ArrayLike], *, scale: float = 30.0) -> Floats:
    """What the teachers say together of candidates (q, m): each brought to 0..1 by query, averaged, times `scale`."""
    total = np.zeros(np.shape(teachers[0]), np.float32)
    for scores in (np.asarray(t, np.float32) for t in teachers):
        low, high = scores.min(axis=1, keepdims=True), scores.max(axis=1, keepdims=True)
        total += (scores - low) / (high - low + np.float32(1e-6))
    return total * np.float32(scale / len(teachers))
