"""Runs of items of several readers, one after the other in one array."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["sequences_checked"]

Ints = NDArray[np.int64]


def sequences_checked(items: NDArray[np.integer], bounds: NDArray[np.integer], n: int) -> tuple[Ints, Ints]:
    """Sequence i is items[bounds[i]:bounds[i + 1]]. Raises ValueError if bounds or items do not fit."""
    flat, ends = np.asarray(items, np.int64), np.asarray(bounds, np.int64)
    if (
        flat.ndim != 1
        or ends.ndim != 1
        or not len(ends)
        or ends[0] != 0
        or ends[-1] != len(flat)
        or (np.diff(ends) < 1).any()
    ):
        raise ValueError(f"bounds run from 0 to {len(flat)} in steps of at least 1, not {ends[:3]}...{ends[-1:]}")
    if len(flat) and not 0 <= int(flat.min()) <= int(flat.max()) < n:
        raise ValueError(f"items are numbered 0 to {n - 1}, not {flat.min()} to {flat.max()}")
    return flat, ends
