"""The nearest papers of many papers at once, by lists of vectors that are near each other.

Every query is compared with the vectors of the lists nearest to it, list by list in one matrix product each: for all
papers at once that is much quicker than one search a paper.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.kmeans import nearest_centres, spherical_kmeans

__all__ = ["neighbours"]

PROBES = 8  # lists that a query is compared with
EXACT = 4096  # up to so many vectors are compared with all
_AT_ONCE = 8192  # queries per matrix product
_NONE = -2.0  # below every cosine


def neighbours(
    vectors: NDArray[np.float32], queries: NDArray[np.int64], k: int, *, seed: int = 0
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """(the k nearest rows of each row in `queries`, nearest first, (m, k), -1 where there are fewer; their cosines).

    `vectors` (n, d) are unit vectors. A row is no neighbour of itself.
    """
    n = len(vectors)
    lists = 1 if n <= EXACT else math.isqrt(n)
    if lists == 1:
        nearest, members = np.zeros((len(queries), 1), np.int64), [np.arange(n)]
    else:
        centres = spherical_kmeans(vectors, lists, seed=seed)
        nearest = _nearest_lists(vectors, queries, centres)
        own = nearest_centres(vectors, centres)
        members = _rows_by(own.astype(np.int64), lists)
    probes = nearest.shape[1]
    ids = np.full((len(queries), probes * k), -1, np.int32)
    scores = np.full((len(queries), probes * k), _NONE, np.float32)
    filled = np.zeros(len(queries), np.int64)
    for wanted, rows in zip(_rows_by(nearest.ravel(), lists), members, strict=True):
        for start in range(0, len(wanted) if len(rows) else 0, _AT_ONCE):
            at = wanted[start : start + _AT_ONCE] // probes
            found, cosines = _best_of(vectors, queries[at], rows, k)
            places = filled[at][:, None] * k + np.arange(found.shape[1])
            ids[at[:, None], places], scores[at[:, None], places] = found, cosines
            filled[at] += 1
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    ids, scores = np.take_along_axis(ids, order, 1), np.take_along_axis(scores, order, 1)
    return np.where(scores > _NONE, ids, -1).astype(np.int32), scores


def _nearest_lists(
    vectors: NDArray[np.float32], queries: NDArray[np.int64], centres: NDArray[np.float32]
) -> NDArray[np.int64]:
    """The lists whose centres are nearest to each query, (m, probes)."""
    probes = min(PROBES, len(centres))
    nearest = np.empty((len(queries), probes), np.int64)
    for start in range(0, len(queries), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        nearest[part] = np.argpartition(-(vectors[queries[part]] @ centres.T), probes - 1, axis=1)[:, :probes]
    return nearest


def _rows_by(labels: NDArray[np.int64], groups: int) -> list[NDArray[np.int64]]:
    """The positions of each label, ascending."""
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.searchsorted(labels[order], np.arange(1, groups)))


def _best_of(
    vectors: NDArray[np.float32], queries: NDArray[np.int64], rows: NDArray[np.int64], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(at most k of `rows` with the greatest cosines to each query row, in any order; the cosines)."""
    cosines = vectors[queries] @ vectors[rows].T
    cosines[queries[:, None] == rows] = _NONE
    k = min(k, len(rows))
    top = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
    return rows[top], np.take_along_axis(cosines, top, 1)
