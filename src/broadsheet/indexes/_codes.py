"""Kernels over 8-bit codes of rotated vectors: the rotation of a query, inner products, and the best rows of a list.

The best so far are kept as ascending keys, one 64-bit number a row that sorts by score and then by row: to put one in
is a search by halves and a move of what is worse.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes._rotation import turned_query
from broadsheet.indexes._signs import LEVELS, QUERY_BITS
from broadsheet.kit.jit import jit, jit_reordering, popcount, prefetch

__all__ = [
    "EMPTY",
    "PEAK",
    "best_allowed",
    "best_rows",
    "fetched",
    "few",
    "fine_scores",
    "floor_of",
    "inner",
    "key_of",
    "opened",
    "planes_for",
    "planes_of",
    "put",
    "quantised",
    "refined",
    "row_of",
    "score_of",
]

PEAK = 8191  # of a quantised query's components: 2048 products with 8-bit codes still fit 32 bits
EMPTY = np.int64(-(2**63) + 1)  # a place without a row: below any key, its lowest bit set
_LAST = 2**31 - 1  # rows are kept as their distance from it, so that of equal scores the lower row is the better
_LINE = 64  # bytes that come from memory at once
_SURE = 2.25  # standard deviations by which a row's estimate may fall short before it is not scored
_AHEAD = 4  # rows asked for from memory before they are needed


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
    """Put a key greater than the least into ascending keys, which goes; the place it took."""
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


@jit
def few(words: NDArray[np.uint64], most: int) -> tuple[int, NDArray[np.int64]]:
    """(how many rows a mask holds, the rows, ascending, if they are no more than `most`)."""
    count = np.uint64(0)
    for word in words:
        count += popcount(word)
    rows = np.empty(np.int64(count) if count <= most else 0, np.int64)
    at = 0
    for w in range(len(words) if len(rows) else 0):
        word = words[w]
        while word:
            rest = word & (word - np.uint64(1))
            rows[at] = 64 * w + np.int64(popcount((word ^ rest) - np.uint64(1)))
            at += 1
            word = rest
    return int(np.int64(count)), rows


@jit_reordering
def _exact(codes: NDArray[np.int8], start: int, query: NDArray[np.float32]) -> np.float32:
    row = codes[start : start + len(query)]
    total = np.float32(0)
    for j in range(len(query)):
        total += np.float32(row[j]) * query[j]
    return total


@jit_reordering
def _square(codes: NDArray[np.int8], start: int, width: int) -> np.float32:
    row = codes[start : start + width]
    total = np.float32(0)
    for j in range(width):
        total += np.float32(row[j]) * np.float32(row[j])
    return total


@jit
def best_rows(
    codes: NDArray[np.int8],
    scales: NDArray[np.float32],
    query: NDArray[np.float32],
    rows: NDArray[np.int64],
    first: int,
    k: int,
) -> tuple[NDArray[np.int64], float]:
    """(keys, ascending, of the k of `rows` with the greatest inner products, the length of the longest of them).

    Row r is codes[r - first].
    """
    d = codes.shape[1]
    flat = codes.reshape(-1)
    steps, step = quantised(query)
    keys = np.full(k, EMPTY, np.int64)
    for i in range(min(_AHEAD, len(rows))):
        fetched(flat, (rows[i] - first) * d, d)
    for i in range(len(rows)):
        if i + _AHEAD < len(rows):
            fetched(flat, (rows[i + _AHEAD] - first) * d, d)
        row = rows[i] - first
        key = key_of(np.float32(inner(flat, row * d, steps)) * (np.float32(step) * scales[row]), rows[i])
        if key > keys[0]:
            put(keys, key)
    longest = 0.0
    for i in range(k):  # again with the query as it is
        row = row_of(keys[i]) - first
        if keys[i] != EMPTY:
            keys[i] = key_of(_exact(flat, row * d, query) * scales[row], int(row + first))
            longest = max(longest, scales[row] * np.sqrt(_square(flat, row * d, d)))
    keys.sort()
    return keys, longest


@jit
def floor_of(worst: float, longest: float, slope: float, deviation: float, d: int) -> int:
    """The estimate (of `estimate`, 0..15 D) below which a row is surely not better than `worst`: the paper's bound.

    A row as long as `longest` that has the score `worst` is estimated lower than this with a chance of 1 in 100.
    """
    if longest <= 0:
        return 0
    return int(np.int64(np.floor((worst / longest - _SURE * deviation) / slope + LEVELS * d / 2)))


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
    count, rows = few(words, most)
    if count > len(rows):
        return False, rows, np.empty(0, np.float32)
    found = opened(best_rows(codes, scales, turned_query(query, signs), rows, 0, min(k, count))[0])
    return True, found[0], found[1]


@jit
def planes_for(query: NDArray[np.float32]) -> tuple[NDArray[np.uint64], float, float]:
    """(bit planes of the rotated query (4, D / 64), slope, deviation), the latter as `planes_of` but for the query."""
    steps, step = quantised(query)
    planes = np.empty((QUERY_BITS, len(query) >> 6), np.uint64)
    slope, deviation = planes_of(steps, planes)
    return planes, slope * step, deviation * step


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
