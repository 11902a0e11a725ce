"""Kernels over 8-bit codes of rotated vectors: the rotation of a query, inner products, and the best rows of a list."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes._keys import EMPTY, best_of, opened, row_of
from broadsheet.indexes._rotation import turned_query
from broadsheet.indexes._signs import LEVELS, QUERY_BITS, few
from broadsheet.kit.jit import jit, jit_reordering, prefetch

__all__ = [
    "PEAK",
    "best_allowed",
    "best_rows",
    "fetched",
    "floor_of",
    "inner",
    "inner_rows",
    "longest",
    "planes_for",
    "planes_of",
    "quantised",
]

PEAK = 8191  # of a quantised query's components: 2048 products with 8-bit codes still fit 32 bits
_AHEAD = 8  # rows asked for from memory before they are needed
_LINE = 64  # bytes that come from memory at once
_SURE = 2.25  # standard deviations by which a row's estimate may fall short before it is not scored


@jit
def quantised(query: NDArray[np.float32]) -> tuple[NDArray[np.int16], float]:
    """(whole steps of the rotated query, (D,), the step)."""
    peak = np.float32(1e-30)
    for value in query:
        peak = max(peak, abs(value))
    steps = np.empty(len(query), np.int16)
    for j in range(len(query)):
        steps[j] = np.int16(np.rint(query[j] * (np.float32(PEAK) / peak)))
    return steps, float(peak / PEAK)


@jit
def planes_of(query: NDArray[np.int16], planes: NDArray[np.uint64]) -> tuple[float, float]:
    """Fill the bit planes (4, D / 64) of the query in steps of 4 bits; (slope, one standard deviation).

    The inner product with a unit vector is estimated as slope (15 D / 2 - cost), cost being what `estimate` subtracts:
    the signs of a random rotation of it have the inner product sqrt(2 D / pi) with it, and what a query has in common
    with them beyond that is noise of variance (pi / 2 - 1) / D times the query's squared length.
    """
    d = len(query)
    peak, squares = 1.0, 0.0
    for j in range(d):
        peak = max(peak, abs(float(query[j])))
        squares += float(query[j]) * float(query[j])
    planes[:] = 0
    for j in range(d):
        step = np.uint64(np.rint((query[j] / peak + 1) * (LEVELS / 2)))
        for b in range(QUERY_BITS):
            planes[b, j >> 6] |= ((step >> np.uint64(b)) & np.uint64(1)) << np.uint64(j & 63)
    return peak * 2 / LEVELS * np.sqrt(np.pi / 2 / d), np.sqrt((np.pi / 2 - 1) / d * squares)


@jit
def inner(codes: NDArray[np.int8], start: int, query: NDArray[np.int16]) -> np.int32:
    """The inner product of the query (D,) with the row that begins at codes[start]."""
    row = codes[start : start + len(query)]
    total = np.int32(0)
    for j in range(len(query)):
        total = np.int32(total + np.int32(row[j]) * np.int32(query[j]))
    return total


@jit
def fetched(codes: NDArray[np.int8], start: int, width: int) -> None:
    """Ask memory for codes[start : start + width]."""
    for line in range(width // _LINE):
        prefetch(codes, start + line * _LINE)


@jit_reordering
def _square(codes: NDArray[np.int8], start: int, width: int) -> np.float32:
    row = codes[start : start + width]
    total = np.float32(0)
    for j in range(width):
        total += np.float32(row[j]) * np.float32(row[j])
    return total


@jit_reordering
def inner_rows(
    codes: NDArray[np.int8],
    scales: NDArray[np.float32],
    query: NDArray[np.float32],
    rows: NDArray[np.int64],
    first: int,
    out: NDArray[np.float32],
) -> None:
    """out[i] = the inner product of the query (D,) with row rows[i], which is codes[rows[i] - first].

    Four at a time: what is read of the query is read once for all of them.
    """
    d = codes.shape[1]
    flat = codes.reshape(-1)
    fours = len(rows) - len(rows) % 4
    for row in rows[:_AHEAD]:
        fetched(flat, (row - first) * d, d)
    for i in range(0, fours, 4):
        for ahead in rows[i + _AHEAD : i + _AHEAD + 4]:
            fetched(flat, (ahead - first) * d, d)
        a, b, c, e = rows[i] - first, rows[i + 1] - first, rows[i + 2] - first, rows[i + 3] - first
        row_a, row_b, row_c, row_e = codes[a], codes[b], codes[c], codes[e]
        sum_a, sum_b, sum_c, sum_e = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
        for j in range(d):
            value = query[j]
            sum_a += np.float32(row_a[j]) * value
            sum_b += np.float32(row_b[j]) * value
            sum_c += np.float32(row_c[j]) * value
            sum_e += np.float32(row_e[j]) * value
        out[i], out[i + 1] = sum_a * scales[a], sum_b * scales[b]
        out[i + 2], out[i + 3] = sum_c * scales[c], sum_e * scales[e]
    for i in range(fours, len(rows)):
        a = rows[i] - first
        row_a, sum_a = codes[a], np.float32(0)
        for j in range(d):
            sum_a += np.float32(row_a[j]) * query[j]
        out[i] = sum_a * scales[a]


@jit
def best_rows(
    codes: NDArray[np.int8],
    scales: NDArray[np.float32],
    query: NDArray[np.float32],
    rows: NDArray[np.int64],
    first: int,
    k: int,
) -> NDArray[np.int64]:
    """The keys, ascending, of the k of `rows` with the greatest inner products, rows numbered as for `inner_rows`."""
    scores = np.empty(len(rows), np.float32)
    inner_rows(codes, scales, query, rows, first, scores)
    return best_of(scores, rows, k)


@jit
def longest(codes: NDArray[np.int8], scales: NDArray[np.float32], keys: NDArray[np.int64], first: int) -> float:
    """The length of the longest of the rows that keys stand for. Row r is codes[r - first]."""
    d = codes.shape[1]
    flat = codes.reshape(-1)
    length = 0.0
    for key in keys:
        if key != EMPTY:
            row = row_of(key) - first
            length = max(length, scales[row] * np.sqrt(_square(flat, row * d, d)))
    return length


@jit
def floor_of(worst: float, longest: float, slope: float, deviation: float, d: int) -> int:
    """The estimate (of `estimate`, 0..15 D) below which a row is surely not better than `worst`: the paper's bound.

    A row as long as `longest` that has the score `worst` is estimated lower than this with a chance of 1 in 100.
    """
    if longest <= 0:
        return 0
    return int(np.int64(np.floor((worst / longest - _SURE * deviation) / slope + LEVELS * d / 2)))


@jit
def best_allowed(
    codes: NDArray[np.int8],
    scales: NDArray[np.float32],
    query: NDArray[np.float32],
    signs: NDArray[np.float32],
    words: NDArray[np.uint64],
    most: int,
    k: int,
) -> tuple[bool, NDArray[np.int64], NDArray[np.float32]]:
    """(whether the mask holds no more than `most` rows, if so the k best of them, their scores): one call in all."""
    rotated = turned_query(query, signs)
    count, rows = few(words, most)
    if count > len(rows):
        return False, rows, np.empty(0, np.float32)
    found = opened(best_rows(codes, scales, rotated, rows, 0, min(k, count)))
    return True, found[0], found[1]


@jit
def planes_for(query: NDArray[np.float32]) -> tuple[NDArray[np.uint64], float, float]:
    """(bit planes of the rotated query (4, D / 64), slope, deviation), the latter as `planes_of` but for the query."""
    steps, step = quantised(query)
    planes = np.empty((QUERY_BITS, len(query) >> 6), np.uint64)
    slope, deviation = planes_of(steps, planes)
    return planes, slope * step, deviation * step
