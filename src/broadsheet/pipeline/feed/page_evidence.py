"""What a reader's model says of candidates for the page: how wanted each is, whether it fits, and by which interest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.pipeline.feed.interests import Interest
from broadsheet.pipeline.feed.quotas import fair_order
from broadsheet.pipeline.feed.taste import Taste
from broadsheet.pipeline.index.snapshot import IndexSnapshot

__all__ = ["PageEvidence"]

FIT = 20.0  # times the odds of an ordinary paper to be saved: a paper with more fits
SURE = 0.5  # interest, at least, of what a made interest is sure of


@dataclass(frozen=True, slots=True)
class PageEvidence:
    """What a reader's model says of candidates; aligned arrays."""

    probabilities: NDArray[np.float32]
    fits: NDArray[np.bool_]
    interests: NDArray[np.int64]  # the interest that carries each
    shares: NDArray[np.float32]  # of each interest in the page
    most: NDArray[np.float32]  # the largest share that each may have
    unwanted: NDArray[np.bool_]  # what its interest is not about, and what a muted interest carries

    @classmethod
    def of(cls, snapshot: IndexSnapshot, interest: Interest | None, rows: NDArray[np.int64]) -> PageEvidence:
        """Of rows; without a model every paper fits."""
        n, one = len(rows), np.ones(1, np.float32)
        if interest is None:
            none = np.zeros(n, np.float32)
            return cls(none, np.ones(n, np.bool_), np.zeros(n, np.int64), one, one, np.zeros(n, np.bool_))
        taste, own, numbers = interest.taste, interest.own, snapshot.ids[rows]
        scores = taste.scores(rows)
        probabilities, fits = taste.interest(scores), _odds(taste.probabilities(scores)) >= FIT * _usual_odds(taste)
        carriers = interest.carriers(rows)
        found = np.array([own.matching.get(number, -1) for number in numbers.tolist()], np.int64)
        carriers = np.where(found >= 0, found, carriers)
        is_like = np.isin(rows, taste.near.rows)  # a paper that stands for an interest is like itself
        if is_like.any():
            _, shares = taste.carriers(rows[is_like])
            probabilities[is_like] *= 1 - shares
        sure = np.isin(numbers, list(own.sure))
        against = np.array(
            [n in own.all[at].against for n, at in zip(numbers.tolist(), carriers.tolist(), strict=True)]
        )
        muted = np.array([one.stored.state != "on" for one in own.all], np.bool_)
        most = np.array([1.0 if one.stored.quota is None else one.stored.quota for one in own.all], np.float32)
        return cls(
            np.where(sure, np.maximum(probabilities, SURE), probabilities).astype(np.float32),
            fits | (found >= 0),
            carriers,
            np.array([one.share for one in own.all], np.float32),
            most,
            against | muted[carriers],
        )

    def order(
        self,
        pool: NDArray[np.int64],
        scores: NDArray[np.float32],
        vectors: NDArray[np.float32],
        tiers: NDArray[np.int64],
        k: int,
        diversity: float,
    ) -> NDArray[np.int64]:
        """The places in the pool (n,) of the k papers of a page, every interest with its share."""
        interests, shares, most = self.interests[pool], self.shares, self.most
        return fair_order(
            *(scores, vectors, k), interests=interests, shares=shares, tiers=tiers, diversity=diversity, most=most
        )

    def of_some(self, places: NDArray[np.int64]) -> PageEvidence:
        """Of some of the rows, by their places."""
        fits, interests, unwanted = self.fits[places], self.interests[places], self.unwanted[places]
        return PageEvidence(self.probabilities[places], fits, interests, self.shares, self.most, unwanted)


def _odds(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(probabilities / np.maximum(1 - probabilities, 1e-9), np.float32)


def _usual_odds(taste: Taste) -> float:
    """The odds of an ordinary paper to be saved."""
    return float(_odds(np.array([taste.ordinary_probability], np.float32))[0])
