"""Papers → their words and pairs of neighbouring words as hashed features of unit length, compared by inner product.

A feature counts once a paper, by how rare it is: what a reader comes back to is named, not repeated.

Weinberger, Dasgupta, Langford, Smola, Attenberg: Feature Hashing for Large Scale Multitask Learning. ICML 2009.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.positions import Positions
from broadsheet.kit.native import kernel
from broadsheet.kit.text import STOP_TERMS

__all__ = ["SIZE", "WordCache", "WordFeatures", "rarity_among", "slots_of"]

BITS = 20
SIZE = 1 << BITS  # features
CACHED = 20_000  # papers whose words are kept, about 15 megabytes
BASE = 2.0  # rarity of a feature that every paper has; others by their logarithm

_SKIPPED = np.sort(STOP_TERMS.astype(np.uint32))
_collect = kernel("feed_words_collect")
_weigh = kernel("feed_words_weigh")
_slots = kernel("feed_words_slots")
_score = kernel("feed_words_score")
_products = kernel("feed_words_products")


def slots_of(terms: NDArray[np.uint32]) -> NDArray[np.int32]:
    """The feature of each word, (n,)."""
    slots = np.empty(len(terms), np.int32)
    _slots(terms, len(terms), 32 - BITS, slots)
    return slots


@dataclass(frozen=True, slots=True)
class WordFeatures:
    """Sparse rows: row i has the features columns[indptr[i]:indptr[i + 1]] with the aligned values."""

    indptr: NDArray[np.int64]  # (n + 1,)
    columns: NDArray[np.int32]  # (nnz,), each below SIZE
    values: NDArray[np.float32]  # (nnz,)

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @classmethod
    def of(cls, positions: Positions, rows: NDArray[np.int64], fields: int) -> Self:
        """The features of papers, (m,) ascending rows, all of value 1."""
        terms, bounds = positions.read(rows)
        indptr, columns = np.zeros(len(rows) + 1, np.int64), np.empty(2 * len(terms), np.int32)
        texts = terms, np.ascontiguousarray(bounds), len(rows), fields
        place = np.full(SIZE, -1, np.int32)
        nnz = _collect(*texts, _SKIPPED, len(_SKIPPED), 32 - BITS, place, indptr, columns)
        return cls(indptr, columns[:nnz].copy(), np.ones(nnz, np.float32))

    def weighed(self, rarity: NDArray[np.float32]) -> Self:
        """With the rarity of each feature (SIZE,) as its value, every row of length one."""
        values = np.empty(len(self.columns), np.float32)
        _weigh(self.indptr, self.columns, len(self), rarity, values)
        return type(self)(self.indptr, self.columns, values)

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Some of the rows, in the given order."""
        lengths = np.diff(self.indptr)[rows]
        indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        at = np.arange(indptr[-1]) + np.repeat(self.indptr[rows] - indptr[:-1], lengths)
        return type(self)(indptr, self.columns[at], self.values[at])

    def joined(self, other: Self) -> Self:
        """The rows of both."""
        indptr = np.concatenate([self.indptr, other.indptr[1:] + self.indptr[-1]])
        columns, values = (
            np.concatenate([self.columns, other.columns]),
            np.concatenate([self.values, other.values]),
        )
        return type(self)(indptr, columns, values)

    def score(self, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """The inner product of every row with weights (SIZE,), (n,)."""
        out = np.zeros(len(self), np.float32)
        _score(self.indptr, self.columns, self.values, len(self), weights, out)
        return out

    def products(self, other: Self) -> NDArray[np.float32]:
        """The inner products of the rows of both, (n, m)."""
        out = np.zeros((len(self), len(other)), np.float32)
        if not len(self) or not len(other.columns):
            return out
        order = np.argsort(other.columns, kind="stable")
        columns, starts, counts = np.unique(other.columns[order], return_index=True, return_counts=True)
        first, many, flags = np.empty(SIZE, np.int32), np.empty(SIZE, np.int32), np.zeros(SIZE, np.bool_)
        first[columns], many[columns], flags[columns] = starts, counts, True
        present = np.packbits(flags, bitorder="little")
        owners = np.repeat(np.arange(len(other), dtype=np.int32), np.diff(other.indptr))[order]
        rows = self.indptr, self.columns, self.values, len(self)
        _products(*rows, present, first, many, owners, other.values[order], len(other), out)
        return out


class WordCache:
    """The words of papers of one snapshot that were read lately: a page has much the same candidates as the last."""

    def __init__(self, positions: Positions, fields: int, rarity: NDArray[np.float32], size: int = CACHED) -> None:
        self._positions, self._fields, self._rarity, self._size = positions, fields, rarity, size
        self._columns: dict[int, NDArray[np.int32]] = {}  # the features of every row, in the order of reading

    def read(self, rows: NDArray[np.int64]) -> WordFeatures:
        """The weighed words of rows in any order, (n,)."""
        known, wanted = self._columns, rows.tolist()
        missing = np.array(sorted({row for row in wanted if row not in known}), np.int64)
        if len(missing):
            words = WordFeatures.of(self._positions, missing, self._fields)
            own = np.split(words.columns, words.indptr[1:-1])
            # never changed, always replaced: other threads may be reading it
            known = {**known, **dict(zip(missing.tolist(), own, strict=True))}
            self._columns = dict(list(known.items())[-self._size :]) if len(known) > self._size else known
        found = [known[row] for row in wanted]
        lengths = np.array([0, *(len(columns) for columns in found)], np.int64)
        columns = np.concatenate([np.empty(0, np.int32), *found])
        return WordFeatures(np.cumsum(lengths), columns, np.empty(0, np.float32)).weighed(self._rarity)


def rarity_among(papers: WordFeatures) -> NDArray[np.float32]:
    """BASE + log((n + 1) / (df + 1)) of every feature among n papers, (SIZE,)."""
    frequencies = np.bincount(papers.columns, minlength=SIZE)
    return (BASE + np.log((len(papers) + 1) / (frequencies + 1))).astype(np.float32)
