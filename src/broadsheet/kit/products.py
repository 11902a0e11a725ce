"""Products with a matrix for codes that are kept: a row's is the same whoever it is multiplied with, on any processor.

Matrix libraries add up in an order that goes by the number of rows, the processor and the threads, and a code that
depends on the last bit of a sum would too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.native import kernel

__all__ = ["by_rows"]

_by_rows = kernel("products_by_rows")


def by_rows(x: NDArray[np.float32], matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """x (n, d) times a matrix (d, m), (n, m), each sum in order. Raises ValueError if the shapes do not fit."""
    (n, d), (own, m) = x.shape, matrix.shape
    if d != own:
        raise ValueError(f"rows of {d} numbers cannot be multiplied with a matrix of {own} rows")
    out = np.empty((n, m), np.float32)
    _by_rows(np.ascontiguousarray(x, np.float32), n, d, np.ascontiguousarray(matrix, np.float32), m, out)
    return out
