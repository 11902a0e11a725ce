"""The best rows so far as ascending keys: one 64-bit number per row that sorts by score, then by row.

native/keys.h defines the keys.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.native import kernel

__all__ = ["EMPTY", "best_of", "decode_keys"]

EMPTY = np.int64(-(2**63) + 1)  # a place without a row: below any key, its lowest bit set; also in native/keys.h

_best_of = kernel("keys_best_of")
_opened = kernel("keys_opened")


def best_of(scores: NDArray[np.float32], rows: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """The keys, ascending, of the k of `rows` with the greatest scores."""
    keys = np.empty(k, np.int64)
    _best_of(scores, rows, len(rows), k, keys)
    return keys


def decode_keys(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(rows, scores) of ascending keys, best first."""
    rows, scores = np.empty(len(keys), np.int64), np.empty(len(keys), np.float32)
    size = _opened(keys, len(keys), rows, scores)
    return rows[:size], scores[:size]
