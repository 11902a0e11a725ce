"""Kernels over rows of sign bits: estimates against a 4-bit query by popcount, and the short list of the best.

Sign bit 1 stands for +1 and 0 for -1; a 4-bit query value u stands for u - 7.5 and is held as four bit planes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.jit import jit, popcount, prefetch

__all__ = [
    "LEVELS",
    "QUERY_BITS",
    "estimate",
    "estimate_rows",
    "estimate_run",
    "few",
    "forbid",
    "listed",
    "short_list",
    "spread",
    "within",
]

QUERY_BITS = 4
LEVELS = 2**QUERY_BITS - 1
_AHEAD = 16  # rows asked for from memory before they are needed
_RUN = 64  # estimates looked at together
_TILE = 256  # words; a tile and the four planes repeated over it stay in the first-level cache


@jit
def spread(planes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The four planes repeated over a tile, for `estimate_run`."""
    width = planes.shape[1]
    repeated = np.empty((QUERY_BITS, max(_TILE // width, 1) * width), np.uint64)
    for j in range(repeated.shape[1]):
        repeated[:, j] = planes[:, j % width]
    return repeated


@jit
def estimate_run(
    bits: NDArray[np.uint64], repeated: NDArray[np.uint64], costs: NDArray[np.int32], out: NDArray[np.int32]
) -> None:
    """`estimate`, with the planes repeated over a tile and room for the costs of a tile.

    Bit b of the values differs from the signs in popcount(row ^ plane b) places, each costing 2^b. Tiles of whole
    rows are counted word by word and then folded, so that every loop runs in vector registers.
    """
    n, width = bits.shape
    tile = len(costs)
    p0, p1, p2, p3 = repeated[0], repeated[1], repeated[2], repeated[3]
    flat = bits.reshape(-1)
    for first in range(0, n, tile // width):
        size = min(tile, (n - first) * width)
        words = flat[first * width : first * width + size]
        for j in range(size):
            word = words[j]
            low = popcount(word ^ p0[j]) + (popcount(word ^ p1[j]) << np.uint64(1))
            high = popcount(word ^ p2[j]) + (popcount(word ^ p3[j]) << np.uint64(1))
            costs[j] = np.int32(low + (high << np.uint64(2)))
        span = width
        while span & 1 == 0:
            span >>= 1
            size >>= 1
            for j in range(size):
                costs[j] = costs[2 * j] + costs[2 * j + 1]
        size //= span
        for part in range(1, span):
            for i in range(size):
                costs[i * span] += costs[i * span + part]
        for i in range(size):
            out[first + i] = np.int32(LEVELS * 64 * width) - costs[i * span]


@jit
def estimate(bits: NDArray[np.uint64], planes: NDArray[np.uint64], out: NDArray[np.int32]) -> None:
    """out[i] = the query's 4-bit values agreeing with row i's signs, 0..15 D: a shift of twice the inner product."""
    repeated = spread(planes)
    estimate_run(bits, repeated, np.empty(repeated.shape[1], np.int32), out)


@jit
def estimate_rows(
    bits: NDArray[np.uint64], planes: NDArray[np.uint64], rows: NDArray[np.int64], out: NDArray[np.int32]
) -> None:
    """As `estimate`, of the given rows only."""
    width = bits.shape[1]
    flat = bits.reshape(-1)
    for i in range(len(rows)):
        if i + _AHEAD < len(rows):
            prefetch(flat, rows[i + _AHEAD] * width)
        cost = np.uint64(0)
        for b in range(QUERY_BITS):
            for w in range(width):
                cost += popcount(bits[rows[i], w] ^ planes[b, w]) << np.uint64(b)
        out[i] = np.int32(LEVELS * 64 * width) - np.int32(cost)


@jit
def forbid(words: NDArray[np.uint64], out: NDArray[np.int32]) -> None:
    """out[i] = -1 where bit i of the mask is not set."""
    for i in range(len(out)):
        bit = np.int32((words[i >> 6] >> np.uint64(i & 63)) & np.uint64(1))
        out[i] = (out[i] + 1) * bit - 1  # no branch: half the rows allowed would be half of the branches mispredicted


@jit
def listed(words: NDArray[np.uint64], count: int) -> NDArray[np.int64]:
    """The `count` rows of a mask, ascending: time goes with how many there are, not with how many there could be."""
    rows = np.empty(count, np.int64)
    at = 0
    for w in range(len(words)):
        word = words[w]
        while word and at < count:
            rest = word & (word - np.uint64(1))
            rows[at] = 64 * w + np.int64(popcount((word ^ rest) - np.uint64(1)))
            at += 1
            word = rest
    return rows[:at]


@jit
def few(words: NDArray[np.uint64], most: int) -> tuple[int, NDArray[np.int64]]:
    """(how many rows a mask holds, the rows, ascending, if they are no more than `most`)."""
    total = np.uint64(0)
    for w in range(len(words)):
        total += popcount(words[w])
    count = int(np.int64(total))
    return count, listed(words, count if count <= most else 0)


@jit
def _above(estimates: NDArray[np.int32], least: np.int32) -> int:
    """How many estimates are at least so much; by index, which runs in vector registers."""
    count = 0
    for i in range(len(estimates)):
        count += int(estimates[i] >= least)
    return count


@jit
def above(estimates: NDArray[np.int32], floor: int) -> NDArray[np.int64]:
    """Where the estimates are at least `floor`, and not forbidden: runs of rows where none is are passed over."""
    least = np.int32(max(floor, 0))
    rows = np.empty(_above(estimates, least) + 1, np.int64)  # one more, as a row is written before it is judged
    at = 0
    for first in range(0, len(estimates), _RUN):
        run = estimates[first : first + _RUN]
        if _above(run, least):
            for i in range(len(run)):
                rows[at] = first + i
                at += int(run[i] >= least)
    return rows[:at]


@jit
def within(estimates: NDArray[np.int32], chosen: NDArray[np.int64], floor: int) -> NDArray[np.int64]:
    """Where the estimates are at least `floor`, if `chosen`, a short list, may lack some of them; else none."""
    least = estimates[chosen[0]]
    for i in range(len(chosen)):
        least = min(least, estimates[chosen[i]])
    return above(estimates, floor) if floor < least else chosen[:0]


@jit
def short_list(estimates: NDArray[np.int32], k: int, ceiling: int) -> NDArray[np.int64]:
    """At least the k rows with the greatest estimates (all that tie with the last), by counting."""
    counts = np.zeros(ceiling + 2, np.int64)  # from -1, forbidden, upwards
    for value in estimates:
        counts[value + 1] += 1
    threshold = ceiling + 1
    total = 0
    while threshold > 0 and total < k:
        threshold -= 1
        total += counts[threshold + 1]
    return above(estimates, threshold)
