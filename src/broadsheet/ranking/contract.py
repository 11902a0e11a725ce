"""What every ranking method promises.

A ranker learns one reader from examples and scores papers; a reranker orders a page given relevance and likeness.
"""

from __future__ import annotations

from typing import Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Ranker", "Reranker"]


@runtime_checkable
class Ranker(Protocol):
    """A model of one reader."""

    def fit(self, x: NDArray[np.float32], y: NDArray[np.float32], weight: NDArray[np.float32]) -> Self:
        """Learn from papers x (m, d), y (m,) 1 for wanted and 0 for not, each counting `weight` (m,)."""

    def score(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """How much the reader wants each of x (n, d), (n,); greater is better."""


@runtime_checkable
class Reranker(Protocol):
    """An order for a page."""

    def order(self, relevance: NDArray[np.float32], x: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """Positions of the k chosen, best first, from relevance (n,) and unit vectors x (n, d)."""
