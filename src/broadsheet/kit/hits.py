"""The hits of a search, and the best k of many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Hits", "top_k"]


@dataclass(frozen=True, slots=True)
class Hits:
    """Rows with their scores, best first; ties in ascending row order. Aligned arrays."""

    ids: NDArray[np.int64]  # (m,)
    scores: NDArray[np.float32]  # (m,)

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def none(cls) -> Hits:
        """No hits."""
        return cls(np.empty(0, np.int64), np.empty(0, np.float32))

    def head(self, k: int) -> Hits:
        """The first k."""
        return Hits(self.ids[:k], self.scores[:k])


def top_k(ids: NDArray[np.int64], scores: NDArray[np.float32], k: int) -> Hits:
    """The k best of aligned (ids, scores), best first, ties by ascending id. O(n + k log k)."""
    if k <= 0 or len(ids) == 0:
        return Hits.none()
    if len(ids) > k:
        kth = np.partition(scores, len(scores) - k)[len(scores) - k]
        above = np.flatnonzero(scores > kth)
        level = np.flatnonzero(scores == kth)
        need = k - len(above)
        if len(level) > need:
            level = level[np.argpartition(ids[level], need - 1)[:need]] if need else level[:0]
        keep = np.concatenate([above, level])
        ids, scores = ids[keep], scores[keep]
    order = np.lexsort((ids, -scores))
    return Hits(ids[order], scores[order])
