"""Four bits more a component than 8-bit codes, by which only the best rows of a search are told apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes._codes import inner_rows
from broadsheet.indexes._keys import best_of, opened
from broadsheet.kit.jit import jit, jit_reordering

__all__ = ["MORE", "decoded", "fine_scores", "finest", "refined"]

MORE = 20  # rows beyond twice those asked for that are scored at 12 bits


@jit
def refined(codes: NDArray[np.int8], components: NDArray[np.float32], steps: NDArray[np.float32]) -> NDArray[np.uint8]:
    """4 bits more a component, (n, D / 2): which sixteenth of its step each of `components` (n, D) lies in.

    Byte j holds component j in its low bits and component j + D / 2 in its high ones.
    """
    n, half = len(codes), codes.shape[1] // 2
    out = np.empty((n, half), np.uint8)
    for i in range(n):
        for j in range(half):
            low = np.floor((components[i, j] / steps[i] - codes[i, j] + 0.5) * 16)
            high = np.floor((components[i, j + half] / steps[i] - codes[i, j + half] + 0.5) * 16)
            out[i, j] = np.uint8(min(max(low, 0), 15)) | (np.uint8(min(max(high, 0), 15)) << np.uint8(4))
    return out


@jit_reordering
def fine_scores(
    codes: NDArray[np.int8],
    fine: NDArray[np.uint8],
    scales: NDArray[np.float32],
    query: NDArray[np.float32],
    rows: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    """out[i] = the inner product of the rotated query (D,) with row rows[i] at 12 bits a component."""
    half = len(query) // 2
    first, second = query[:half], query[half:]
    middle = np.float32(0)
    for value in query:
        middle += value
    for i in range(len(rows)):
        row = codes[rows[i]]
        more = fine[rows[i]]
        low, high = row[:half], row[half:]
        total = np.float32(0)
        for j in range(half):
            total += np.float32(np.int32(low[j]) * 16 + np.int32(more[j] & np.uint8(15))) * first[j]
            total += np.float32(np.int32(high[j]) * 16 + np.int32(more[j] >> np.uint8(4))) * second[j]
        out[i] = (total / 16 - middle * np.float32(15 / 32)) * scales[rows[i]]


def decoded(codes: NDArray[np.int8], fine: NDArray[np.uint8], scales: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rotated vectors (n, D) at 12 bits a component."""
    sixteenths = np.concatenate([fine & np.uint8(15), fine >> np.uint8(4)], axis=1)
    steps = codes + (sixteenths.astype(np.float32) - np.float32(7.5)) / np.float32(16)
    return np.asarray(steps * scales[:, None], np.float32)


@jit
def finest(
    coded: tuple[NDArray[np.int8], NDArray[np.float32], NDArray[np.uint8]],
    rotated: NDArray[np.float32],
    rows: NDArray[np.int64],
    k: int,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(rows, scores): the k best of the rows for a rotated query (D,), best first; at 8 bits if none more are kept."""
    codes, scales, fine = coded
    scores = np.empty(len(rows), np.float32)
    if fine.shape[1]:
        fine_scores(codes, fine, scales, rotated, rows, scores)
    else:
        inner_rows(codes, scales, rotated, rows, 0, scores)
    return opened(best_of(scores, rows, min(k, len(rows))))
