"""Vectors scaled to unit length, and gradients through that."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["row_lengths", "through_unit", "unit_rows"]

_LEAST = 1e-12  # a length; shorter vectors count as zeros


def row_lengths(x: NDArray[np.floating[Any]]) -> NDArray[Any]:
    """The lengths of vectors x (..., d), at least 1e-12, (..., 1)."""
    return np.asarray(np.maximum(np.sqrt((x * x).sum(axis=-1, keepdims=True)), _LEAST))


def unit_rows(x: NDArray[np.floating[Any]]) -> NDArray[Any]:
    """Vectors (..., d) divided by their lengths, of the type of x; zeros stay zeros."""
    return np.asarray(x / row_lengths(x))


def through_unit(gradient: NDArray[Any], units: NDArray[Any], lengths: NDArray[Any]) -> NDArray[Any]:
    """The gradient at x (n, d), given that at units = unit_rows(x) and lengths = row_lengths(x).

    Its component along x is removed, as it does not change the unit vector.
    """
    return np.asarray((gradient - units * np.einsum("nd,nd->n", gradient, units)[:, None]) / lengths)
