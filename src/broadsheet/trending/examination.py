"""Examination: how likely a paper is to be looked at, by its position on a page.

Problem: a paper at the top is seen by all and one at the end by few, so that counts of impressions are not counts of
looks. Idea: votes at a position come from how often papers stood there, from how good these papers are, and from how
likely the position is to be looked at; with papers that stood at several positions the last two can be told apart, by
fitting one while the other is held. Where there is little data a curve 1 / position^0.6 serves, and data takes over
vote by vote. Position 0 is a page about one paper: whoever opens it is interested already, and it weighs more.

Richardson, Dominowska, Ragno: Predicting Clicks: Estimating the Click-Through Rate for New Ads. WWW 2007.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card
from broadsheet.kit.persistence import Persistent
from broadsheet.trending.contract import Floats

__all__ = ["CARD", "Examination", "default_curve", "group_of"]

CARD = Card(
    title="Predicting Clicks: Estimating the Click-Through Rate for New Ads",
    paper="10.1145/1242572.1242643",
    year=2007,
    fidelity="reduced",
    solves="looks at a paper from impressions at positions",
    when="Choose it wherever votes come from lists: without it, votes measure places as much as papers.",
    costs="Twenty rounds over a table of papers and positions, fitted again every ten minutes.",
    stage="the daily paper: who could see a paper",
    departures=(
        "votes in place of clicks, and a Poisson model of both factors, fitted in turns",
        "positions in groups, and a default curve as the prior",
    ),
)
_FIRST = np.array([0, 1, 2, 3, 4, 6, 9, 13, 21, 51])  # the first position of each group
_OWN_PAGE = 3.0  # looks at the top of a list that a page about one paper is worth


def default_curve(positions: NDArray[np.int64]) -> Floats:
    """1 / position^0.6, 1 at the first position; 3 on the paper's own page, position 0."""
    return np.where(positions > 0, np.maximum(positions, 1).astype(np.float64) ** -0.6, _OWN_PAGE)


def group_of(positions: NDArray[np.int64]) -> NDArray[np.int64]:
    """The group of each position, from 0."""
    return np.searchsorted(_FIRST, np.maximum(positions, 0), side="right") - 1


class Examination(Persistent):
    """Fits `factors_`, by which each group of positions departs from the default curve; 1 until it is fitted.

    `strength` is how many votes at a group of positions weigh as much as the default curve.

    >>> import numpy as np
    >>> from broadsheet.trending.examination import Examination
    >>> papers, positions = np.array([0, 0, 1, 1]), np.array([1, 10, 1, 10])
    >>> shown, votes = np.full(4, 1000.0), np.array([50.0, 5.0, 20.0, 2.0])
    >>> before, after = Examination(), Examination().fit(papers, positions, shown, votes)
    >>> bool(after.weights(positions)[1] < before.weights(positions)[1] < 1)  # the tenth is looked at less than usual
    True
    """

    def __init__(self, *, strength: float = 50, rounds: int = 20) -> None:
        self.strength = strength
        self.rounds = rounds
        self.factors_ = np.ones(len(_FIRST))

    def fit(self, papers: NDArray[np.int64], positions: NDArray[np.int64], shown: Floats, votes: Floats) -> Examination:
        """Learn from rows (m,): a paper stood at a position so many times and got so many votes from there."""
        _, paper = np.unique(papers, return_inverse=True)
        group, looks = group_of(positions), shown * default_curve(positions)
        factors = np.ones(len(_FIRST))
        rate = votes.sum() / max(float(looks.sum()), 1e-9)
        if rate > 0:
            for _ in range(self.rounds):
                expected = np.bincount(paper, looks * factors[group])
                quality = (np.bincount(paper, votes) + 1) / (expected + 1 / rate)  # a look each like the average
                due = np.bincount(group, looks * quality[paper], len(_FIRST))
                factors = (np.bincount(group, votes, len(_FIRST)) + self.strength) / (due + self.strength)
                factors /= factors[1]
        self.factors_ = factors
        return self

    def weights(self, positions: NDArray[np.int64]) -> Floats:
        """The probability (n,) that each position is looked at, as a share of the first one's; more on own pages."""
        weights = default_curve(positions) * self.factors_[group_of(positions)]
        return np.where(positions > 0, np.minimum(weights, 1.0), weights)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """The factors and the settings."""
        return {"factors": self.factors_, "settings": np.array([self.strength, self.rounds])}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Examination:
        """Restore the model. Raises ValueError or KeyError if the arrays do not fit."""
        factors, (strength, rounds) = arrays["factors"], arrays["settings"].tolist()
        if factors.shape != _FIRST.shape:
            raise ValueError(f"factors of shape {factors.shape}, wanted one a group of positions, {_FIRST.shape}")
        examination = cls(strength=strength, rounds=int(rounds))
        examination.factors_ = factors
        return examination
