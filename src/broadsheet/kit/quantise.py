"""Quantises numbers to 8 bits: signed rows with one scale per row, and positive weights with one scale for all."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["IMPACT_LEVELS", "quantise_impacts", "quantise_rows", "row_steps"]

IMPACT_LEVELS = 255  # the greatest impact
_STEPS = 127  # the code of the component with the greatest absolute value
_LEAST_PEAK = 1e-36  # smaller rows count as zeros: 127 divided by less overflows 32 bits


def row_steps(x: NDArray[np.floating[Any]], peaks: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Rows (n, d) in 127ths of the row's peak (n,), rounded to whole numbers -127..127 but still floats, (n, d)."""
    return np.rint(x * (_STEPS / np.where(peaks > _LEAST_PEAK, peaks, 1))[:, None]).astype(np.float32, copy=False)


def quantise_rows(x: NDArray[np.floating[Any]]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Rows (n, d) as 8-bit codes (n, d) and the scale of each row (n,): x is about codes * scales[:, None].

    Zeros have the scale 0.
    """
    peaks = np.abs(x).max(axis=1, initial=0.0)
    return row_steps(x, peaks).astype(np.int8), (peaks / _STEPS).astype(np.float32)


def quantise_impacts(weights: NDArray[np.floating[Any]], top: float) -> NDArray[np.uint8]:
    """Weights in 0..top as 1..255; impact * top / 255 is about the weight. A weight that would round to 0 becomes 1."""
    return np.asarray(np.clip(np.rint(weights * (IMPACT_LEVELS / top)), 1, IMPACT_LEVELS), np.uint8)
