"""Vote rate: how many of those who looked at a paper voted for it, against what is usual in its field.

Problem: the paper at the top of a page gets votes because it is at the top, and a large field gets more than a small
one. Idea: votes over the times that the paper was looked at, pulled to the mean of the field while few have looked
(a Gamma prior), or above it where stars, citations or the community's taste speak for it; the logarithm of the rate
over the field's mean falls slowly with age.

Stoddard: Popularity Dynamics and Intrinsic Quality in Reddit and Hacker News. ICWSM 2015.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card
from broadsheet.trending.contract import Floats, Scores, Signals

__all__ = ["CARD", "VoteRate", "field_rates"]

CARD = Card(
    title="Popularity Dynamics and Intrinsic Quality in Reddit and Hacker News",
    paper="1501.07860",
    year=2015,
    fidelity="reduced",
    solves="votes measured against who could see the paper",
    when=(
        "Choose it where looks are counted: it is the only formula here that tells a paper few have seen from one "
        "few liked."
    ),
    costs="Nothing is trained but what is usual in a field; a few operations a paper.",
    stage="the daily paper: the order of a day, by default",
    departures=(
        "a Gamma posterior of each paper's rate, in place of one Poisson regression of all papers",
        "positions are weighted beforehand, by the curve of the logged pages",
    ),
)
_RATE, _LOOKS = 0.05, 20.0  # votes a look where nothing is known yet, and how many looks that weighs


class VoteRate:
    """log(rate / the field's rate) + what the prior knows - age / `days`.

    The rate is the mean of its posterior; `strength` is the prior's weight in looks, `relevance` its logarithmic lift
    at relevance 1.

    >>> import numpy as np
    >>> from broadsheet.trending.contract import Signals
    >>> from broadsheet.trending.vote_rate import VoteRate
    >>> votes, age = np.array([9.0, 8.0, 3.0]), np.array([0.5, 3.0, 0.5])  # age in days
    >>> same = {"comments": np.zeros(3), "relevance": np.zeros(3), "usual": np.full(3, 0.05)}
    >>> day = Signals(votes=votes, voices=votes, views=np.array([90, 160, 40]), age=age, **same)
    >>> VoteRate().score(day).total.argsort()[::-1].tolist()
    [0, 2, 1]
    """

    def __init__(self, *, strength: float = 20, relevance: float = 0.7, days: float = 14) -> None:
        if strength <= 0 or days <= 0:
            raise ValueError(f"strength and days must be greater than 0, not {strength} and {days}")
        self.strength = strength
        self.relevance = relevance
        self.days = days

    def score(self, signals: Signals) -> Scores:
        """Score each of the n papers; the score is the sum of its parts."""
        shape, looks = self.posterior(signals)
        lift = self.relevance * signals.relevance
        votes = np.log(shape / looks / signals.usual) - lift
        age = -signals.age / self.days
        return Scores(votes + lift + age, {"votes": votes, "relevance": lift, "age": age})

    def posterior(self, signals: Signals) -> tuple[Floats, Floats]:
        """The posterior Gamma of each paper's rate: its shape (n,), in votes, and its rate parameter (n,), in looks."""
        prior = self.strength * signals.usual * np.exp(self.relevance * signals.relevance)
        return signals.voices + prior, signals.views + self.strength

    def uncertainty(self, signals: Signals) -> Floats:
        """The relative standard deviation of each paper's rate, (n,)."""
        return np.asarray(1 / np.sqrt(self.posterior(signals)[0]))


def field_rates(seen: Floats, views: Floats, field: NDArray[np.int64], *, strength: float = 100) -> Floats:
    """Votes a look for each of m fields (m,), from papers (n,): their seen voices, views and fields, 0 to m - 1.

    A field with few looks is pulled to the rate of all; `strength` is the weight of that in looks.
    """
    everywhere = (float(seen.sum()) + _RATE * _LOOKS) / (float(views.sum()) + _LOOKS)
    votes, looks = np.bincount(field, seen), np.bincount(field, views)
    return np.asarray((votes + strength * everywhere) / (looks + strength))
