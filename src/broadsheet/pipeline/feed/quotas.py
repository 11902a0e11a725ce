"""The order of a page: better tiers first, every interest its share, no near-repeats.

Within a tier each place goes to the paper with the greatest marginal relevance (see ranking/mmr.py), of those interests
that would otherwise miss a quota further down. The quota of an interest among the first n places is the whole part of
its share of them, so an interest with weaker papers is not crowded out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.ranking.mmr import marginal_relevance

__all__ = ["fair_order", "strictness"]


_WHOLE_AT = 0.3  # diversity


def strictness(diversity: float) -> float:
    """The part of its share that each interest is sure of, by the weight of diversity: 0 at 0, all from 0.3 on."""
    return min(1.0, diversity / _WHOLE_AT)


def fair_order(
    relevance: NDArray[np.float32],
    x: NDArray[np.float32],
    k: int,
    *,
    interests: NDArray[np.int64],
    shares: NDArray[np.float32],
    tiers: NDArray[np.int64],
    diversity: float,
    most: NDArray[np.float32] | None = None,
) -> NDArray[np.int64]:
    """Positions of the k chosen, in order, from relevance (n,) and unit vectors x (n, d); ties to the lower.

    `interests` (n,) number the interest that carries each paper, and `shares` (m,) are their shares of the page, `most`
    (m,) the largest ones they may have; where these leave places free, fewer are chosen. All papers of a lower tier
    (n,) stand before those of a higher one.
    """
    n = len(relevance)
    ceilings = np.full(len(shares), n) if most is None else np.ceil(np.where(most < 1, most * k, n) - 1e-6)
    k = min(k, n, int(np.minimum(np.bincount(interests, minlength=len(shares)), ceilings).sum()))
    quotas = np.floor(strictness(diversity) * np.outer(np.arange(1, k + 1), shares) + 1e-6)
    positions = np.empty(k, np.int64)
    free = np.ones(n, np.bool_)
    likeness = np.full(n, -1.0 if k else 0.0, np.float32)
    counts = np.zeros(len(shares), np.int64)
    for at in range(k):
        may = free & (counts < ceilings)[interests]
        open_ = may & (tiers == tiers[may].min())
        if len(shares) > 1:
            available = np.bincount(interests[open_], minlength=len(shares)) > 0
            due = np.where(available, np.maximum(quotas[at:] - counts, 0), 0)  # (places left, m)
            tight = np.flatnonzero((due.sum(axis=1) > 0) & (due.sum(axis=1) >= np.arange(1, k - at + 1)))
            if len(tight):
                open_ &= (due[tight[0]] > 0)[interests]
        near = likeness if at else np.zeros(n, np.float32)
        positions[at] = int(np.where(open_, marginal_relevance(relevance, near, diversity), -np.inf).argmax())
        free[positions[at]] = False
        counts[interests[positions[at]]] += 1
        likeness = np.maximum(likeness, x @ x[positions[at]])
    return positions
