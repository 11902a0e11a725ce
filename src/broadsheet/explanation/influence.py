"""Influence: which saved paper a recommendation came from, and which words the two share.

Problem: readers trust and correct a page only if it says which of their own actions led to each paper. Idea: at the
optimum of a penalised linear model the coefficients are a weighted sum of the examples, so every score is exactly a sum
over examples; the largest part names the saved paper, and the rarest words in both texts say what they share.

Bilgic, Mooney: Explaining Recommendations: Satisfaction vs. Promotion. Beyond Personalization workshop, IUI 2005
(influence-style and keyword-style explanations).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.explanation.contract import SharedTerm
from broadsheet.kit.bag_of_words import among
from broadsheet.kit.card import Card, Claim

__all__ = ["CARD", "Influence", "shared_terms"]

CARD = Card(
    title="Explaining Recommendations: Satisfaction vs. Promotion",
    paper="Beyond Personalization workshop, IUI 2005",
    year=2005,
    fidelity="reduced",
    solves="which of the reader's own papers led to a recommendation, and what they share",
    when=(
        "Choose it to say which examples a linear model's score came from, at no cost: the parts add up to the "
        "score. For other models, influence functions are estimates."
    ),
    costs="Nothing is trained; one product of the candidates with the examples.",
    stage="the feed: the reasons beside a paper",
    claims=(
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, authors as readers, test half",
            "share of named saves without which, refitted, the score falls most, above naming the nearest (difference)",
            0.1,
            ours=True,
            was="0.75 of all, with nothing beside it",
        ),
    ),
    departures=(
        "influence is read off the optimum, not by refitting without each example: the two name the same paper mostly",
    ),
)


class Influence:
    """Explains a linear model whose coefficients are `duals` (m,) times the examples x (m, d).

    >>> import numpy as np
    >>> from broadsheet.explanation.influence import Influence
    >>> saved, duals = np.eye(2, dtype=np.float32), np.array([0.5, -0.25], np.float32)
    >>> Influence(saved, duals).explain(np.array([[0.6, 0.8]], np.float32)).round(2)
    array([[ 0.3, -0.2]], dtype=float32)
    """

    def __init__(self, examples: NDArray[np.float32], duals: NDArray[np.float32]) -> None:
        self.examples = examples
        self.duals = duals

    def likeness(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """The inner product of each of x (n, d) with each example, (n, m)."""
        return np.asarray(x @ self.examples.T)

    def explain(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """The part of each score (without the intercept) due to each example, (n, m)."""
        return self.likeness(x) * self.duals


def shared_terms(
    first: NDArray[np.uint64], second: NDArray[np.uint64], weights: NDArray[np.float32], k: int
) -> list[SharedTerm]:
    """The k words or word pairs of `first` (p,) with the highest weights that are also in `second` (q,).

    `weights` are aligned with `first`; words of weight 0 are never shared terms. The weight of a pair is the sum of its
    words, and a pair replaces its words.
    """
    is_shared = among(first, second) & (weights > 0)
    mix = np.uint64(0x9E3779B97F4A7C15)
    pairs = first[:-1] * mix ^ first[1:]
    is_shared_pair = (
        among(pairs, second[:-1] * mix ^ second[1:]) & is_shared[:-1] & is_shared[1:] & (first[:-1] != first[1:])
    )
    candidates = [(float(weights[i] + weights[i + 1]), i, 2) for i in np.flatnonzero(is_shared_pair)]
    candidates += [(float(weights[i]), i, 1) for i in np.flatnonzero(is_shared)]
    candidates.sort(key=lambda f: (-f[0], f[1]))
    selection: list[SharedTerm] = []
    used_terms: set[int] = set()
    for weight, start, length in candidates:
        terms = set(first[start : start + length].tolist())
        if not terms & used_terms:
            selection.append(SharedTerm(int(start), length, weight))
            used_terms |= terms
            if len(selection) == k:
                break
    return selection
