"""Kernels over rows of sign bits: estimates against a 4-bit query by popcount, and the short list of the best.

Sign bit 1 stands for +1 and 0 for -1; a 4-bit query value u stands for u - 7.5 and is held as four bit planes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.native import kernel

__all__ = [
    "LEVELS",
    "QUERY_BITS",
    "above",
    "estimate",
    "estimate_rows",
    "few",
    "forbid",
    "listed",
    "short_list",
    "within",
]

QUERY_BITS = 4  # also in native/signs.h
LEVELS = 2**QUERY_BITS - 1

_estimate = kernel("signs_estimate")
_estimate_rows = kernel("signs_estimate_rows")
_forbid = kernel("signs_forbid")
_listed = kernel("signs_listed")
_few = kernel("signs_few")
_count = kernel("signs_count")
_above = kernel("signs_above")
_lacking = kernel("signs_lacking")
_threshold = kernel("signs_threshold")


def estimate(bits: NDArray[np.uint64], planes: NDArray[np.uint64], out: NDArray[np.int32]) -> None:
    """out[i] = the query's 4-bit values agreeing with row i's signs, 0..15 D: a shift of twice the inner product."""
    _estimate(bits, len(out), bits.shape[1], planes, out)


def estimate_rows(
    bits: NDArray[np.uint64], planes: NDArray[np.uint64], rows: NDArray[np.int64], out: NDArray[np.int32]
) -> None:
    """As `estimate`, of the given rows only."""
    _estimate_rows(bits, bits.shape[1], planes, rows, len(rows), out)


def forbid(words: NDArray[np.uint64], out: NDArray[np.int32]) -> None:
    """out[i] = -1 where bit i of the mask is not set."""
    _forbid(words, out, len(out))


def listed(words: NDArray[np.uint64], count: int) -> NDArray[np.int64]:
    """The `count` rows of a mask, ascending: time goes with how many there are, not with how many there could be."""
    rows = np.empty(count, np.int64)
    return rows[: _listed(words, len(words), count, rows)]


def few(words: NDArray[np.uint64], most: int) -> tuple[int, NDArray[np.int64]]:
    """(how many rows a mask holds, the rows, ascending, if they are no more than `most`)."""
    rows = np.empty(most, np.int64)
    count = _few(words, len(words), most, rows)
    return count, rows[: count if count <= most else 0]


def above(estimates: NDArray[np.int32], floor: int) -> NDArray[np.int64]:
    """Where the estimates are at least `floor`, and not forbidden: runs of rows where none is are passed over."""
    return _where(estimates, floor, _count(estimates, len(estimates), floor))


def _where(estimates: NDArray[np.int32], floor: int, count: int) -> NDArray[np.int64]:
    """The `count` places where the estimates are at least `floor`."""
    rows = np.empty(count + 1, np.int64)  # one more, as a row is written before it is judged
    return rows[: _above(estimates, len(estimates), floor, rows)]


def within(estimates: NDArray[np.int32], chosen: NDArray[np.int64], floor: int) -> NDArray[np.int64]:
    """Where the estimates are at least `floor`, if `chosen`, a short list, may lack some of them; else none."""
    count = _lacking(estimates, len(estimates), chosen, len(chosen), floor)
    return _where(estimates, floor, count) if count else chosen[:0]


def short_list(estimates: NDArray[np.int32], k: int, ceiling: int) -> NDArray[np.int64]:
    """At least the k rows with the greatest estimates (all that tie with the last), by counting."""
    counts, total = np.empty(ceiling + 2, np.int64), np.empty(1, np.int64)
    threshold = _threshold(estimates, len(estimates), k, ceiling, counts, total)
    return _where(estimates, threshold, int(total[0]))
