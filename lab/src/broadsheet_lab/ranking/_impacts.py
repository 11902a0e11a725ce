"""Documents as what their terms are worth, in 8 bits, and what it takes to score them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import Bags, find_sorted
from broadsheet.kit.quantise import IMPACT_LEVELS, quantise_impacts
from broadsheet_lab.kit.jit import jit

__all__ = ["Impacts"]

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


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
