"""ListNet: learn the weights of ranking features from lists with known relevant documents.

Problem: several scores of a candidate (words, vectors, phrases) must become one. Idea: a softmax turns the scores of a
list into probabilities of being ranked first, and the loss is the cross entropy with the relevant documents; it is
convex in the weights of a linear score. Weights are at least 0, so that the parts of a score can be shown as shares.

Cao, Qin, Liu, Tsai, Li: Learning to Rank: From Pairwise Approach to Listwise Approach. ICML 2007, section 4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent

__all__ = ["CARD", "ListNet", "top_one"]

CARD = Card(
    title="Learning to Rank: From Pairwise Approach to Listwise Approach",
    paper="10.1145/1273496.1273513",
    year=2007,
    fidelity="reduced",
    solves="one score from several, learned from lists with known answers",
    when=(
        "Choose it where a handful of features, each with a meaning, become one score whose parts are shown; a "
        "forest of trees learns more from hundreds."
    ),
    costs="Seconds of training for thousands of lists, as the problem is convex; one product a candidate.",
    stage="ranking: one score from all features",
    claims=(
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, tldr queries, test half",
            "MRR@10, learned weights over convex fusion (ratio)",
            1.03,
            ours=True,
        ),
    ),
    departures=(
        "a linear score instead of a neural network, with weights of at least zero and a quadratic penalty",
        "found by L-BFGS-B, as the problem is convex",
    ),
)


def top_one(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probability of each of a list (n,) to be ranked first: theorem 6 with the exponential."""
    powers = np.exp(scores - scores.max())
    return np.asarray(powers / powers.sum())


class ListNet(Persistent):
    """Learns `weights_` (f,), at least 0.

    >>> import numpy as np
    >>> from broadsheet.ranking.listnet import ListNet
    >>> candidates = np.array([[1, 0.2], [0, 0.9], [0.1, 0]], np.float32)  # two features a candidate
    >>> relevant = np.array([1, 0, 0], np.float32)
    >>> ranker = ListNet().fit([candidates] * 4, [relevant] * 4)
    >>> ranker.score(candidates).argsort()[::-1].tolist()
    [0, 2, 1]
    >>> ranker.save("ranker.bin")
    >>> ListNet.load("ranker.bin").weights_.tolist() == ranker.weights_.tolist()
    True
    """

    def __init__(self, *, penalty: float = 1e-4) -> None:
        self.penalty = penalty
        self.weights_ = np.empty(0, np.float32)

    def fit(
        self, lists: Sequence[NDArray[np.float32]], gains: Sequence[NDArray[np.float32]], chances: Sequence[float] = ()
    ) -> Self:
        """Fit on lists of candidates (n_i, f) and their relevance (n_i,); a list without a relevant one is skipped.

        `chances` are weights of the lists, by default equal. Raises ValueError if no list has a relevant document.
        """
        from scipy.optimize import minimize

        shares = chances or [1.0] * len(lists)
        usable = [
            (x.astype(np.float64), y / y.sum(), share)
            for x, y, share in zip(lists, gains, shares, strict=True)
            if y.sum() > 0
        ]
        if not usable:
            raise ValueError("no list has a relevant document: there is nothing to learn from")
        total_share = sum(share for _, _, share in usable)

        def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            total, slope = self.penalty * float(w @ w), 2 * self.penalty * w
            for x, y, share in usable:
                chance = top_one(x @ w)
                total -= share / total_share * float(y @ np.log(chance + 1e-300))  # equation 4: cross entropy
                slope = slope + share / total_share * ((chance - y) @ x)
            return total, slope

        width = usable[0][0].shape[1]
        optimum = minimize(loss, np.ones(width), jac=True, method="L-BFGS-B", bounds=[(0, None)] * width)
        self.weights_ = optimum.x.astype(np.float32)
        return self

    def parts(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """The part of each document's score from each feature, (n, f)."""
        return np.asarray(features * self.weights_, np.float32)

    def score(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """The score of each document, (n,), from its features (n, f); greater is better."""
        return np.asarray(features @ self.weights_, np.float32)

    def widened(self) -> ListNet:
        """The same ranker for one more feature, which counts for nothing."""
        wider = ListNet(penalty=self.penalty)
        wider.weights_ = np.append(self.weights_, np.float32(0))
        return wider

    def mixed(self, other: ListNet, share: float) -> ListNet:
        """A ranker between this one (share 1) and another of the same features (share 0)."""
        ranker = ListNet(penalty=self.penalty)
        ranker.weights_ = np.asarray(share * self.weights_ + (1 - share) * other.weights_, np.float32)
        return ranker

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """The learned weights."""
        return {"weights": self.weights_}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> ListNet:
        """Restore the ranker. Raises ValueError if the weights are not finite or below 0."""
        weights = arrays["weights"]
        if weights.ndim != 1 or not np.isfinite(weights).all() or (weights < 0).any():
            raise ValueError("weights must be finite and at least 0")
        ranker = cls()
        ranker.weights_ = weights.astype(np.float32)
        return ranker
