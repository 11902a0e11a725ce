"""Inverted lists of codes: which list a vector belongs to, and the best rows of the lists nearest to a query."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.native import kernel
from broadsheet.kit.signs import LEVELS, QUERY_BITS
from broadsheet.kit.unit import unit_rows

__all__ = ["assigned", "centres", "rescored", "searched"]

_AT_ONCE = 16_384  # vectors compared with centres together
_FLAT = 1024  # centroids up to which all are looked at
_GROUPS = 6  # of centroids looked at for a vector
_TURNS = 8
_EACH = 40  # vectors of the sample a list
_AGAIN = 2  # rows scored at 12 bits for every one asked for; also in native/lists.c

_rescored = kernel("lists_rescored")
_rows = kernel("lists_rows")
_searched = kernel("lists_searched")


def assigned(vectors: NDArray[np.float32], centroids: NDArray[np.float32]) -> NDArray[np.int32]:
    """The centroid (L, d) with the greatest inner product with each of vectors (n, d), (n,).

    Among thousands of centroids it is looked for in the few groups of centroids nearest to the vector.
    """
    found = np.empty(len(vectors), np.int32)
    groups = _grouped(centroids) if len(centroids) > _FLAT else None
    for start in range(0, len(vectors), _AT_ONCE):
        part = np.asarray(vectors[start : start + _AT_ONCE], np.float32)
        at = slice(start, start + len(part))
        found[at] = (part @ centroids.T).argmax(axis=1) if groups is None else _through(part, centroids, *groups)
    return found


def _grouped(centroids: NDArray[np.float32]) -> tuple[NDArray[np.float32], list[NDArray[np.int64]]]:
    """(centres of sqrt(L) groups of the centroids, the centroids of each)."""
    heads = centres(centroids, math.isqrt(len(centroids)), seed=0)
    labels = assigned(centroids, heads)
    return heads, [np.flatnonzero(labels == group) for group in range(len(heads))]


def _through(
    part: NDArray[np.float32],
    centroids: NDArray[np.float32],
    heads: NDArray[np.float32],
    members: list[NDArray[np.int64]],
) -> NDArray[np.int32]:
    """The best centroid of each vector's nearest groups."""
    near = np.argpartition(-(part @ heads.T), min(_GROUPS, len(heads) - 1), axis=1)[:, :_GROUPS]
    order = np.argsort(near, axis=None, kind="stable")
    bounds = np.searchsorted(near.ravel()[order], np.arange(len(heads) + 1))
    found, greatest = np.zeros(len(part), np.int32), np.full(len(part), -np.inf, np.float32)
    for group, own in enumerate(members):
        rows = order[bounds[group] : bounds[group + 1]] // near.shape[1]
        if len(rows) and len(own):
            scores = part[rows] @ centroids[own].T
            top = scores.argmax(axis=1)
            value = scores[np.arange(len(rows)), top]
            better = value > greatest[rows]
            found[rows[better]], greatest[rows[better]] = own[top[better]], value[better]
    return found


def centres(vectors: NDArray[np.float32], lists: int, *, seed: int) -> NDArray[np.float32]:
    """Spherical k-means of a sample: `lists` unit vectors (L, d). A centre that loses all moves to a vector drawn."""
    rng = np.random.default_rng(seed)
    n = len(vectors)
    rows = np.sort(rng.choice(n, min(n, _EACH * lists), replace=False))
    sample = unit_rows(np.asarray(vectors[rows], np.float32))
    found = sample[rng.choice(len(sample), lists, replace=False)]
    for _ in range(_TURNS):
        labels = assigned(sample, found)
        order = np.argsort(labels, kind="stable")
        counts = np.bincount(labels, minlength=lists)
        some = np.flatnonzero(counts)
        found = sample[rng.choice(len(sample), lists)]
        found[some] = np.add.reduceat(sample[order], (np.cumsum(counts) - counts)[some], axis=0)
        found = unit_rows(found)
    return np.asarray(found, np.float32)


def rescored(
    coded: tuple[NDArray[np.int8], NDArray[np.float32], NDArray[np.uint8]],
    query: NDArray[np.float32],
    estimates: NDArray[np.int32],
    places: NDArray[np.int64],
    limit: int,
    k: int,
    slope: float,
    deviation: float,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(places, scores): the k best by their codes of the `limit` best by estimate and of all that may be better."""
    codes, scales, fine = coded
    n, d = len(estimates), codes.shape[1]
    chosen, counts = np.empty(n + 1, np.int64), np.empty(LEVELS * d + 2, np.int64)
    keys, values = np.empty(min(_AGAIN * k, n), np.int64), np.empty(n, np.float32)
    found, best = np.empty(min(k, n), np.int64), np.empty(min(k, n), np.float32)
    given = (codes, scales, fine, fine.shape[1], query, d, estimates, places, n, limit, k, slope, deviation)
    size = _rescored(*given, chosen, counts, keys, values, found, best)
    return found[:size], best[:size]


def searched(
    coded: tuple[NDArray[np.uint64], NDArray[np.int8], NDArray[np.float32], NDArray[np.uint8]],
    order: NDArray[np.int32],
    starts: NDArray[np.int64],
    lists: NDArray[np.int64],
    query: NDArray[np.float32],
    words: NDArray[np.uint64],
    limit: int,
    k: int,
) -> tuple[NDArray[np.int64], NDArray[np.float32], int]:
    """(places, scores, how many were allowed): the k best by their codes of the `limit` best by estimate.

    Of the given lists, list i being the places starts[i] .. starts[i + 1] - 1; place p holds row order[p], and the
    mask is over rows, or without words. `coded` are bits, codes, scales and fine codes; the query is rotated, (D,).
    """
    bits, codes, scales, fine = coded
    d, n = codes.shape[1], _rows(starts, lists, len(lists))
    allowed, planes, steps = np.empty(1, np.int64), np.empty((QUERY_BITS, d >> 6), np.uint64), np.empty(d, np.int16)
    estimates, values = np.empty(n, np.int32), np.empty(n, np.float32)
    places = np.empty(3 * n + LEVELS * d + 3, np.int64)
    found, best = np.empty(min(k, n), np.int64), np.empty(min(k, n), np.float32)
    given = (bits, codes, scales, fine, fine.shape[1], query, d, order, starts, lists, len(lists), words, len(words))
    size = _searched(*given, n, limit, k, allowed, planes, steps, estimates, places, values, found, best)
    return found[:size], best[:size], int(allowed[0])
