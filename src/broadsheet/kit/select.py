"""The best k of many scores under a mask, in one pass."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.hits import Hits, top_k
from broadsheet.kit.mask import Mask
from broadsheet.kit.native import kernel

__all__ = ["top_k_masked"]

_best = kernel("select_best")


def top_k_masked(scores: NDArray[np.float32], k: int, allowed: Mask | None = None, *, floor: float = -np.inf) -> Hits:
    """The k rows with the greatest scores (n,) above `floor` among those allowed, best first.

    Ties go to the lower row. One pass over n with a heap of k: meant for k far below n.
    """
    k = min(k, len(scores))
    if k <= 0:
        return Hits.none()
    if allowed is not None and allowed.n != len(scores):
        raise ValueError(f"the mask covers {allowed.n} rows, the scores {len(scores)}")
    ids, heap = np.empty(k, np.int64), np.empty(k, np.float32)
    words = allowed.words if allowed is not None else np.empty(0, np.uint64)
    scores = np.ascontiguousarray(scores, np.float32)
    size = _best(scores, len(scores), words, allowed is not None, floor, ids, heap, k)
    return top_k(ids[:size], heap[:size], k)
