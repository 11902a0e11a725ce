"""Saves → interests: groups of papers that are like each other; how many there are is read from the papers.

likenesses ──► Ward's tree ──► cut where joining two groups would cost more than chance ──► groups ──► known interests

Ward: Hierarchical grouping to optimize an objective function. JASA 58, 1963.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST", "Tree", "groups", "matched"]

MOST = 8  # interests that are looked for
CHANCE = (0.8, 0.25)  # joining two halves of n papers of one reader costs about first + second * sqrt(n)
KEEP = 0.15  # of that cost: as far as this, the number of interests stays as it was


@dataclass(frozen=True, slots=True)
class Tree:
    """Ward's tree of n papers, cut into each number of groups."""

    costs: NDArray[np.float64]  # (n,) at k: of joining k + 1 groups to k; 0 at 0
    labels: tuple[NDArray[np.int64], ...]  # at k: the group of each paper where there are k + 1, up to MOST

    @classmethod
    def of(cls, likeness: NDArray[np.float32]) -> Tree:
        """From likenesses (n, n), inner products of unit vectors or sums of such."""
        n = len(likeness)
        between = likeness.astype(np.float64)
        sizes, label, live = np.ones(n), np.arange(n), np.ones(n, np.bool_)
        labels, costs = {n: label}, np.zeros(max(n, 1))
        for groups_left in range(n - 1, 0, -1):
            i, j, costs[groups_left] = _nearest_two(between, sizes, live)
            share = sizes[i] / (sizes[i] + sizes[j])
            own = share**2 * between[i, i] + (1 - share) ** 2 * between[j, j] + 2 * share * (1 - share) * between[i, j]
            between[i] = between[:, i] = share * between[i] + (1 - share) * between[j]
            between[i, i] = own
            sizes[i] += sizes[j]
            live[j] = False
            label = np.where(label == j, i, label)
            if groups_left <= MOST:
                labels[groups_left] = label
        ordered = (labels[k] for k in range(1, min(n, MOST) + 1))
        return cls(costs, tuple(np.unique(one, return_inverse=True)[1] for one in ordered))

    def number(self, before: int = 0) -> int:
        """How many groups there are; near a border as many as there were `before`."""
        n = len(self.costs)
        border = CHANCE[0] + CHANCE[1] * n**0.5
        low, middle, high = (self._up_to(border * factor) for factor in (1 + KEEP, 1, 1 - KEEP))
        return min(max(before, low), high) if before else middle

    def _up_to(self, border: float) -> int:
        k = 1
        while k < len(self.labels) and self.costs[k] > border:
            k += 1
        return k


def _nearest_two(
    between: NDArray[np.float64], sizes: NDArray[np.float64], live: NDArray[np.bool_]
) -> tuple[int, int, float]:
    """(the two groups that are cheapest to join, the lower first; what it costs)."""
    at = np.flatnonzero(live)
    own, n = between[at, at], sizes[at]
    cost = (n[:, None] * n / (n[:, None] + n)) * (own[:, None] + own - 2 * between[np.ix_(at, at)])
    np.fill_diagonal(cost, np.inf)
    i, j = np.unravel_index(int(cost.argmin()), cost.shape)
    return int(at[min(i, j)]), int(at[max(i, j)]), float(cost[i, j])


def groups(likeness: NDArray[np.float32], before: int = 0) -> NDArray[np.int64]:
    """The group of each paper, (n,), from likenesses (n, n); `before` is how many groups there were."""
    if not len(likeness):
        return np.empty(0, np.int64)
    tree = Tree.of(likeness)
    return tree.labels[tree.number(before) - 1]


def matched(found: Sequence[Collection[int]], known: Sequence[Collection[int]]) -> list[int | None]:
    """For each group of papers the place of the known one that it is, by papers in common; each at most once."""
    common = sorted(
        (
            (len({*group} & {*other}), -at, -place)
            for at, group in enumerate(found)
            for place, other in enumerate(known)
        ),
        reverse=True,
    )
    result: list[int | None] = [None] * len(found)
    for n, at, place in common:
        if n and result[-at] is None and -place not in result:
            result[-at] = -place
    return result
