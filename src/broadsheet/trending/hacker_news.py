"""Hacker News: votes over a power of the age.

Problem: new stories should come first, unless older ones have many votes. Idea: a story's votes without its
submitter's, to the power 0.8, fall with the age in hours, plus 2, to the power 1.8.

Salihefendic: How Hacker News ranking algorithm works. 2015.
"""

from __future__ import annotations

import numpy as np

from broadsheet.kit.card import Card
from broadsheet.trending.contract import Scores, Signals

__all__ = ["CARD", "HackerNews"]

CARD = Card(
    title="How Hacker News ranking algorithm works",
    paper="Salihefendic, amix.dk, 2015",
    year=2015,
    fidelity="faithful",
    solves="new stories first, unless older ones have many votes",
    when=("Choose it for a community that expects the order it knows from there; it takes votes for what they seem."),
    costs="Nothing is trained; a few operations a paper.",
    stage="the daily paper: the order of a day",
    departures=("a submission is no vote, so no vote is taken off; no penalties",),
)


class HackerNews:
    """votes^0.8 / (age in hours + 2)^`gravity`.

    >>> import numpy as np
    >>> from broadsheet.trending.contract import Signals
    >>> from broadsheet.trending.hacker_news import HackerNews
    >>> votes, age = np.array([9.0, 8.0, 3.0]), np.array([0.5, 3.0, 0.5])  # age in days
    >>> same = {"comments": np.zeros(3), "relevance": np.zeros(3), "usual": np.full(3, 0.05)}
    >>> day = Signals(votes=votes, voices=votes, views=np.array([90, 160, 40]), age=age, **same)
    >>> HackerNews().score(day).total.argsort()[::-1].tolist()
    [0, 2, 1]
    """

    def __init__(self, *, gravity: float = 1.8) -> None:
        self.gravity = gravity

    def score(self, signals: Signals) -> Scores:
        """Score each of the n papers; the score is the product of its parts."""
        votes = signals.votes**0.8
        age = (np.maximum(signals.age, 0) * 24 + 2) ** -self.gravity
        return Scores(votes * age, {"votes": votes, "age": age})
