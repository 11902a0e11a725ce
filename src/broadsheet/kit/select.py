"""The best k of many scores under a mask, in one pass."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.hits import Hits, top_k
from broadsheet.kit.jit import jit
from broadsheet.kit.mask import Mask

__all__ = ["best"]


_RUN = 64  # rows looked at together


@jit
def _offered(
    scores: NDArray[np.float32],
    first: int,
    last: int,
    words: NDArray[np.uint64],
    masked: bool,
    floor: float,
    ids: NDArray[np.int64],
    heap: NDArray[np.float32],
    size: int,
) -> int:
    """Offer the rows first .. last - 1 to the heap. Returns its size."""
    k = len(heap)
    for row in range(first, last):
        score = scores[row]
        if score <= floor or (size == k and score <= heap[0]):
            continue
        if masked and not (words[row >> 6] >> np.uint64(row & 63)) & np.uint64(1):
            continue
        if size < k:
            at = size
            size += 1
            while at > 0:
                parent = (at - 1) >> 1
                if heap[parent] <= score:
                    break
                heap[at] = heap[parent]
                ids[at] = ids[parent]
                at = parent
        else:
            at = 0
            while True:
                child = 2 * at + 1
                if child >= k:
                    break
                # among equal scores the higher row is nearer the top, so that it goes first
                if child + 1 < k and (
                    heap[child + 1] < heap[child] or (heap[child + 1] == heap[child] and ids[child + 1] > ids[child])
                ):
                    child += 1
                if heap[child] > score:
                    break
                heap[at] = heap[child]
                ids[at] = ids[child]
                at = child
        heap[at] = score
        ids[at] = row
    return size


@jit
def _best(
    scores: NDArray[np.float32],
    words: NDArray[np.uint64],
    masked: bool,
    floor: float,
    ids: NDArray[np.int64],
    heap: NDArray[np.float32],
) -> int:
    """Keep the len(heap) greatest scores above `floor` in a min-heap; on a tie the lower row stays."""
    k = len(heap)
    size = 0
    for first in range(0, len(scores), _RUN):
        last = min(first + _RUN, len(scores))
        if size == k:  # most runs hold nothing that would stay: a count without a branch runs in vector registers
            above = 0
            for row in range(first, last):
                above += scores[row] > heap[0]
            if not above:
                continue
        size = _offered(scores, first, last, words, masked, floor, ids, heap, size)
    return size


def best(scores: NDArray[np.float32], k: int, allowed: Mask | None = None, *, floor: float = -np.inf) -> Hits:
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
    size = _best(scores, words, allowed is not None, floor, ids, heap)
    return top_k(ids[:size], heap[:size], k)
