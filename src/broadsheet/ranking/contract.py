"""The contracts of ranking methods.

A reranker orders a page by relevance and similarity; a reader scores texts for a query.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Reader", "Reranker"]


@runtime_checkable
class Reranker(Protocol):
    """Chooses and orders the papers of a page."""

    def order(self, relevance: NDArray[np.float32], x: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """Positions of the k chosen, best first, from relevance (n,) and unit vectors x (n, d)."""


@runtime_checkable
class Reader(Protocol):
    """Reads a query and a text together."""

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """The score of each text for the query, (n,); greater is better."""
