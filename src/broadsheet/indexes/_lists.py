"""Inverted lists of codes: the best rows of the lists nearest to a query."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.native import kernel
from broadsheet.kit.signs import LEVELS, QUERY_BITS

__all__ = ["rescore", "search_lists"]

_AGAIN = 2  # rows scored at 12 bits per result; also in native/lists.c

_rescored = kernel("lists_rescored")
_rows = kernel("lists_rows")
_searched = kernel("lists_searched")


def rescore(
    arrays: tuple[NDArray[np.int8], NDArray[np.float32], NDArray[np.uint8]],
    query: NDArray[np.float32],
    estimates: NDArray[np.int32],
    places: NDArray[np.int64],
    limit: int,
    k: int,
    slope: float,
    deviation: float,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(places, scores): the k best by codes among the `limit` best by estimate and all rows within the error bound."""
    codes, scales, fine = arrays
    n, d = len(estimates), codes.shape[1]
    short_list, counts = np.empty(n + 1, np.int64), np.empty(LEVELS * d + 2, np.int64)
    keys, values = np.empty(min(_AGAIN * k, n), np.int64), np.empty(n, np.float32)
    best_places, best_scores = np.empty(min(k, n), np.int64), np.empty(min(k, n), np.float32)
    arguments = (codes, scales, fine, fine.shape[1], query, d, estimates, places, n, limit, k, slope, deviation)
    size = _rescored(*arguments, short_list, counts, keys, values, best_places, best_scores)
    return best_places[:size], best_scores[:size]


def search_lists(
    arrays: tuple[NDArray[np.uint64], NDArray[np.int8], NDArray[np.float32], NDArray[np.uint8]],
    order: NDArray[np.int32],
    starts: NDArray[np.int64],
    lists: NDArray[np.int64],
    query: NDArray[np.float32],
    words: NDArray[np.uint64],
    limit: int,
    k: int,
) -> tuple[NDArray[np.int64], NDArray[np.float32], int]:
    """(places, scores, number of allowed rows): the k best by codes among the `limit` best by estimate in the lists.

    List i has the places starts[i] .. starts[i + 1] - 1, and place p has row order[p]. The mask `words` is over rows;
    empty, it allows all. `arrays` are bits, codes, scales and fine codes; the query is rotated, (D,).
    """
    bits, codes, scales, fine = arrays
    d, n = codes.shape[1], _rows(starts, lists, len(lists))
    n_allowed, planes, steps = np.empty(1, np.int64), np.empty((QUERY_BITS, d >> 6), np.uint64), np.empty(d, np.int16)
    estimates, values = np.empty(n, np.int32), np.empty(n, np.float32)
    places = np.empty(3 * n + LEVELS * d + 3, np.int64)
    best_places, best_scores = np.empty(min(k, n), np.int64), np.empty(min(k, n), np.float32)
    args = (bits, codes, scales, fine, fine.shape[1], query, d, order, starts, lists, len(lists), words, len(words))
    size = _searched(*args, n, limit, k, n_allowed, planes, steps, estimates, places, values, best_places, best_scores)
    return best_places[:size], best_scores[:size], int(n_allowed[0])
