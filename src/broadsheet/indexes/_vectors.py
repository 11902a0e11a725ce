"""The base of indexes over coded vectors: checks, scores and decoding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes._rotation import rotate_query, signs_of
from broadsheet.indexes.contract import Block, Blocks
from broadsheet.kit.mask import Mask

__all__ = ["CodedBlock", "CodedBlocks"]


class CodedBlock(Block, Protocol):
    """A block of vectors, stored as codes of rotated vectors."""

    @property
    def dimensions(self) -> int:
        """The dimensions of the original vectors."""

    def inner(self, rotated: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The inner product of a rotated query (D,) with each of the rows, aligned."""

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """These vectors, decoded and rotated back, (m, d)."""


C = TypeVar("C", bound=CodedBlock)


class CodedBlocks(Blocks[C]):
    """Blocks of coded vectors, read as one."""

    def __init__(self, blocks: Sequence[C] = ()) -> None:
        super().__init__(blocks)
        if len({b.dimensions for b in self.blocks}) > 1:
            raise ValueError(f"blocks of {sorted({b.dimensions for b in self.blocks})} dimensions cannot be one index")

    def _check_query(self, query: NDArray[np.float32], allowed: Mask | None = None) -> NDArray[np.float32]:
        """The query (d,), ready for compiled code. Raises ValueError if it or the mask does not fit this index."""
        if allowed is not None and allowed.n != len(self):
            raise ValueError(f"the mask covers {allowed.n} rows, the index {len(self)}")
        dimensions = self.blocks[0].dimensions
        if query.shape != (dimensions,):
            raise ValueError(f"the query has shape {query.shape}, the index holds {dimensions}-dimensional vectors")
        return np.ascontiguousarray(query, np.float32)

    def _rotate_query(self, query: NDArray[np.float32]) -> NDArray[np.float32]:
        """A checked query, rotated like the vectors, (D,). Raises ValueError on NaN or infinity."""
        return rotate_query(query, signs_of(self.blocks[0].dimensions))

    def score(self, query: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The inner product of the query (d,) with the decoded vectors of `rows`, aligned."""
        out = np.zeros(len(rows), np.float32)
        if not len(rows):
            return out
        rotated = self._rotate_query(self._check_query(query))
        for start, block in self.parts():
            here = np.flatnonzero((rows >= start) & (rows < start + block.rows))
            out[here] = block.inner(rotated, rows[here] - start)
        return out

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The decoded vectors of `rows`, (m, d)."""
        out = np.zeros((len(rows), self.blocks[0].dimensions if self.blocks else 0), np.float32)
        for start, block in self.parts():
            here = np.flatnonzero((rows >= start) & (rows < start + block.rows))
            if len(here):
                out[here] = block.vectors(rows[here] - start)
        return out
