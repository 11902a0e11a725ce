"""Kernels over 8-bit codes of rotated vectors: the planes of a query, inner products, and the best rows of a list."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.native import kernel
from broadsheet.kit.signs import QUERY_BITS

__all__ = [
    "best_allowed",
    "best_rows",
    "floor_of",
    "inner_rows",
    "longest",
    "planes_for",
    "planes_of",
    "quantise_query",
]

_NOT_FINITE = -2  # return value of codes_best_allowed for such a query

_quantised = kernel("codes_quantised")
_planes_of = kernel("codes_planes_of")
_planes_for = kernel("codes_planes_for")
_inner_rows = kernel("codes_inner_rows")
_best_rows = kernel("codes_best_rows")
_longest = kernel("codes_longest")
_floor_of = kernel("codes_floor_of")
_best_allowed = kernel("codes_best_allowed")


def quantise_query(query: NDArray[np.float32]) -> tuple[NDArray[np.int16], float]:
    """Quantise the rotated query; returns (integer steps, (D,), the size of a step)."""
    steps = np.empty(len(query), np.int16)
    return steps, _quantised(query, len(query), steps)


def planes_of(query: NDArray[np.int16], planes: NDArray[np.uint64]) -> tuple[float, float]:
    """Fill the bit planes (4, D / 64) of the query in steps of 4 bits; returns (slope, standard deviation).

    The inner product with a unit vector is estimated as slope (15 D / 2 - cost), where cost is the number that
    `estimate` subtracts. The signs of a randomly rotated unit vector have the inner product sqrt(2 D / pi) with it; the
    error of the estimate has variance (pi / 2 - 1) / D times the query's squared length.
    """
    spread = np.empty(2)
    _planes_of(query, len(query), planes, spread)
    return float(spread[0]), float(spread[1])


def planes_for(query: NDArray[np.float32]) -> tuple[NDArray[np.uint64], float, float]:
    """(bit planes of the rotated query (4, D / 64), slope, standard deviation); see `planes_of`."""
    planes, spread = np.empty((QUERY_BITS, len(query) >> 6), np.uint64), np.empty(2)
    _planes_for(query, len(query), planes, spread, np.empty(len(query), np.int16))
    return planes, float(spread[0]), float(spread[1])


def inner_rows(
    codes: NDArray[np.int8],
    scales: NDArray[np.float32],
    query: NDArray[np.float32],
    rows: NDArray[np.int64],
    first: int,
    out: NDArray[np.float32],
) -> None:
    """out[i] = the inner product of the query (D,) with row rows[i], which is codes[rows[i] - first]."""
    _inner_rows(codes, scales, query, len(query), rows, len(rows), first, out)


def best_rows(
    codes: NDArray[np.int8],
    scales: NDArray[np.float32],
    query: NDArray[np.float32],
    rows: NDArray[np.int64],
    first: int,
    k: int,
) -> NDArray[np.int64]:
    """The keys, ascending, of the k of `rows` with the greatest inner products, rows numbered as for `inner_rows`."""
    keys, scores = np.empty(k, np.int64), np.empty(len(rows), np.float32)
    _best_rows(codes, scales, query, len(query), rows, len(rows), first, k, keys, scores)
    return keys


def longest(codes: NDArray[np.int8], scales: NDArray[np.float32], keys: NDArray[np.int64], first: int) -> float:
    """The length of the longest row among the rows of the keys. Row r is codes[r - first]."""
    return float(_longest(codes, scales, codes.shape[1], keys, len(keys), first))


def floor_of(worst: float, longest: float, slope: float, deviation: float, d: int) -> int:
    """The estimate (0..15 D, see `estimate`) below which a row is not better than `worst`: the paper's error bound.

    A row of length `longest` with the score `worst` has a lower estimate with a probability of 1 in 100.
    """
    return int(_floor_of(worst, longest, slope, deviation, d))


def best_allowed(
    codes: NDArray[np.int8],
    scales: NDArray[np.float32],
    query: NDArray[np.float32],
    signs: NDArray[np.float32],
    words: NDArray[np.uint64],
    most: int,
    k: int,
) -> tuple[bool, NDArray[np.int64], NDArray[np.float32]]:
    """(whether the mask has at most `most` rows, if so the k best of them, their scores), in one call.

    Raises ValueError on NaN or infinity in the query (d,).
    """
    d, k = len(signs), min(k, most)
    rotated, rows, scores = np.empty(2 * d, np.float32), np.empty(most, np.int64), np.empty(most, np.float32)
    keys, best, values = np.empty(k, np.int64), np.empty(k, np.int64), np.empty(k, np.float32)
    arguments = (codes, scales, query, len(query), signs, d, words, len(words), most, k)
    count = _best_allowed(*arguments, rotated, rows, scores, keys, best, values)
    if count == _NOT_FINITE:
        raise ValueError("the query is not finite")
    size = max(count, 0)
    return count >= 0, best[:size], values[:size]
