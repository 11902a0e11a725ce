"""Score rows of sign bits against a 4-bit query by popcount, and select the candidates with the best estimates.

Sign bit 1 stands for +1 and 0 for -1; a 4-bit query value u stands for u - 7.5 and is held as four bit planes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.native import kernel

__all__ = [
    "LEVELS",
    "QUERY_BITS",
    "estimate",
    "estimate_rows",
    "exclude",
    "mask_rows",
    "missed_rows",
    "rows_at_least",
    "rows_up_to",
    "short_list",
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
    """Write the estimate of every row to `out`, 0 .. 15 D: its inner product with the query plus 7.5 D."""
    _estimate(bits, len(out), bits.shape[1], planes, out)


def estimate_rows(
    bits: NDArray[np.uint64], planes: NDArray[np.uint64], rows: NDArray[np.int64], out: NDArray[np.int32]
) -> None:
    """Write the estimates of the given rows to `out`, as `estimate` does for all."""
    _estimate_rows(bits, bits.shape[1], planes, rows, len(rows), out)


def exclude(words: NDArray[np.uint64], out: NDArray[np.int32]) -> None:
    """Set out[i] to -1 for every row i that is not in the mask."""
    _forbid(words, out, len(out))


def mask_rows(words: NDArray[np.uint64], count: int) -> NDArray[np.int64]:
    """The `count` rows of a mask, ascending. Takes time proportional to `count`, not to the size of the mask."""
    rows = np.empty(count, np.int64)
    return rows[: _listed(words, len(words), count, rows)]


def rows_up_to(words: NDArray[np.uint64], most: int) -> tuple[int, NDArray[np.int64]]:
    """(the number of rows in a mask; the rows, ascending, if there are at most `most`, else none)."""
    rows = np.empty(most, np.int64)
    count = _few(words, len(words), most, rows)
    return count, rows[: count if count <= most else 0]


def rows_at_least(estimates: NDArray[np.int32], floor: int) -> NDArray[np.int64]:
    """The rows whose estimates are at least `floor`, except excluded ones (-1). Skips runs without any."""
    return _where(estimates, floor, _count(estimates, len(estimates), floor))


def _where(estimates: NDArray[np.int32], floor: int, count: int) -> NDArray[np.int64]:
    """The `count` rows whose estimates are at least `floor`."""
    rows = np.empty(count + 1, np.int64)  # one more: the kernel writes a row before it compares
    return rows[: _above(estimates, len(estimates), floor, rows)]


def missed_rows(estimates: NDArray[np.int32], chosen: NDArray[np.int64], floor: int) -> NDArray[np.int64]:
    """The rows whose estimates are at least `floor`; empty if the short list `chosen` already holds them all."""
    count = _lacking(estimates, len(estimates), chosen, len(chosen), floor)
    return _where(estimates, floor, count) if count else chosen[:0]


def short_list(estimates: NDArray[np.int32], k: int, ceiling: int) -> NDArray[np.int64]:
    """The k rows with the greatest estimates, and all rows that tie with the last, found by counting sort."""
    counts, total = np.empty(ceiling + 2, np.int64), np.empty(1, np.int64)
    threshold = _threshold(estimates, len(estimates), k, ceiling, counts, total)
    return _where(estimates, threshold, int(total[0]))
