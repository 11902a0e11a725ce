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
    solves="an order that everybody can check by counting",
    stage="the daily paper: the order of a day",
    departures=("papers outside the window follow instead of being left out",),
)


class VoteCount:
    """The votes of a paper not older than `days`; 0 votes for an older one."""

    def __init__(self, *, days: float = 7) -> None:
        self.days = days

    def score(self, signals: Signals) -> Scores:
        """Score each of the n papers; the score is its only part."""
        votes = np.where(signals.age <= self.days, signals.votes, 0.0)
        return Scores(votes, {"votes": votes})
