"""Documents as what their terms are worth, in 8 bits, and what it takes to score them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import Bags, find_sorted
from broadsheet.kit.quantise import IMPACT_LEVELS, quantise_impacts
from broadsheet.kit.text import STOP_TERMS, Tokens
from broadsheet_lab.kit.jit import jit

__all__ = ["Impacts", "greatest", "places", "rows_of", "without_stop_words"]

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@jit
def greatest(weights: Floats, slots: Ints, bounds: Ints, best: Floats, at: Ints) -> None:
    """best[i, s], at[i, s]: the greatest weight of the words of text i in slot s, and which word; 0 and -1 if none."""
    for i in range(len(bounds) - 1):
        for t in range(bounds[i], bounds[i + 1]):
            if slots[t] >= 0 and weights[t] > best[i, slots[t]]:
                best[i, slots[t]] = weights[t]
                at[i, slots[t]] = t


@jit
def _scores(
    rows: Ints, indptr: Ints, columns: NDArray[np.int32], impacts: NDArray[np.uint8], asked: Ints, out: Ints
) -> None:
    """out[i] = the sum of the impacts of the asked columns in row rows[i]; a column asked twice counts twice."""
    for i in range(len(rows)):
        low, high = indptr[rows[i]], indptr[rows[i] + 1]
        for column in asked:
            at = low + np.searchsorted(columns[low:high], column)
            if at < high and columns[at] == column:
                out[i] += impacts[at]


@dataclass(frozen=True, slots=True)
class Impacts:
    """Documents as what their terms are worth: row i holds columns[indptr[i]:indptr[i+1]], ascending, in 8 bits."""

    terms: NDArray[np.uint64]  # (v,) ascending
    indptr: Ints  # (n + 1,)
    columns: NDArray[np.int32]  # (nnz,)
    impacts: NDArray[np.uint8]  # (nnz,) 1..255
    scale: float  # impact * scale = weight

    @classmethod
    def of(cls, weights: Bags) -> Impacts:
        """From weights above zero, the greatest of which becomes 255; what would round to 0 stays 1."""
        top = float(weights.counts.max(initial=0.0)) or 1.0
        rows = np.repeat(np.arange(len(weights)), np.diff(weights.indptr))
        order = np.lexsort((weights.columns, rows))
        impacts = quantise_impacts(weights.counts[order], top)
        return cls(weights.terms, weights.indptr, weights.columns[order], impacts, top / IMPACT_LEVELS)

    def score(self, query: NDArray[np.uint64], rows: Ints) -> Floats:
        """What the words of a query (m,) are worth in some rows (c,), (c,). A word asked twice counts twice."""
        at = find_sorted(self.terms, query)
        sums = np.zeros(len(rows), np.int64)
        _scores(rows, self.indptr, self.columns, self.impacts, at[at >= 0], sums)
        return (sums * self.scale).astype(np.float32)


def places(bounds: Ints, rows: Ints) -> Ints:
    """The positions of all words of some texts."""
    lengths = np.diff(bounds)[rows]
    starts = np.cumsum(lengths) - lengths
    return np.asarray(np.arange(lengths.sum()) + np.repeat(bounds[rows] - starts, lengths), np.int64)


def rows_of(tokens: Tokens, rows: Ints) -> Tokens:
    """Some of the texts."""
    lengths = np.diff(tokens.bounds)[rows]
    return Tokens(tokens.terms[places(tokens.bounds, rows)], np.concatenate([[0], np.cumsum(lengths)]))


def without_stop_words(tokens: Tokens) -> Tokens:
    """The texts without words that say nothing."""
    kept = find_sorted(STOP_TERMS, tokens.terms) < 0
    return Tokens(tokens.terms[kept], np.concatenate([[0], np.cumsum(kept)])[tokens.bounds])
