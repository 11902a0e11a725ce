"""The best rows so far as ascending keys: one 64-bit number a row that sorts by score and then by row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.jit import jit

__all__ = ["EMPTY", "best_of", "key_of", "opened", "put", "row_of", "score_of"]

EMPTY = np.int64(-(2**63) + 1)  # a place without a row: below any key, its lowest bit set
_LAST = 2**31 - 1  # rows are kept as their distance from it, so that of equal scores the lower row is the better


@jit
def key_of(score: np.float32, row: int) -> np.int64:
    """The key of a row; its lowest bit is free."""
    bits = np.int64(np.float32(score).view(np.int32))
    return ((bits ^ ((bits >> 31) & _LAST)) << 32) | ((_LAST - row) << 1)


@jit
def row_of(key: np.int64) -> np.int64:
    """The row of a key."""
    return np.int64(_LAST) - ((key & 0xFFFFFFFF) >> 1)


@jit
def score_of(key: np.int64) -> np.float32:
    """The score of a key."""
    bits = key >> 32
    return np.int32(bits ^ ((bits >> 31) & _LAST)).view(np.float32)


@jit
def put(keys: NDArray[np.int64], key: np.int64) -> int:
    """Put a key greater than the least into ascending keys, which goes; the place it took.

    A search by halves and a move of what is worse.
    """
    low, size = 0, len(keys)
    while size > 1:
        half = size >> 1
        low += half * (keys[low + half - 1] < key)
        size -= half
    at = low + (keys[low] < key) - 1
    for j in range(at):
        keys[j] = keys[j + 1]
    keys[at] = key
    return int(at)


@jit
def best_of(scores: NDArray[np.float32], rows: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """The keys, ascending, of the k of `rows` with the greatest scores.

    Unlike `put` it does not look for the place of a key: every place takes, of its key, the one above it and the new
    one, that in the middle, which is a loop without a branch.
    """
    keys = np.full(k, EMPTY, np.int64)
    for i in range(len(rows)):
        key = key_of(scores[i], rows[i])
        if key > keys[0]:
            for j in range(k - 1):
                keys[j] = min(keys[j + 1], max(keys[j], key))
            keys[k - 1] = max(keys[k - 1], key)
    return keys


@jit
def opened(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(rows, scores) of ascending keys, best first."""
    size = len(keys)
    while size and keys[len(keys) - size] == EMPTY:
        size -= 1
    rows, scores = np.empty(size, np.int64), np.empty(size, np.float32)
    for i in range(size):
        rows[i], scores[i] = row_of(keys[len(keys) - 1 - i]), score_of(keys[len(keys) - 1 - i])
    return rows, scores
