"""Products with a matrix for codes that are kept: a row's is the same whoever it is multiplied with, on any processor.

Matrix libraries add up in an order that goes by the number of rows, the processor and the threads, and a code that
depends on the last bit of a sum would too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.native import kernel

__all__ = ["by_rows"]

_by_rows = {np.float32: kernel("products_by_rows"), np.float64: kernel("products_by_rows_of_doubles")}


def by_rows(x: NDArray[Any], matrix: NDArray[Any]) -> NDArray[Any]:
    """x (n, d) times a matrix (d, m), (n, m), each sum in order; of doubles if either is.

    Raises ValueError if the shapes do not fit.
    """
    (n, d), (own, m) = x.shape, matrix.shape
    if d != own:
        raise ValueError(f"rows of {d} numbers cannot be multiplied with a matrix of {own} rows")
    kind = np.float64 if np.float64 in (x.dtype, matrix.dtype) else np.float32
    out = np.empty((n, m), kind)
    _by_rows[kind](np.ascontiguousarray(x, kind), n, d, np.ascontiguousarray(matrix, kind), m, out)
    return out
