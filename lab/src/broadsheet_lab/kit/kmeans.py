"""k-means by distance, with the same bits on any processor."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.kmeans import group_sums
from broadsheet_lab.kit.products import by_rows

__all__ = ["kmeans", "means", "nearest"]

_CHUNK = 8192  # rows whose distances to every codeword are held at once


def nearest(
    vectors: NDArray[np.float32], codewords: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The nearest of codewords (K, d) to each of vectors (n, d), and its squared distance, both (n,)."""
    codes = np.empty(len(vectors), np.int64)
    distances = np.empty(len(vectors), np.float32)
    half_norms = 0.5 * np.einsum("kd,kd->k", codewords, codewords)  # (K,)
    for start in range(0, len(vectors), _CHUNK):
        part = vectors[start : start + _CHUNK]
        closeness = by_rows(part, codewords.T) - half_norms  # (chunk, K), greatest where the distance is least
        best = closeness.argmax(axis=1)
        codes[start : start + _CHUNK] = best
        top = closeness[np.arange(len(part)), best]
        distances[start : start + _CHUNK] = np.maximum(np.einsum("nd,nd->n", part, part) - 2 * top, 0)
    return codes, distances


def kmeans(
    vectors: NDArray[np.float32],
    size: int,
    *,
    iterations: int,
    seed: int,
    start: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """`size` codewords (K, d) by Lloyd's iterations from `start`, or from distinct rows drawn by the seed; n >= K.

    A codeword that loses all its vectors takes the place of the vector worst served, so none is wasted while
    vectors differ.
    """
    rng = np.random.default_rng(seed)
    codewords = vectors[np.sort(rng.choice(len(vectors), size, replace=False))] if start is None else start.copy()
    for _ in range(iterations):
        codes, distances = nearest(vectors, codewords)
        codewords, counts = means(vectors, codes, codewords)
        empty = np.flatnonzero(counts == 0)
        if len(empty):
            codewords[empty] = vectors[np.argsort(-distances, kind="stable")[: len(empty)]]
    return codewords


def means(
    vectors: NDArray[np.float32], codes: NDArray[np.int64], codewords: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The mean of the vectors (n, d) of each code, that of `codewords` (K, d) where there is none; and their counts."""
    filled, sums, counts = group_sums(vectors, codes, len(codewords))
    found = codewords.copy()
    found[filled] = sums / counts[filled, None]
    return found, counts
