"""Reddit's hot: the logarithm of the votes, less the age.

Problem: votes come by the thousand and stories by the minute. Idea: ten times the votes are worth as much as being
12.5 hours newer; the first ten votes weigh as much as the next hundred.

Reddit: the function `_hot` of its published ranking code. 2008.
"""

from __future__ import annotations

import numpy as np

from broadsheet.kit.card import Card
from broadsheet.trending.contract import Scores, Signals

__all__ = ["CARD", "RedditHot"]

CARD = Card(
    title="Reddit's hot ranking",
    paper="reddit, r2/lib/db/_sorts.pyx, 2008",
    year=2008,
    solves="an order by votes and time that one vote changes in one place",
    stage="the daily paper: the order of a day",
    departures=("there are no votes against a paper", "time counts back from now: the same order, smaller numbers"),
)


class RedditHot:
    """log10(votes) - age in seconds / `seconds`."""

    def __init__(self, *, seconds: float = 45000) -> None:
        self.seconds = seconds

    def score(self, signals: Signals) -> Scores:
        """Score each of the n papers; the score is the sum of its parts."""
        votes = np.log10(np.maximum(signals.votes, 1))
        age = -signals.age * 86400 / self.seconds
        return Scores(votes + age, {"votes": votes, "age": age})
