"""Convex fusion: combine lexical and semantic scores by a weighted sum after normalising both.

Problem: two retrievers score the same candidates on different scales. Idea: normalise each (BM25 by the best score of
the query, with a minimum of 0; the cosine as it is) and add them with one weight. Unlike reciprocal-rank fusion this
keeps the distances between scores, and only the weight needs tuning.

Bruch, Gai, Ingber: An Analysis of Fusion Functions for Hybrid Retrieval. ACM TOIS 42(1), 2023.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim

__all__ = ["CARD", "ConvexFusion", "on_unit_scale"]

CARD = Card(
    title="An Analysis of Fusion Functions for Hybrid Retrieval",
    paper="2210.11934",
    year=2023,
    fidelity="faithful",
    solves="one ranking from a lexical and a semantic one",
    when=(
        "Choose it to mix two scores of known scale, one of them a cosine; where only ranks are known, reciprocal- "
        "rank fusion needs no scale."
    ),
    costs="One weight, chosen on a few dozen queries; one pass over the candidates.",
    stage="candidates: the first order of those by words and by meaning together",
    claims=(
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, tldr queries, test half",
            "MRR@10, fused over lexical alone (ratio)",
            1.01,
            ours=True,
            was="1.00 for a week, once 1.007 was measured",
        ),
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, tldr queries, test half",
            "MRR@10, fused over reciprocal-rank fusion (ratio)",
            1.05,
            ours=True,
        ),
    ),
    departures=("the semantic score, a cosine of non-negative text weights, is used as it is",),
)


def on_unit_scale(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores divided by the greatest: theoretical-minimum max normalisation of section 3.1, with minimum 0."""
    top = float(scores.max(initial=0.0))
    return scores / np.float32(top) if top > 0 else np.zeros_like(scores)


class ConvexFusion:
    """`semantic` is the weight of the semantic score, 0..1.

    >>> import numpy as np
    >>> from broadsheet.retrieval.convex_fusion import ConvexFusion
    >>> by_words, by_meaning = np.array([4, 2, 0], np.float32), np.array([0.1, 0.9, 0.8], np.float32)
    >>> ConvexFusion(semantic=0.5).fuse(by_words, by_meaning).round(2)
    array([0.55, 0.7 , 0.4 ], dtype=float32)
    """

    def __init__(self, *, semantic: float = 0.2) -> None:
        if not 0 <= semantic <= 1:
            raise ValueError(f"the weight of the semantic score must lie in 0..1, not {semantic}")
        self.semantic = semantic

    def parts(
        self, lexical: NDArray[np.float32], semantic: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The lexical and the semantic part of the fused score, (m,) each."""
        return (
            np.float32(1 - self.semantic) * on_unit_scale(lexical),
            np.float32(self.semantic) * np.maximum(semantic, 0),
        )

    def fuse(self, lexical: NDArray[np.float32], semantic: NDArray[np.float32]) -> NDArray[np.float32]:
        """The weighted sum, (m,)."""
        first, second = self.parts(lexical, semantic)
        return first + second
