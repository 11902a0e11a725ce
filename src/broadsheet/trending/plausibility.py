"""Plausibility: which votes for a paper the looks at it can account for.

Problem: a ring finds its paper far down a page and votes for it at once, where nearly nobody else even looks. Idea:
the votes from one position are a count with an upper control limit: what a paper several times as good as usual would
get from the looks there, and two standard deviations more. Beyond the limit they are not the votes of people who read
a page, and the position counts as if it had what is usual. Votes from where a paper never stood count for nothing.

Shewhart: Economic Control of Quality of Manufactured Product. 1931.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card
from broadsheet.trending.contract import Floats

__all__ = ["CARD", "Plausibility"]

CARD = Card(
    title="Economic Control of Quality of Manufactured Product",
    paper="Shewhart, 1931",
    year=1931,
    fidelity="faithful",
    solves="votes from where nobody looks do not make a paper first",
    when="Choose it against votes from outside the page, which no look accounts for.",
    costs="Nothing is trained; one pass over the votes.",
    stage="the daily paper: which votes for a paper count for the order",
    departures=("the upper limit of a chart of counts a unit; the unit is a look at the paper",),
)


class Plausibility:
    """`times` is how many times the usual rate a limit allows, `deviations` what chance may add.

    >>> import numpy as np
    >>> from broadsheet.trending.plausibility import Plausibility
    >>> Plausibility().limit(np.array([10.0, 1000.0]), np.full(2, 0.05)).round().tolist()
    [6.0, 229.0]
    """

    def __init__(self, *, times: float = 4, deviations: float = 2) -> None:
        self.times = times
        self.deviations = deviations

    def limit(self, looks: Floats, usual: Floats) -> Floats:
        """The most votes (m,) that so many looks (m,) account for where so many votes a look (m,) are usual."""
        expected = self.times * usual * looks
        return np.asarray(expected + self.deviations * np.sqrt(expected) + np.minimum(looks, 1))

    def plausible(self, paper: NDArray[np.int64], votes: Floats, looks: Floats, usual: Floats) -> Floats:
        """The votes of each of n papers that count (n,).

        paper, votes and looks (m,) are of positions at which papers stood; usual (n,) is the usual rate of each paper.
        """
        rate = usual[paper]
        counted = np.where(votes <= self.limit(looks, rate), votes, np.minimum(rate * looks, votes))
        return np.bincount(paper, counted, len(usual)).astype(np.float64)
