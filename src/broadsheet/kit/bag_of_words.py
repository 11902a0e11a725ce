"""Bags of words: the terms and counts of each text, one row per text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.native import kernel
from broadsheet.kit.text import Tokens, distinct

__all__ = ["Bags", "among", "bag", "find_sorted"]


@dataclass(frozen=True, slots=True)
class Bags:
    """Row i counts columns[indptr[i]:indptr[i+1]] with the aligned `counts`; column c is the term terms[c]."""

    terms: NDArray[np.uint64]  # (v,) ascending
    indptr: NDArray[np.int64]  # (n + 1,)
    columns: NDArray[np.int32]  # (nnz,)
    counts: NDArray[np.float32]  # (nnz,)

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def document_frequency(self) -> NDArray[np.int64]:
        """The document frequency of each term, (v,)."""
        return np.bincount(self.columns, minlength=len(self.terms))

    def totals(self) -> NDArray[np.float32]:
        """The summed counts of every row, (n,)."""
        sums = np.concatenate([[0.0], np.cumsum(self.counts, dtype=np.float64)])
        return np.asarray(sums[self.indptr[1:]] - sums[self.indptr[:-1]], np.float32)


_count = kernel("bags_count")


def bag(tokens: Tokens, *, weights: NDArray[np.float32] | None = None, skip: NDArray[np.uint64] | None = None) -> Bags:
    """Count the terms of every text.

    `weights` (one a token, default 1) are summed instead of occurrences; the terms in `skip` (ascending) are left out.
    """
    terms, slots = distinct(tokens.terms)
    order = np.argsort(terms)
    rank = np.empty(len(terms), np.int32)
    rank[order] = np.arange(len(terms), dtype=np.int32)
    terms, slots = terms[order], rank[slots] if len(terms) else slots
    dropped = find_sorted(skip, terms) >= 0 if skip is not None and len(skip) else np.zeros(len(terms), np.bool_)
    if weights is None:
        weights = np.ones(len(slots), np.float32)
    indptr = np.zeros(len(tokens) + 1, np.int64)
    columns, counts = np.empty(len(slots), np.int32), np.empty(len(slots), np.float32)
    place = np.full(len(terms), -1, np.int64)
    texts = np.ascontiguousarray(tokens.bounds), len(tokens)
    nnz = _count(slots, np.ascontiguousarray(weights), *texts, dropped, place, indptr, columns, counts)
    return Bags(terms, indptr, columns[:nnz].copy(), counts[:nnz].copy())


def among(terms: NDArray[np.uint64], others: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Whether each term is one of `others`; for a few hundred terms a set is faster than np.isin."""
    return np.fromiter(map(set(others.tolist()).__contains__, terms.tolist()), np.bool_, len(terms))


def find_sorted(vocabulary: NDArray[np.uint64], terms: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The position of every term in an ascending vocabulary, -1 if absent."""
    if len(vocabulary) == 0:
        return np.full(len(terms), -1, np.int64)
    at = np.minimum(np.searchsorted(vocabulary, terms), len(vocabulary) - 1)
    return np.where(vocabulary[at] == terms, at, -1)
