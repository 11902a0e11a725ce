"""Logistic: one reader as a regularised logistic regression over document vectors, refitted on every action.

Problem: learn a reader's interest from few positive and negative examples, at once and without forgetting. Idea: the
probability of interest is a sigmoid of a linear function of the paper's vector; the penalised log-likelihood is
concave, so Newton's method finds its only maximum in a few steps of d x d algebra, and the coefficients are a vector
that can be searched like any query.

Lewis, Gale: A Sequential Algorithm for Training Text Classifiers. SIGIR 1994; fitted by iteratively reweighted least
squares, Hastie, Tibshirani, Friedman: The Elements of Statistical Learning, section 4.4.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent

__all__ = ["CARD", "Logistic", "newton"]

CARD = Card(
    title="A Sequential Algorithm for Training Text Classifiers",
    paper="10.1007/978-1-4471-2099-5_1",
    year=1994,
    fidelity="faithful",
    solves="a reader's interest from few examples, refitted in milliseconds",
    when=(
        "Choose it for one reader with some saves and some papers left alone, where a score must be explained by "
        "the saves it came from (influence)."
    ),
    costs="Milliseconds a reader at every action, in the space of the saves; one product a candidate.",
    unused=(
        "the feed of today reaches nDCG@20 0.163 for readers with all their saves, a logistic regression on the "
        "word encoder's vectors, which was the feed of 0.1.0, 0.083."
    ),
    stage="",
    claims=(
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, authors as readers, test half",
            "recall@100 of later papers, over the most cited (ratio)",
            2.0,
            ours=True,
            was="recall of 0.10 for a week",
        ),
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, authors as readers, test half",
            "recall@100 of later papers, over the mean vector of the saves (ratio)",
            1.0,
            ours=True,
        ),
    ),
    departures=("Newton's method on all examples instead of a step an example: at this size it is exact and faster",),
)


def newton(
    x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64], penalty: float, steps: int
) -> NDArray[np.float64]:
    """argmax of sum w (y log p + (1 - y) log(1 - p)) - penalty / 2 |beta|^2 without the last coefficient, (d + 1,).

    x is (m, d); the last coefficient is the intercept. In the space of the m examples when m < d: beta lies in their
    span.
    """
    m, d = x.shape
    if m < d:  # beta = q gamma with x = r q', the same problem in m dimensions
        q, r = np.linalg.qr(x.T)
        gamma = newton(np.ascontiguousarray(r.T), y, weight, penalty, steps)
        return np.concatenate([q @ gamma[:-1], gamma[-1:]])
    design = np.hstack([x, np.ones((m, 1))])
    ridge = np.full(d + 1, penalty)
    ridge[-1] = 1e-6
    beta = np.zeros(d + 1)
    # The Hessian only affects the steps, so single precision suffices; BLAS computes the product as symmetric.
    single = design.astype(np.float32)
    for _ in range(steps):
        p = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        gradient = design.T @ (weight * (y - p)) - ridge * beta
        bent = single * np.sqrt(weight * p * (1 - p)).astype(np.float32)[:, None]
        step = np.linalg.solve(bent.T @ bent + np.diag(ridge), gradient)
        beta += step
        if float(np.abs(step).max()) < 1e-5:
            break
    return beta


class Logistic(Persistent):
    """Fits `coef_` (d,), `intercept_` and `duals_` (m,): coef_ is the sum of the examples times their duals.

    >>> import numpy as np
    >>> from broadsheet_lab.ranking.logistic import Logistic
    >>> x = np.array([[1, 0], [0.9, 0.1], [0, 1], [0.1, 0.9]], np.float32)  # papers
    >>> saved, weight = np.array([1, 1, 0, 0], np.float32), np.ones(4, np.float32)
    >>> reader = Logistic().fit(x, saved, weight)
    >>> reader.score(np.array([[0, 1], [1, 0]], np.float32)).argmax().item()
    1
    """

    def __init__(self, *, penalty: float = 1.0, steps: int = 25) -> None:
        self.penalty = penalty
        self.steps = steps
        self.coef_ = np.empty(0, np.float32)
        self.intercept_ = 0.0
        self.duals_ = np.empty(0, np.float32)

    def fit(self, x: NDArray[np.float32], y: NDArray[np.float32], weight: NDArray[np.float32]) -> Logistic:
        """Fit on papers x (m, d) with labels y (m,), 1 positive and 0 negative, and weights (m,)."""
        beta = newton(x.astype(np.float64), y.astype(np.float64), weight.astype(np.float64), self.penalty, self.steps)
        self.coef_, self.intercept_ = beta[:-1].astype(np.float32), float(beta[-1])
        # where the gradient vanishes, penalty * coef = sum of weight * (y - p) * x
        self.duals_ = (weight * (y - self.probability(self.score(x))) / np.float32(self.penalty)).astype(np.float32)
        return self

    def score(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """The log-odds of interest, (n,)."""
        return np.asarray(x @ self.coef_ + np.float32(self.intercept_))

    def probability(self, log_odds: NDArray[np.float32]) -> NDArray[np.float32]:
        """The log-odds as a probability, 0..1."""
        return (1 / (1 + np.exp(-np.clip(log_odds, -30, 30)))).astype(np.float32)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """The coefficients, the duals and the settings."""
        values = np.array([self.intercept_, self.penalty, self.steps])
        return {"coef": self.coef_, "duals": self.duals_, "values": values}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Logistic:
        """Restore the model. Raises ValueError or KeyError if the arrays do not fit."""
        coef, duals, (intercept, penalty, steps) = arrays["coef"], arrays["duals"], arrays["values"].tolist()
        if coef.ndim != 1 or duals.ndim != 1:
            raise ValueError(f"coef of shape {coef.shape} and duals of shape {duals.shape}, wanted a number each")
        model = cls(penalty=penalty, steps=int(steps))
        model.coef_, model.duals_, model.intercept_ = coef, duals, intercept
        return model
