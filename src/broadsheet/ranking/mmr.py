"""MMR: maximal marginal relevance, so that a page has no near-duplicates.

Problem: the most relevant papers for a reader are often very similar to each other. Idea: fill the page one by one,
each time with the paper whose relevance minus its similarity to the page so far is greatest.

Carbonell, Goldstein: The Use of MMR, Diversity-Based Reranking for Reordering Documents and Producing Summaries.
SIGIR 1998.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim

__all__ = ["CARD", "MMR", "marginal_relevance"]

CARD = Card(
    title="The Use of MMR, Diversity-Based Reranking for Reordering Documents and Producing Summaries",
    paper="10.1145/290941.291025",
    year=1998,
    fidelity="faithful",
    solves="a page without near-repeats",
    when=(
        "Choose it for a page that is read from the top and has near-duplicates; it gives up some relevance for "
        "that, which its claims show."
    ),
    costs="Nothing is trained; k passes over the candidates of a page.",
    stage="the feed: the order of the page",
    claims=(
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, authors as readers, test half",
            "mean cosine within a page of 20, with over without (ratio)",
            0.9,
            ours=True,
            was="0.85 for a week",
        ),
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, authors as readers, test half",
            "later papers on a page of 20, with over without (ratio)",
            1.0,
            ours=True,
        ),
    ),
)


def marginal_relevance(
    relevance: NDArray[np.float32], likeness: NDArray[np.float32], diversity: float
) -> NDArray[np.float32]:
    """(1 - diversity) * relevance - diversity * likeness; the paper's lambda is 1 - diversity."""
    return np.float32(1 - diversity) * relevance - np.float32(diversity) * likeness


class MMR:
    """`diversity` 0 keeps the order of relevance, 1 ignores it.

    >>> import numpy as np
    >>> from broadsheet.ranking.mmr import MMR
    >>> relevance = np.array([0.9, 0.8, 0.6], np.float32)
    >>> x = np.array([[1, 0], [1, 0], [0, 1]], np.float32)  # the second paper is like the first
    >>> MMR(diversity=0.5).order(relevance, x, k=3).tolist()
    [0, 2, 1]
    """

    def __init__(self, *, diversity: float = 0.3) -> None:
        if not 0 <= diversity <= 1:
            raise ValueError(f"diversity must lie in 0..1, not {diversity}")
        self.diversity = diversity

    def order(self, relevance: NDArray[np.float32], x: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """Positions of the k chosen, best first, from relevance (n,) and unit vectors x (n, d); ties to the lower."""
        n = len(relevance)
        likeness = np.zeros(n, np.float32)  # to the most similar paper of the page; 0 while it is empty
        free = np.ones(n, np.bool_)
        positions = np.empty(min(k, n), np.int64)
        for at in range(len(positions)):
            gain = np.where(free, marginal_relevance(relevance, likeness, self.diversity), -np.inf)
            positions[at] = int(gain.argmax())
            free[positions[at]] = False
            likeness = np.maximum(likeness, x @ x[positions[at]]) if at else x @ x[positions[at]]
        return positions
