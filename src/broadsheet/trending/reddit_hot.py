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
    fidelity="faithful",
    solves="an order by votes and time that one vote changes in one place",
    when="Choose it where the first votes should weigh most and age be a plain handicap.",
    costs="Nothing is trained; a few operations a paper.",
    stage="the daily paper: the order of a day",
    departures=("there are no votes against a paper", "time counts back from now: the same order, smaller numbers"),
)


class RedditHot:
    """log10(votes) - age in seconds / `seconds`.

    >>> import numpy as np
    >>> from broadsheet.trending.contract import Signals
    >>> from broadsheet.trending.reddit_hot import RedditHot
    >>> votes, age = np.array([9.0, 8.0, 3.0]), np.array([0.5, 3.0, 0.5])  # age in days
    >>> same = {"comments": np.zeros(3), "relevance": np.zeros(3), "usual": np.full(3, 0.05)}
    >>> day = Signals(votes=votes, voices=votes, views=np.array([90, 160, 40]), age=age, **same)
    >>> RedditHot().score(day).total.argsort()[::-1].tolist()
    [0, 2, 1]
    """

    def __init__(self, *, seconds: float = 45000) -> None:
        self.seconds = seconds

    def score(self, signals: Signals) -> Scores:
        """Score each of the n papers; the score is the sum of its parts."""
        votes = np.log10(np.maximum(signals.votes, 1))
        age = -signals.age * 86400 / self.seconds
        return Scores(votes + age, {"votes": votes, "age": age})
