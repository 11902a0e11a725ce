"""Term dependence: neighbouring words of a query should be neighbours in the paper too.

Problem: for a bag of words, a paper with the query's words far apart is as good as one with the phrase. Idea: model the
query as a random field in which neighbouring words depend on each other; a document scores for every pair of
neighbours that it has in order and side by side, and for the query words within one short window.

Metzler, Croft: A Markov Random Field Model for Term Dependencies. SIGIR 2005, section 3 (sequential dependence).

>>> import numpy as np
>>> from broadsheet.ranking.term_dependence import dependence, neighbours
>>> follows = neighbours(np.array([0, 1], np.int32), terms=2)  # the query "red glass"
>>> inside = np.array([0, 1, 0, -1, 1], np.int32)  # "red glass", and "red roof glass"
>>> dependence(inside, np.array([0, 2, 5]), 1, np.ones(2, np.float32), follows).tolist()
[[1.0, 1.0], [0.0, 1.0]]
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.native import kernel

__all__ = ["CARD", "dependence", "neighbours"]

CARD = Card(
    title="A Markov Random Field Model for Term Dependencies",
    paper="10.1145/1076034.1076115",
    year=2005,
    fidelity="reduced",
    solves="papers that say the query's phrases, not only its words",
    when=(
        "Choose it beside BM25 where queries have two words or more; its two figures are features of a ranker, not "
        "a score."
    ),
    costs="Nothing is trained; the positions of the candidates' words are read once.",
    stage="ranking: a feature of the candidates",
    claims=(
        Claim(
            "Table 3 (sequential dependence over full independence, mean average precision)",
            "papers.parquet, 87,366 papers, tldr queries, test half",
            "MRR@10, BM25 with pairs and stretches over BM25 alone (ratio)",
            1.02,
            ours=True,
        ),
    ),
    departures=(
        "pairs and stretches are counted once a document and weighed by the words' idf, instead of by a language model",
        "one stretch, the best, stands for all unordered windows",
    ),
    builds_on=("bm25",),
)


def neighbours(sequence: NDArray[np.int32], terms: int) -> NDArray[np.bool_]:
    """Whether term j directly follows term i in the query, (m, m); `sequence` are its words as positions of terms."""
    follows = np.zeros((terms, terms), np.bool_)
    follows[sequence[:-1], sequence[1:]] = True
    return follows


_dependence = kernel("term_dependence_dependence")


def dependence(
    inside: NDArray[np.int32],
    bounds: NDArray[np.int64],
    fields: int,
    weights: NDArray[np.float32],
    follows: NDArray[np.bool_],
    *,
    stretch: int = 24,
) -> NDArray[np.float32]:
    """The share of the query's neighbour pairs in each document, and of its words in the best window, (n, 2).

    `inside` (t,) is each word of the documents as a position among the query's m terms, -1 for another word; `bounds`
    (n * fields + 1,) cuts it into the fields of each document; `weights` (m,) are the terms' idf; `follows` (m, m) as
    from `neighbours`; a stretch is that many words of one field. Both shares lie in 0..1. Raises ValueError if a
    stretch has no word.
    """
    if stretch < 1:
        raise ValueError(f"a stretch must have at least one word, not {stretch}")
    out = np.zeros(((len(bounds) - 1) // fields, 2), np.float32)
    m = len(weights)
    tally, met = np.empty(m, np.int32), np.empty((m, m), np.bool_)
    _dependence(inside, bounds, len(out), fields, weights, follows, m, stretch, tally, met, out)
    pairs = np.minimum(weights[:, None], weights[None, :])[follows].sum()
    return np.asarray(out / np.maximum([pairs, weights.sum()], 1e-9), np.float32)
