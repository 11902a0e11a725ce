"""Products with a matrix for codes that are kept: a row's is the same whoever it is multiplied with, on any processor.

Matrix libraries add up in an order that goes by the number of rows, the processor and the threads, and a code that
depends on the last bit of a sum would too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.kit.jit import jit

__all__ = ["by_rows"]


def by_rows(x: NDArray[Any], matrix: NDArray[Any]) -> NDArray[Any]:
    """x (n, d) times a matrix (d, m), (n, m), each sum in order; of doubles if either is.

    Raises ValueError if the shapes do not fit.
    """
    (n, d), (own, m) = x.shape, matrix.shape
    if d != own:
        raise ValueError(f"rows of {d} numbers cannot be multiplied with a matrix of {own} rows")
    kind = np.float64 if np.float64 in (x.dtype, matrix.dtype) else np.float32
    out = np.zeros((n, m), kind)
    _add_products(np.ascontiguousarray(x, kind), np.ascontiguousarray(matrix, kind), out)
    return out


@jit
def _add_products(x: NDArray[Any], matrix: NDArray[Any], out: NDArray[Any]) -> None:
    """Adds x times the matrix to `out`; an element is added up in the order of the matrix's rows."""
    for i in range(len(x)):
        row = out[i]
        for j in range(len(matrix)):
            value, line = x[i, j], matrix[j]
            for c in range(len(line)):
                row[c] += value * line[c]
