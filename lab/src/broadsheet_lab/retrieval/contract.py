"""What retrieval methods of the laboratory promise beside `broadsheet.retrieval.contract`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.hits import Hits
from broadsheet.kit.mask import Mask

__all__ = ["Composition", "TextSearch"]


@runtime_checkable
class Composition(Protocol):
    """Makes one query of a paper and of words that say what should be different about it, or what should stay."""

    def fit(self, papers: NDArray[np.float32], words: Sequence[str], targets: NDArray[np.float32], /) -> Self:
        """Learn from n >= 2 triples: vectors of papers (n, d), words, vectors of the papers wanted (n, d)."""

    def encode(self, papers: NDArray[np.float32], words: Sequence[str], /) -> NDArray[np.float32]:
        """The unit vectors to search for, (n, d). Raises ValueError for another d, or if nothing was learned."""

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned."""

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> Self:
        """The method again. Raises ValueError if the arrays do not fit together."""


@runtime_checkable
class TextSearch(Protocol):
    """Finds texts for a query in words, from an index of its own."""

    def fit(self, texts: Sequence[str], /) -> Self:
        """Index the texts, row i is text i, forgetting those before."""

    def search(self, query: str, k: int = ..., allowed: Mask | None = ...) -> Hits:
        """At most k rows with a score, best first, all in `allowed`."""
