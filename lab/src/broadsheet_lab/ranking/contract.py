"""What ranking methods of the laboratory promise beside `broadsheet.ranking.contract`."""

from __future__ import annotations

from typing import Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Ranker"]


@runtime_checkable
class Ranker(Protocol):
    """A model of one reader."""

    def fit(self, x: NDArray[np.float32], y: NDArray[np.float32], weight: NDArray[np.float32]) -> Self:
        """Fit on papers x (m, d) with labels y (m,), 1 positive and 0 negative, and weights (m,)."""

    def score(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """The score of each of x (n, d) for the reader, (n,); greater is better."""
