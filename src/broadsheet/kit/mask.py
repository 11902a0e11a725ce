"""Exact filters: a set of rows as one bit each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Mask"]


@dataclass(frozen=True, slots=True)
class Mask:
    """A set of rows 0..n-1, row r being bit r % 64 of words[r // 64].

    Every index and retriever takes one as `allowed`; kernels test bits, so a filter costs no copy of the data.
    """

    words: NDArray[np.uint64]  # (ceil(n / 64),)
    n: int

    @classmethod
    def of(cls, flags: NDArray[np.bool_]) -> Mask:
        """From one boolean a row."""
        packed = np.packbits(flags, bitorder="little")
        padded = np.zeros(-(-len(flags) // 64) * 8, dtype=np.uint8)
        padded[: len(packed)] = packed
        return cls(padded.view(np.uint64), len(flags))

    @classmethod
    def of_rows(cls, rows: NDArray[np.integer], n: int) -> Mask:
        """From row numbers, each in 0..n-1."""
        flags = np.zeros(n, dtype=np.bool_)
        flags[rows] = True
        return cls.of(flags)

    @classmethod
    def full(cls, n: int) -> Mask:
        """All n rows."""
        return cls.of(np.ones(n, dtype=np.bool_))

    def flags(self) -> NDArray[np.bool_]:
        """One boolean a row."""
        return np.unpackbits(self.words.view(np.uint8), count=self.n, bitorder="little").view(np.bool_)

    def rows(self) -> NDArray[np.int64]:
        """The row numbers in the set, ascending."""
        return np.flatnonzero(self.flags())

    def count(self) -> int:
        """How many rows are in the set."""
        return int(np.bitwise_count(self.words).sum())

    def slice(self, start: int, stop: int) -> Mask:
        """The rows start..stop-1 as a mask of their own, counted from zero."""
        if start % 64 == 0 and stop == self.n:
            return Mask(self.words[start // 64 :], stop - start)
        return Mask.of(self.flags()[start:stop])

    def _same(self, other: Mask) -> None:
        if self.n != other.n:
            raise ValueError(f"masks over {self.n} and {other.n} rows cannot be combined")

    def __and__(self, other: Mask) -> Mask:
        self._same(other)
        return Mask(self.words & other.words, self.n)

    def __or__(self, other: Mask) -> Mask:
        self._same(other)
        return Mask(self.words | other.words, self.n)

    def __invert__(self) -> Mask:
        return Mask.of(~self.flags())
