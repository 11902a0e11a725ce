"""Numbers in 8 bits: rows of either sign with a scale each, and weights above zero with one scale."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["IMPACT_LEVELS", "quantise_impacts", "quantise_rows", "row_steps"]

IMPACT_LEVELS = 255  # the greatest impact
_STEPS = 127  # to the component of a row that is farthest from zero
_LEAST_PEAK = 1e-36  # of a row that is not taken for zeros: 127 over less is no 32-bit number


def row_steps(x: NDArray[np.floating[Any]], peaks: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Rows (n, d) as whole numbers -127..127, still floats, (n, d): how many 127ths of the row's peak (n,) each is."""
    return np.rint(x * (_STEPS / np.where(peaks > _LEAST_PEAK, peaks, 1))[:, None]).astype(np.float32, copy=False)


def quantise_rows(x: NDArray[np.floating[Any]]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Rows (n, d) as 8-bit codes (n, d) and the scale of each row (n,): x is about codes * scales[:, None].

    Zeros have the scale 0.
    """
    peaks = np.abs(x).max(axis=1, initial=0.0)
    return row_steps(x, peaks).astype(np.int8), (peaks / _STEPS).astype(np.float32)


def quantise_impacts(weights: NDArray[np.floating[Any]], top: float) -> NDArray[np.uint8]:
    """Weights in 0..top as 1..255; impact * top / 255 is about the weight. What would round to 0 stays 1."""
    return np.asarray(np.clip(np.rint(weights * (IMPACT_LEVELS / top)), 1, IMPACT_LEVELS), np.uint8)
