"""TILDEv2: rerank by weights that words got from their context long before the query, which itself needs no model.

Problem: a transformer that reads query and document together orders candidates well and takes a second to do it. Idea:
each word of a document gets one number from its state in context, a term keeps the greatest of its words, and a query
is only its words: its score is the sum of what the document says they are worth there. So that a document may be found
by words it lacks, words that its readers would likely ask with are appended to it before its words are weighed.

Zhuang, Zuccon: Fast Passage Re-ranking with Contextualized Exact Term Matching and Efficient Passage Expansion
(2108.08513). The likelihood of words of queries is that of TILDE, the authors' earlier model (SIGIR 2021).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from broadsheet.kit.bag_of_words import Bags, bag, find_sorted
from broadsheet.kit.card import Card, Claim
from broadsheet.kit.contrast import cross_entropy
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.text import Tokens
from broadsheet_lab.kit.optim import AdamW
from broadsheet_lab.ranking._impacts import Impacts, greatest, places, rows_of, without_stop_words

__all__ = ["CARD", "Impacts", "TILDEv2", "appended", "likely"]

CARD = Card(
    title="Fast Passage Re-ranking with Contextualized Exact Term Matching and Efficient Passage Expansion",
    paper="2108.08513",
    year=2021,
    solves="an order of candidates learned from context, without a model at query time",
    claims=(
        Claim(
            "table 2",
            "papers.parquet, keyword queries, test half",
            "MRR@10, reranked over BM25 (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "results", "papers.parquet, tldr queries, test half", "MRR@10, reranked over BM25 (ratio)", 1.0, ours=True
        ),
        Claim(
            "results", "papers.parquet, keyword queries, test half", "MRR@10, expanded over not (ratio)", 1.0, ours=True
        ),
        Claim("abstract", "papers.parquet, keyword queries", "median ms to rerank 100 candidates", 100.0, ours=True),
        Claim(
            "ours", "papers.parquet, keyword queries, test half", "MRR@10, 8 bits over exact (ratio)", 1.0, ours=True
        ),
        Claim(
            "ours", "papers.parquet, tldr queries, test half", "MRR@10 over log tf times idf (ratio)", 1.0, ours=True
        ),
    ),
    departures=(
        "the transformer is small and stays frozen: a head of one hidden layer on its states stands in for tuning it, "
        "and is given the idf of the word beside, which a tuned transformer knows",
        "terms are stemmed words, whose state is the mean of their pieces', instead of word pieces",
        "no masked-word head is at hand: the likelihood that a document's readers ask with a word is a ridge "
        "regression from the document's vector",
        "appended words are read beside the title, not after the whole text, which would exceed what the model reads",
    ),
    builds_on=("minilm", "bm25"),
    needs=("transformers",),
)

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
_START = 0.5  # a word's weight for each unit of its idf


def likely(vectors: Floats, targets: csr_matrix, *, ridge: float = 1.0) -> Floats:
    """(d, V): the ridge regression of which of V words are asked with, targets (n, V), on document vectors (n, d)."""
    gram = vectors.T @ vectors + ridge * np.eye(vectors.shape[1], dtype=np.float32)
    return np.asarray(np.linalg.solve(gram, (targets.T @ vectors).T), np.float32)


def appended(likelihood: Floats, present: Bags, most: int) -> Ints:
    """The `most` likeliest of V words, (n, V), for each document that it does not contain, best first, (n, most)."""
    left = likelihood.copy()
    left[np.repeat(np.arange(len(present)), np.diff(present.indptr)), present.columns] = -np.inf
    best = np.argpartition(-left, most - 1, axis=1)[:, :most]
    order = np.argsort(-np.take_along_axis(left, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1)


class TILDEv2(Persistent):
    """Words in context to weights of terms, by a head of `hidden` units on the words' states.

    Each step takes `batch` queries with the wanted and `negatives` of the other candidates; all documents of a step
    are candidates of all its queries. `rarity` gives the head the idf of the word. Learns `terms_` (V,), ascending,
    `frequency_` (V,) in `documents_` texts, and the head, which starts from the idf alone: `inner_` (d + 2, h) and
    `outer_` (h + 2,).
    """

    def __init__(
        self,
        *,
        hidden: int = 32,
        steps: int = 1200,
        batch: int = 8,
        negatives: int = 7,
        rate: float = 3e-4,
        rarity: bool = True,
        seed: int = 0,
    ) -> None:
        if hidden < 1 or batch < 1 or negatives < 0:
            raise ValueError(f"1 hidden unit and 1 query at least, not {hidden} and {batch} with {negatives} negatives")
        self.hidden = hidden
        self.steps = steps
        self.batch = batch
        self.negatives = negatives
        self.rate = rate
        self.rarity = rarity
        self.seed = seed
        self.terms_ = np.empty(0, np.uint64)
        self.frequency_ = np.empty(0, np.int64)
        self.documents_ = 0
        self.inner_ = np.empty((0, hidden), np.float32)
        self.outer_ = np.empty(0, np.float32)

    def fit(self, vectors: Floats, tokens: Tokens, queries: Tokens, candidates: Ints) -> TILDEv2:
        """Learn from documents, whose words have the states vectors (t, d), and queries with their candidates (q, m).

        Candidates are rows of documents; the first of each query is the one wanted.
        """
        counted = bag(tokens)
        self.terms_, self.frequency_, self.documents_ = counted.terms, counted.document_frequency(), len(tokens)
        rng = np.random.default_rng(self.seed)
        d = vectors.shape[1]
        self.inner_ = (rng.standard_normal((d + 2, self.hidden)) / np.sqrt(d)).astype(np.float32)
        small = 0.1 * rng.standard_normal(self.hidden) / np.sqrt(self.hidden)
        self.outer_ = np.append(small, [_START, 0.0] if self.rarity else [0.0, 1.0]).astype(np.float32)
        x = self._inputs(vectors, tokens)
        asked = without_stop_words(queries)
        optimiser = AdamW(rate=self.rate, epsilon_hat=True)
        head = {"inner": self.inner_, "outer": self.outer_}
        order = np.empty(0, np.int64)
        for step in range(self.steps):
            if len(order) < self.batch:
                order = np.concatenate([order, rng.permutation(len(candidates))])
            chosen, order = order[: self.batch], order[self.batch :]
            others = np.argsort(rng.random((len(chosen), candidates.shape[1] - 1)), axis=1)[:, : self.negatives] + 1
            rows = np.unique(np.column_stack([candidates[chosen, 0], candidates[chosen[:, None], others]]))
            wanted = np.searchsorted(rows, candidates[chosen, 0])
            optimiser.rate = self.rate * (1 - step / self.steps)
            optimiser.step(head, self._gradient(x, tokens, rows_of(asked, chosen), rows, wanted)[1])
        return self

    def _inputs(self, vectors: Floats, tokens: Tokens) -> Floats:
        """States with the words' idf beside, and a one, (t, d + 2)."""
        if vectors.shape != (len(tokens.terms), len(self.inner_) - 2):
            raise ValueError(
                f"vectors of shape {vectors.shape} for {len(tokens.terms)} words of {len(self.inner_) - 2} dimensions"
            )
        at = find_sorted(self.terms_, tokens.terms)
        frequency = np.where(at >= 0, np.append(self.frequency_, 1)[at], 1)
        idf = np.log1p((self.documents_ - frequency + 0.5) / (frequency + 0.5)) * self.rarity
        return np.column_stack([vectors, idf, np.ones(len(idf))]).astype(np.float32)

    def _weights(self, x: Floats) -> tuple[Floats, Floats]:
        """The weights of words, (t,), not below zero, and what the hidden units make of them, (t, h)."""
        units = np.maximum(x @ self.inner_, 0)
        return np.maximum(units @ self.outer_[:-2] + x[:, -2:] @ self.outer_[-2:], 0), units

    def _gradient(
        self, x: Floats, tokens: Tokens, asked: Tokens, rows: Ints, wanted: Ints
    ) -> tuple[float, dict[str, Floats]]:
        """The loss of some queries over the documents `rows`, and its gradient by the head."""
        counts = bag(asked)
        per_query = csr_matrix((counts.counts, counts.columns, counts.indptr), shape=(len(asked), len(counts.terms)))
        words = places(tokens.bounds, rows)
        slots = find_sorted(counts.terms, tokens.terms[words])
        kept = slots >= 0  # a word that no query asks for has no say
        lengths = np.diff(tokens.bounds)[rows]
        bounds = np.concatenate([[0], np.cumsum(kept)])[np.concatenate([[0], np.cumsum(lengths)])]
        inputs = x[words[kept]]
        weights, units = self._weights(inputs)
        best = np.zeros((len(rows), len(counts.terms)), np.float32)
        at = np.full(best.shape, -1, np.int64)
        greatest(weights, slots[kept], bounds, best, at)
        loss, by_score = cross_entropy(np.asarray(per_query @ best.T, np.float32), wanted)
        by_term = (per_query.T @ by_score).T / np.float32(len(wanted))  # (rows, terms)
        by_weight = np.bincount(at[at >= 0], by_term[at >= 0], len(weights)).astype(np.float32)
        by_units = by_weight[:, None] * self.outer_[:-2] * (units > 0)
        by_outer = np.append(by_weight @ units, by_weight @ inputs[:, -2:]).astype(np.float32)
        return loss, {"inner": inputs.T @ by_units, "outer": by_outer}

    def encode(self, vectors: Floats, tokens: Tokens) -> Bags:
        """Documents, with what was appended to them: `counts` are the weights of their terms, above zero."""
        weights = self._weights(self._inputs(vectors, tokens))[0]
        counted = bag(tokens)
        slots = np.searchsorted(counted.terms, tokens.terms)
        rows = np.repeat(np.arange(len(tokens)), np.diff(tokens.bounds))
        kept = np.flatnonzero(weights > 0)
        keys, place = np.unique(rows[kept] * len(counted.terms) + slots[kept], return_inverse=True)
        best = np.zeros(len(keys), np.float32)
        np.maximum.at(best, place, weights[kept])
        indptr = np.searchsorted(keys, np.arange(len(tokens) + 1) * len(counted.terms)).astype(np.int64)
        return Bags(counted.terms, indptr, (keys % max(len(counted.terms), 1)).astype(np.int32), best)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned."""
        return {
            "terms": self.terms_,
            "frequency": self.frequency_,
            "inner": self.inner_,
            "outer": self.outer_,
            "shape": np.array([self.documents_, self.rarity], np.int64),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> TILDEv2:
        """The ranker again. Raises ValueError if the arrays do not fit together."""
        inner, outer = arrays["inner"], arrays["outer"]
        if inner.ndim != 2 or outer.shape != (inner.shape[1] + 2,) or len(arrays["terms"]) != len(arrays["frequency"]):
            raise ValueError(
                f"a head of shapes {inner.shape} and {outer.shape} for {len(arrays['terms'])} terms, "
                f"{len(arrays['frequency'])} of them counted; learn it anew"
            )
        method = cls(hidden=inner.shape[1], rarity=bool(arrays["shape"][1]))
        method.terms_, method.frequency_ = arrays["terms"], arrays["frequency"]
        method.documents_ = int(arrays["shape"][0])
        method.inner_, method.outer_ = inner, outer
        return method
