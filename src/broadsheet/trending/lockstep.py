"""Lockstep: votes of accounts that vote for the same papers, time and again, more than chance explains.

Problem: twenty accounts that are members for long and read like others agree to vote for one paper, each at another
hour; on that paper nothing gives them away, but they did so before. Idea: two papers are compared by their voters. Of
those who voted for the first, each would have voted for the second with a probability of their number of votes times
its share of all votes; where far more did, those who voted for both are one group on the first paper.

Beutel, Xu, Guruswami, Palow, Faloutsos: CopyCatch: Stopping Group Attacks by Spotting Lockstep Behavior in Social
Networks. WWW 2013.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card
from broadsheet.trending.contract import Floats

__all__ = ["CARD", "Lockstep", "joined"]

CARD = Card(
    title="CopyCatch: Stopping Group Attacks by Spotting Lockstep Behavior in Social Networks",
    paper="10.1145/2488388.2488400",
    year=2013,
    fidelity="reduced",
    solves="accounts that vote together for one paper after another do not decide what is first",
    when=(
        "Choose it against groups that vote together on paper after paper; a group that meets once is not told from "
        "chance."
    ),
    costs="Nothing is trained; every pair of papers that share voters is compared.",
    stage="the daily paper: which votes for a paper count together",
    departures=(
        "two papers are compared at a time, in place of a search for the largest group",
        "measured against chance, given who votes how often, in place of votes at about the same time",
    ),
)


class Lockstep:
    """`deviations` is how far above chance two papers share voters, `least` how many they share at least.

    Among many papers chance alone goes further; the limit is the greatest that is expected of so many comparisons.

    >>> import numpy as np
    >>> from broadsheet.trending.lockstep import Lockstep
    >>> rng = np.random.default_rng(0)
    >>> paper = np.concatenate([rng.integers(0, 90, 900), np.repeat(np.arange(90, 96), 8)])
    >>> reader = np.concatenate([rng.integers(0, 300, 900), np.tile(np.arange(300, 308), 6)])  # eight who vote alike
    >>> together = Lockstep().together(paper, reader)
    >>> bool(together[-48:].all()), bool(together[:900].any())
    (True, False)
    """

    def __init__(self, *, deviations: float = 4, least: int = 5) -> None:
        self.deviations = deviations
        self.least = least

    def together(self, paper: NDArray[np.int64], reader: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each vote (m,) is of such a group, from the paper and the reader of all votes (m,) of a time."""
        result = np.zeros(len(paper), np.bool_)
        _, column, got = np.unique(paper, return_inverse=True, return_counts=True)
        _, who, cast = np.unique(reader, return_inverse=True, return_counts=True)
        at = np.flatnonzero(got[column] >= self.least)
        if not len(at):
            return result
        papers, column = np.unique(column[at], return_inverse=True)
        voted = np.zeros((len(cast), len(papers)), np.float32)  # whole numbers, exact
        voted[who[at], column] = 1
        own = cast[who[at]].astype(np.float64)
        sums, squares = (np.bincount(column, values).astype(np.float64) for values in (own, own**2))
        alike = self._alike(voted.T @ voted, sums, squares, got[papers] / len(paper))
        grouped = np.flatnonzero(alike.any(axis=1))
        row = np.searchsorted(grouped, column)
        inside = np.isin(column, grouped)
        result[at[inside]] = (voted @ alike[grouped].T.astype(np.float32))[who[at[inside]], row[inside]] > 0
        return result

    def _alike(self, both: NDArray[np.float32], cast: Floats, squares: Floats, share: Floats) -> NDArray[np.bool_]:
        """Whether the voters of a paper (row) voted for another (column) far more often than chance explains.

        both is how many voted for both, cast the votes of all voters of a paper, squares those of the squares, share
        the part of all votes that a paper has.
        """
        expected = np.outer(cast, share)
        variance = np.maximum(expected - np.outer(squares, share**2), 0)
        limit = max(self.deviations, 2 * np.sqrt(np.log(len(share))))
        alike = (both - expected > limit * np.sqrt(variance + 0.5)) & (both >= self.least)
        np.fill_diagonal(alike, False)
        return np.asarray(alike)


def joined(
    paper: NDArray[np.int64], group: NDArray[np.int64], together: NDArray[np.bool_], label: int
) -> NDArray[np.int64]:
    """The groups of votes (m,), where on each paper the groups with a vote together with others are one, `label`."""
    _, row = np.unique(group, return_inverse=True)
    key = paper * (int(row.max(initial=0)) + 1) + row
    return np.where(np.isin(key, key[together]), label, group)
