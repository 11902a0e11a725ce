"""Lobsters' hotness: the logarithm of votes and comments, less the age.

Problem: a discussion is a sign of interest, but a quarrel is not worth more than the votes. Idea: as reddit's hot
with 22 hours for ten times the votes; each comment counts half, all together at most what the votes count.

Lobsters: the method `calculated_hotness` of its published story model.
"""

from __future__ import annotations

import numpy as np

from broadsheet.kit.card import Card
from broadsheet.trending.contract import Scores, Signals

__all__ = ["CARD", "Lobsters"]

CARD = Card(
    title="Lobsters' hotness",
    paper="lobsters, app/models/story.rb",
    year=2012,
    fidelity="faithful",
    solves="votes and discussion in one order",
    when="Choose it where comments speak for a paper as votes do.",
    costs="Nothing is trained; a few operations a paper.",
    stage="the daily paper: the order of a day",
    departures=(
        "no tag modifiers and no bonus for one's own work",
        "a person's comments on a paper count once, not by their votes",
    ),
)


class Lobsters:
    """log10(votes + 1 + comments) - age in hours / `hours`.

    >>> import numpy as np
    >>> from broadsheet.trending.contract import Signals
    >>> from broadsheet.trending.lobsters import Lobsters
    >>> votes, age = np.array([9.0, 8.0, 3.0]), np.array([0.5, 3.0, 0.5])  # age in days
    >>> same = {"comments": np.zeros(3), "relevance": np.zeros(3), "usual": np.full(3, 0.05)}
    >>> day = Signals(votes=votes, voices=votes, views=np.array([90, 160, 40]), age=age, **same)
    >>> Lobsters().score(day).total.argsort()[::-1].tolist()
    [0, 2, 1]
    """

    def __init__(self, *, hours: float = 22) -> None:
        self.hours = hours

    def score(self, signals: Signals) -> Scores:
        """Score each of the n papers; the score is the sum of its parts."""
        base = signals.votes + 1
        votes = np.log10(base)
        comments = np.log10(base + np.minimum(signals.comments / 2, signals.votes)) - votes
        age = -signals.age * 24 / self.hours
        return Scores(votes + comments + age, {"votes": votes, "comments": comments, "age": age})
