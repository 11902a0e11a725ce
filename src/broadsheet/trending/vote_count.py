"""Vote count: the papers of a window of days by their votes.

Problem: an order that everybody can check. Idea: no decay; inside the window the paper with the most votes is first,
outside it none is.

SciRate: the date range of its paper list.
"""

from __future__ import annotations

import numpy as np

from broadsheet.kit.card import Card
from broadsheet.trending.contract import Scores, Signals

__all__ = ["CARD", "VoteCount"]

CARD = Card(
    title="SciRate's list of a date range",
    paper="scirate, app/controllers/feeds_controller.rb",
    year=2012,
    fidelity="faithful",
    solves="an order that everybody can check by counting",
    when="Choose it where readers want to work the order out by hand.",
    costs="Nothing is trained; a few operations a paper.",
    stage="the daily paper: the order of a day",
    departures=("papers outside the window follow instead of being left out",),
)


class VoteCount:
    """The votes of a paper not older than `days`; 0 votes for an older one.

    >>> import numpy as np
    >>> from broadsheet.trending.contract import Signals
    >>> from broadsheet.trending.vote_count import VoteCount
    >>> votes, age = np.array([9.0, 8.0, 3.0]), np.array([0.5, 3.0, 0.5])  # age in days
    >>> same = {"comments": np.zeros(3), "relevance": np.zeros(3), "usual": np.full(3, 0.05)}
    >>> day = Signals(votes=votes, voices=votes, views=np.array([90, 160, 40]), age=age, **same)
    >>> VoteCount().score(day).total.argsort()[::-1].tolist()
    [0, 1, 2]
    """

    def __init__(self, *, days: float = 7) -> None:
        self.days = days

    def score(self, signals: Signals) -> Scores:
        """Score each of the n papers; the score is its only part."""
        votes = np.where(signals.age <= self.days, signals.votes, 0.0)
        return Scores(votes, {"votes": votes})
