"""Four bits more a component than 8-bit codes, by which only the best rows of a search are told apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes._codes import inner_rows
from broadsheet.indexes._keys import best_of, opened
from broadsheet.indexes._rotation import turned_back
from broadsheet.indexes.contract import Arrays
from broadsheet.indexes.scan import CodeBlock
from broadsheet.kit.jit import jit, jit_reordering

__all__ = ["MORE", "fine_of", "finest", "inner_of", "refined", "vectors_of"]

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
def _fine_scores(
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


def inner_of(
    coded: CodeBlock, fine: NDArray[np.uint8], rotated: NDArray[np.float32], rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    """The inner product of a rotated query (D,) with each of the rows, aligned; at 8 bits if `fine` has none more."""
    if not fine.shape[1]:
        return coded.inner(rotated, rows)
    out = np.empty(len(rows), np.float32)
    _fine_scores(coded.codes, fine, coded.scales, rotated, rows, out)
    return out


def vectors_of(coded: CodeBlock, fine: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """The given vectors, decoded and turned back, (m, d); from 8 bits a component if `fine` has none more."""
    if not fine.shape[1]:
        return coded.vectors(rows)
    more = fine[rows]
    sixteenths = np.concatenate([more & np.uint8(15), more >> np.uint8(4)], axis=1)
    steps = coded.codes[rows] + (sixteenths.astype(np.float32) - np.float32(7.5)) / np.float32(16)
    return turned_back(np.asarray(steps * coded.scales[rows, None], np.float32), coded.dimensions)


def fine_of(arrays: Arrays, coded: CodeBlock) -> NDArray[np.uint8]:
    """The bits kept beside these codes, (n, D / 2), or (n, 0). Raises ValueError if they do not fit."""
    n, size = coded.codes.shape
    fine = arrays.get("fine", np.empty((n, 0), np.uint8))  # files made before there were any have none
    if fine.shape not in ((n, 0), (n, size // 2)):
        raise ValueError(f"{n} codes of {size} components and fine codes {fine.shape} differ")
    return fine


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
        _fine_scores(codes, fine, scales, rotated, rows, scores)
    else:
        inner_rows(codes, scales, rotated, rows, 0, scores)
    return opened(best_of(scores, rows, min(k, len(rows))))
