"""BM25: rank by how often the query's words occur, saturating, relative to the document's length and the words' rarity.

Problem: score a document for a bag of words. Idea: within a document a term's frequency saturates (k1) and is judged
against the document's length (b); across documents a term counts by its inverse document frequency. Fields are joined
before saturation, as BM25F does, by weighting their term counts.

Robertson, Zaragoza: The Probabilistic Relevance Framework: BM25 and Beyond. Foundations and Trends in Information
Retrieval 3(4), 2009. The idf is the non-negative form, log(1 + (N - df + 0.5) / (df + 0.5)).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import Bags
from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent

__all__ = ["BM25", "CARD", "idf", "repeated", "saturate"]

CARD = Card(
    title="The Probabilistic Relevance Framework: BM25 and Beyond",
    paper="10.1561/1500000019",
    year=2009,
    fidelity="faithful",
    solves="ranking documents for a bag of words",
    when=(
        "Choose it first: nothing to learn but an average length, and hard to beat where queries use the words of "
        "the papers."
    ),
    costs="Nothing is trained; one pass over the postings of the query's words.",
    stage="candidates by words: the weights of terms",
    claims=(
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, tldr queries, test half",
            "MRR@10 over bm25s with stemming (ratio)",
            1.0,
            ours=True,
        ),
    ),
    departures=("the inverse document frequency never goes below zero",),
)


def idf(frequencies: NDArray[np.int64], documents: int) -> NDArray[np.float32]:
    """log(1 + (N - df + 0.5) / (df + 0.5)) per term, (m,)."""
    return np.log1p((documents - frequencies + 0.5) / (frequencies + 0.5)).astype(np.float32)


def saturate(
    counts: NDArray[np.float32], lengths: NDArray[np.float32], average: float, k1: float, b: float
) -> NDArray[np.float32]:
    """tf (k1 + 1) / (tf + k1 (1 - b + b dl / avgdl)), aligned; lies in 0..k1 + 1. Section 3.4, equation 3.15."""
    return np.asarray(counts * (k1 + 1) / (counts + k1 * (1 - b + b * lengths / average)), np.float32)


def repeated(counts: NDArray[np.float32], k3: float = 8.0) -> NDArray[np.float32]:
    """qtf (k3 + 1) / (qtf + k3), aligned: what a query term counts that occurs qtf times; 1 for one. Section 3.4.3.

    A long need says its subject again and again; a word said twice is meant.
    """
    return np.asarray(counts * np.float32(k3 + 1) / (counts + np.float32(k3)), np.float32)


class BM25(Persistent):
    """The weighting; `average_length_` is learned by `fit` and then fixed, so that added documents fit old ones.

    >>> import numpy as np
    >>> from broadsheet.kit.bag_of_words import bag
    >>> from broadsheet.kit.text import tokenize
    >>> from broadsheet.retrieval.bm25 import BM25
    >>> tokens = tokenize(["red glass on a roof", "a green roof", "the glass of a red ship, red glass"])
    >>> lengths = np.diff(tokens.bounds).astype(np.float32)
    >>> weighting = BM25().fit(lengths)
    >>> papers = bag(tokens)
    >>> weights = weighting.document(papers, lengths)
    >>> weights.shape == papers.counts.shape, bool(weights.max() < weighting.ceiling)
    (True, True)
    >>> weighting.query(np.ones(2, np.float32), np.array([1, 2]), documents=3).round(2)
    array([0.98, 0.47], dtype=float32)
    """

    def __init__(self, *, k1: float = 1.5, b: float = 0.75) -> None:
        self.k1 = k1
        self.b = b
        self.average_length_ = 1.0

    @property
    def ceiling(self) -> float:
        """The greatest weight a document term can have."""
        return self.k1 + 1

    def fit(self, lengths: NDArray[np.float32]) -> BM25:
        """Learn the average document length from lengths (n,) in terms."""
        self.average_length_ = max(float(lengths.mean()) if len(lengths) else 1.0, 1.0)
        return self

    def document(self, bags: Bags, lengths: NDArray[np.float32]) -> NDArray[np.float32]:
        """The weight of every entry of `bags`, aligned with its columns."""
        return saturate(bags.counts, np.repeat(lengths, np.diff(bags.indptr)), self.average_length_, self.k1, self.b)

    def query(self, counts: NDArray[np.float32], frequencies: NDArray[np.int64], documents: int) -> NDArray[np.float32]:
        """count * idf for every query term; a term no document has weighs nothing."""
        return np.where(frequencies > 0, counts * idf(frequencies, documents), 0).astype(np.float32)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """The constants and the average length."""
        return {"values": np.array([self.k1, self.b, self.average_length_])}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> BM25:
        """Restore the weighting. Raises ValueError or KeyError if the arrays do not fit."""
        k1, b, average_length = arrays["values"].tolist()
        weighting = cls(k1=k1, b=b)
        weighting.average_length_ = average_length
        return weighting
