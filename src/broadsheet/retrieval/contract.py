"""The contracts of retrieval methods.

A weighting turns documents and queries into sparse vectors; their inner product is the score, and an inverted index
holds those of documents. A fusion combines the scores of two retrievers for the same candidates.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import Bags

__all__ = ["Fusion", "Weighting"]


@runtime_checkable
class Weighting(Protocol):
    """Sparse weights of documents and queries."""

    def document(self, bags: Bags, lengths: NDArray[np.float32]) -> NDArray[np.float32]:
        """The weight of every entry of `bags`, aligned with its columns; `lengths` are the documents', (n,)."""

    def query(self, counts: NDArray[np.float32], frequencies: NDArray[np.int64], documents: int) -> NDArray[np.float32]:
        """The weight of every query term from its count in the query and its document frequency, aligned."""


@runtime_checkable
class Fusion(Protocol):
    """One score from two aligned ones."""

    def fuse(self, lexical: NDArray[np.float32], semantic: NDArray[np.float32]) -> NDArray[np.float32]:
        """(m,) and (m,) to (m,); greater is better."""
