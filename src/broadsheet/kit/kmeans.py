"""Spherical k-means, for vectors that are compared by inner product, and the sums of groups of rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.unit import unit_rows

__all__ = ["group_sums", "nearest_centres", "spherical_kmeans"]

_AT_ONCE = 16_384  # vectors per matrix product
_FLAT = 1024  # with more centres, they are searched by groups
_GROUPS = 6  # groups of centres searched per vector
_ROUNDS = 8
_EACH = 40  # sampled vectors per centre


def nearest_centres(vectors: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.int32]:
    """The row of the centre (L, d) with the greatest inner product with each vector (n, d), (n,).

    Among thousands of centres only the groups nearest to the vector are searched.
    """
    nearest = np.empty(len(vectors), np.int32)
    groups = _group_centres(centres) if len(centres) > _FLAT else None
    for start in range(0, len(vectors), _AT_ONCE):
        part = np.asarray(vectors[start : start + _AT_ONCE], np.float32)
        at = slice(start, start + len(part))
        nearest[at] = (part @ centres.T).argmax(axis=1) if groups is None else _search_groups(part, centres, *groups)
    return nearest


def _group_centres(centres: NDArray[np.float32]) -> tuple[NDArray[np.float32], list[NDArray[np.int64]]]:
    """(the centroids of sqrt(L) groups of centres; the rows of the centres in each group)."""
    heads = spherical_kmeans(centres, math.isqrt(len(centres)), seed=0)
    labels = nearest_centres(centres, heads)
    return heads, [np.flatnonzero(labels == group) for group in range(len(heads))]


def _search_groups(
    part: NDArray[np.float32],
    centres: NDArray[np.float32],
    heads: NDArray[np.float32],
    members: list[NDArray[np.int64]],
) -> NDArray[np.int32]:
    """The best centre in the groups nearest to each vector."""
    near = np.argpartition(-(part @ heads.T), min(_GROUPS, len(heads) - 1), axis=1)[:, :_GROUPS]
    order = np.argsort(near, axis=None, kind="stable")
    bounds = np.searchsorted(near.ravel()[order], np.arange(len(heads) + 1))
    nearest, greatest = np.zeros(len(part), np.int32), np.full(len(part), -np.inf, np.float32)
    for group, own in enumerate(members):
        rows = order[bounds[group] : bounds[group + 1]] // near.shape[1]
        if len(rows) and len(own):
            scores = part[rows] @ centres[own].T
            top = scores.argmax(axis=1)
            value = scores[np.arange(len(rows)), top]
            better = value > greatest[rows]
            nearest[rows[better]], greatest[rows[better]] = own[top[better]], value[better]
    return nearest


def group_sums(
    x: NDArray[np.floating[Any]], labels: NDArray[np.integer[Any]], groups: int
) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[np.int64]]:
    """(the groups that have rows of x (n, d); the sums of their rows; the number of rows in each group, (groups,))."""
    counts = np.bincount(labels, minlength=groups)
    filled = np.flatnonzero(counts)
    order = np.argsort(labels, kind="stable")
    return filled, np.add.reduceat(x[order], (np.cumsum(counts) - counts)[filled], axis=0), counts


def spherical_kmeans(vectors: NDArray[np.float32], count: int, *, seed: int) -> NDArray[np.float32]:
    """Spherical k-means of a sample: `count` unit vectors (L, d). An empty centre moves to a random vector."""
    rng = np.random.default_rng(seed)
    n = len(vectors)
    rows = np.sort(rng.choice(n, min(n, _EACH * count), replace=False))
    sample = unit_rows(np.asarray(vectors[rows], np.float32))
    centres = sample[rng.choice(len(sample), count, replace=False)]
    for _ in range(_ROUNDS):
        labels = nearest_centres(sample, centres)
        filled, sums, _ = group_sums(sample, labels, count)
        centres = sample[rng.choice(len(sample), count)]
        centres[filled] = sums
        centres = unit_rows(centres)
    return np.asarray(centres, np.float32)
