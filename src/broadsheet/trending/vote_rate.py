"""Vote rate: how many of those who looked at a paper voted for it, against what is usual in its field.

Problem: the paper at the top of a page gets votes because it is at the top, and a large field gets more than a small
one. Idea: votes over the times that the paper was looked at, pulled to the mean of the field while few have looked
(a Gamma prior), and more where stars, citations or the community's taste speak for it; a vote that no shown page
accounts for brings with it the looks that a vote needs on average, so that it says nothing; the logarithm of the rate
over the field's mean falls slowly with age.

Stoddard: Popularity Dynamics and Intrinsic Quality in Reddit and Hacker News. ICWSM 2015.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card
from broadsheet.trending.contract import Floats, Scores, Signals

__all__ = ["CARD", "VoteRate", "field_rates", "gamma_quantile"]

CARD = Card(
    title="Popularity Dynamics and Intrinsic Quality in Reddit and Hacker News",
    paper="1501.07860",
    year=2015,
    solves="votes measured against who could see the paper",
    stage="the daily paper: the order of a day, by default",
    departures=(
        "a Gamma posterior of each paper's rate, in place of one Poisson regression of all papers",
        "positions are weighted beforehand, by the curve of the logged pages",
    ),
)
_LEAST_RATE = 1e-3  # votes a look, where a field has none yet


class VoteRate:
    """log(rate / the field's rate) + what the prior knows - age / `days`.

    `strength` is the prior's weight in looks, `relevance` its logarithmic lift at relevance 1, `z` the normal quantile
    of the posterior that counts as the rate: 0 is its median, -1 a cautious estimate.
    """

    def __init__(self, *, strength: float = 20, relevance: float = 0.7, z: float = 0.0, days: float = 5) -> None:
        if strength <= 0 or days <= 0:
            raise ValueError(f"strength and days must be greater than 0, not {strength} and {days}")
        self.strength = strength
        self.relevance = relevance
        self.z = z
        self.days = days

    def score(self, signals: Signals) -> Scores:
        """Score each of the n papers; the score is the sum of its parts."""
        shape, views, usual = self.posterior(signals)
        lift = self.relevance * signals.relevance
        rate = gamma_quantile(shape, self.z) / views
        votes = np.log(rate / usual) - lift
        age = -signals.age / self.days
        return Scores(votes + lift + age, {"votes": votes, "relevance": lift, "age": age})

    def posterior(self, signals: Signals) -> tuple[Floats, Floats, Floats]:
        """The posterior Gamma of each paper's rate, shape (n,) and looks (n,), and its field's rate (n,)."""
        usual = field_rates(signals)
        shape = signals.voices + self.strength * usual * np.exp(self.relevance * signals.relevance)
        return shape, signals.views + signals.unseen / usual + self.strength, usual

    def uncertainty(self, signals: Signals) -> Floats:
        """The relative standard deviation of each paper's rate, (n,)."""
        shape, _, _ = self.posterior(signals)
        return np.asarray(1 / np.sqrt(shape))


def field_rates(signals: Signals) -> Floats:
    """Votes a look in the field of each paper (n,); of all papers where the field has no votes yet."""
    _, field = np.unique(signals.field, return_inverse=True)
    seen = signals.voices - signals.unseen
    everywhere = max(_LEAST_RATE, float(seen.sum()) / max(1.0, float(signals.views.sum())))
    votes, views = np.bincount(field, seen), np.bincount(field, signals.views)
    rates = np.where((votes > 0) & (views > 0), votes / np.maximum(views, 1e-9), everywhere)
    return np.asarray(rates[field])


def gamma_quantile(shape: Floats, z: float) -> NDArray[np.float64]:
    """The quantile of Gamma(shape, 1) at the normal quantile z, by the cube of Wilson and Hilferty."""
    cube = 1 - 1 / (9 * shape) + z / (3 * np.sqrt(shape))
    return np.asarray(shape * np.maximum(cube, 1e-3) ** 3)
