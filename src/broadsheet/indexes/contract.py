"""The contracts of indexes.

Rows are numbered 0..n-1 in the order they were added and are never renumbered. An index is immutable: `with_block`
returns a new one with more rows that shares the old blocks, so running searches are not affected. A row is removed by
leaving it out of `allowed`; its bytes are freed when the pipeline merges blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Generic, Protocol, Self, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.hits import Hits
from broadsheet.kit.mask import Mask

__all__ = ["Arrays", "Block", "Blocks", "Index", "VectorIndex", "check_types"]

Arrays = Mapping[str, NDArray[Any]]
Query_contra = TypeVar("Query_contra", contravariant=True)


def check_types(arrays: Arrays, **types: type[np.generic]) -> None:
    """Check element types for compiled code. Raises ValueError if an array that is present has another type."""
    for name, expected in types.items():
        if name in arrays and arrays[name].dtype != expected:
            raise ValueError(f"{name} holds {arrays[name].dtype}, which differs from {np.dtype(expected)}")


@runtime_checkable
class Block(Protocol):
    """An immutable block of rows, stored as one file."""

    @property
    def rows(self) -> int:
        """The number of rows."""

    def to_arrays(self) -> Arrays:
        """Everything needed to restore it."""

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Self:
        """Restore the block; arrays may be read-only memory maps. Raises ValueError if they do not fit together."""


B = TypeVar("B", bound=Block)


class Blocks(Generic[B]):
    """An immutable sequence of blocks, with rows numbered through all of them; the base of most indexes."""

    def __init__(self, blocks: Sequence[B] = ()) -> None:
        self.blocks = tuple(blocks)
        self._starts = tuple(accumulate((b.rows for b in self.blocks), initial=0))

    def __len__(self) -> int:
        return self._starts[-1]

    def with_block(self, block: B) -> Self:
        """A new index with the block's rows appended."""
        return type(self)((*self.blocks, block))

    def parts(self) -> Iterator[tuple[int, B]]:
        """(number of the first row, block) of every block, in order."""
        return zip(self._starts, self.blocks, strict=False)


@runtime_checkable
class Index(Protocol[Query_contra]):
    """Finds the rows that score highest for a query."""

    def __len__(self) -> int:
        """How many rows."""

    def search(self, query: Query_contra, k: int, allowed: Mask | None = None) -> Hits:
        """At most k rows, best first, all in `allowed` (None: all). Filters are exact at any selectivity."""


@runtime_checkable
class VectorIndex(Protocol):
    """An index of dense vectors: it searches, scores and returns vectors, and can append a block."""

    def __len__(self) -> int:
        """How many rows."""

    def search(self, query: NDArray[np.float32], k: int, allowed: Mask | None = None) -> Hits:
        """At most k rows with a great inner product with the query (d,), best first, all in `allowed` (None: all)."""

    def score(self, query: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The inner product of the query (d,) with the vectors of `rows` as kept, aligned."""

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors of `rows` as kept, (m, d)."""

    def with_block(self, block: Any) -> Self:
        """A new index with the block's rows appended, searched in the same way."""
