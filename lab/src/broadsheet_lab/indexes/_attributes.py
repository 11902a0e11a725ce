"""Attributes as quantised columns: a filter is decided cell by cell, and only rows of undecided cells are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.mask import Mask
from broadsheet_lab.indexes._osq import cell_edges

__all__ = ["Attributes", "Range"]

_CELLS = 256


@dataclass(frozen=True, slots=True)
class Range:
    """low <= the attribute <= high; equal ends ask for one value, infinite ones leave a side open."""

    attribute: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Attributes:
    """The attributes of n rows: as they came, and one byte each that names a cell of that attribute."""

    values: NDArray[np.float64]  # (n, a); NaN lies in no range
    codes: NDArray[np.uint8]  # (n, a)
    lows: NDArray[np.float64]  # (a, 256) least value in each cell, +inf where it is empty
    highs: NDArray[np.float64]  # (a, 256) greatest, -inf where it is empty

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> Attributes:
        """From (n, a) numbers; an attribute of at most 255 distinct values gets a cell for each (categories).

        Raises ValueError on infinity, naming row and attribute.
        """
        n, a = values.shape
        if np.isinf(values).any():
            row, j = np.argwhere(np.isinf(values))[0].tolist()
            raise ValueError(f"attribute {j} of row {row} is infinite; leave it out as NaN")
        codes = np.zeros((n, a), np.uint8)
        lows, highs = np.full((a, _CELLS), np.inf), np.full((a, _CELLS), -np.inf)
        for j in range(a):
            column = values[:, j]
            known = ~np.isnan(column)
            distinct = np.unique(column[known])
            if len(distinct) < _CELLS:
                inner = distinct
            else:  # standardised, so that the margins and the tolerance of the cells mean the same everywhere
                centre, scale = distinct.mean(), distinct.std()
                inner = cell_edges(((column[known] - centre) / scale).astype(np.float32), _CELLS - 1)[1:-1]
                inner = np.concatenate([[-np.inf], inner.astype(np.float64) * scale + centre])
            codes[known, j] = np.searchsorted(inner, column[known], side="right")  # from 1; cell 0 is for NaN
            np.minimum.at(lows[j], codes[known, j], column[known])
            np.maximum.at(highs[j], codes[known, j], column[known])
        return cls(values, codes, lows, highs)

    def candidates(self, ranges: Sequence[Range]) -> NDArray[np.bool_]:
        """Rows whose cells may satisfy every range, (n,): none that does is missing."""
        flags = np.ones(len(self.values), np.bool_)
        for r in ranges:
            low, high = self.lows[r.attribute], self.highs[r.attribute]
            possible = (low <= r.high) & (high >= r.low) & (low <= high)  # (256,), the paper's R; no empty cell
            flags &= possible[self.codes[:, r.attribute]]
        return flags

    def allowed(self, ranges: Sequence[Range]) -> Mask:
        """Exactly the rows that satisfy every range; values are read only where a cell is cut by a bound."""
        flags = self.candidates(ranges)
        for r in ranges:
            low, high = self.lows[r.attribute], self.highs[r.attribute]
            cut = ((low < r.low) | (high > r.high))[self.codes[:, r.attribute]]
            rows = np.flatnonzero(flags & cut)
            column = self.values[rows, r.attribute]
            flags[rows] = (column >= r.low) & (column <= r.high)
        return Mask.of(flags)
