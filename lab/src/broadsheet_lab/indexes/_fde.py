"""Kernels of fixed dimensional encodings: vectors gathered into the blocks of their buckets, and the exact score."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.kit.jit import jit, jit_reordering, popcount

__all__ = ["Draws", "carved", "chamfer_scores", "draws_of", "gather"]


class Draws(NamedTuple):
    """Everything random about an encoding."""

    planes: NDArray[np.float32]  # (D, R * k)
    inner: NDArray[np.float32]  # (D, R * d_proj), +-1 / sqrt(d_proj); (D, 0) stands for the identity
    place: NDArray[np.int64]  # (R * B * d_proj,), where the final projection puts each component
    sign: NDArray[np.float32]  # aligned, +-1


class Sizes(Protocol):
    """What the draws of an encoding follow from: those of `FixedDimensionalEncoding`."""

    @property
    def dimensions(self) -> int: ...
    @property
    def repetitions(self) -> int: ...
    @property
    def planes(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def final(self) -> int: ...
    @property
    def seed(self) -> int: ...


@lru_cache(maxsize=8)
def draws_of(encoding: Sizes) -> Draws:
    """Queries and documents share hyperplanes and projections; every repetition has its own."""
    d, parts = encoding.dimensions, encoding.repetitions
    rng = np.random.default_rng(encoding.seed)
    planes = rng.standard_normal((d, parts * encoding.planes)).astype(np.float32)
    columns = parts * encoding.width if encoding.width < d else 0
    inner = rng.choice(np.array([-1, 1], np.float32), (d, columns)) / np.sqrt(np.float32(encoding.width))
    size = parts * (1 << encoding.planes) * encoding.width if encoding.final else 0
    place = rng.integers(0, max(1, encoding.final), size)
    return Draws(planes, inner, place, rng.choice(np.array([-1, 1], np.float32), size))


@jit
def gather(
    buckets: NDArray[np.int32],
    projected: NDArray[np.float32],
    bounds: NDArray[np.int64],
    mean: bool,
    fill: bool,
    out: NDArray[np.float32],
) -> None:
    """out[i, r, b] = the sum, or the mean, of the projected vectors of set i that repetition r puts in bucket b.

    With `fill` an empty bucket gets the vector whose bucket differs from it in the fewest bits, the first on a tie.
    """
    repetitions, size = out.shape[1], out.shape[2]
    counts = np.empty(size, np.int64)
    for i in range(len(bounds) - 1):
        start, stop = bounds[i], bounds[i + 1]
        if start == stop:
            continue
        for r in range(repetitions):
            counts[:] = 0
            for t in range(start, stop):
                counts[buckets[t, r]] += 1
                block = out[i, r, buckets[t, r]]
                for j in range(len(block)):
                    block[j] += projected[t, r, j]
            for b in range(size):
                if mean and counts[b] > 1:
                    for j in range(out.shape[3]):
                        out[i, r, b, j] /= counts[b]
                elif fill and counts[b] == 0:
                    nearest, least = start, np.uint64(64)
                    for t in range(start, stop):
                        differing = popcount(np.uint64(buckets[t, r] ^ b))
                        if differing < least:
                            nearest, least = t, differing
                    out[i, r, b] = projected[nearest, r]


@jit_reordering
def chamfer_scores(
    query: NDArray[np.float32],
    vectors: NDArray[np.float32],
    bounds: NDArray[np.int64],
    rows: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    """out[i] = sum over q in query of max over p in set rows[i] of <q, p>; an empty set scores 0."""
    for i in range(len(rows)):
        start, stop = bounds[rows[i]], bounds[rows[i] + 1]
        total = np.float32(0)
        if start < stop:
            for q in range(len(query)):
                most = np.float32(-np.inf)
                for t in range(start, stop):
                    product = np.float32(0)
                    for j in range(query.shape[1]):
                        product += query[q, j] * vectors[t, j]
                    most = max(most, product)
                total += most
        out[i] = total


def carved(query: NDArray[np.float32], threshold: float) -> NDArray[np.float32]:
    """Balls of a query's vectors (q, D): the sums of those that are alike, (at most q, D).

    The first vector left takes along every other one with which it has an inner product of at least `threshold` times
    both lengths, until none is left (the paper's ball carving, whose vectors have unit length).
    """
    lengths = np.maximum(np.linalg.norm(query, axis=1), 1e-12)
    alike = query @ query.T >= threshold * lengths[:, None] * lengths
    left = np.ones(len(query), np.bool_)
    sums = []
    for i in range(len(query)):
        if left[i]:
            ball = left & alike[i]
            ball[i] = True
            sums.append(query[ball].sum(axis=0))
            left &= ~ball
    return np.stack(sums) if sums else query
