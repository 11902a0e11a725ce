"""Inference-free sparse retrieval: documents learn words they lack; a query needs no model, only its words' idf.

Problem: find papers that mean a query's words without containing them, at the price of a lexical search. Idea: a
linear layer turns the state of every word of a document into logits over a vocabulary, and log(1 + relu) of the
greatest logit of a term is its weight; a query is its distinct words, each weighing its idf. Because idf stands in the
matching function while the penalty on the documents' weights does not know it, words that say little cost more than
they earn and are pruned first. What is relevant is learned from a lexical and a dense teacher together.

Geng, Wang, Ru, Yang: Towards Competitive Search Relevance For Inference-Free Learned Sparse Retrievers (2411.04403).
The penalty is that of Paria et al.: Minimizing FLOPs to Learn Efficient Sparse Representations (2004.05665).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from broadsheet.kit.bag_of_words import Bags, bag, find_sorted
from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.text import STOP_TERMS, Tokens
from broadsheet.kit.unit import unit_rows
from broadsheet_lab.encoders._distilling import (
    Lessons,
    ensemble,
    penalty_gradient,
    ranking_gradient,
    wanted_with,
    weight,
)
from broadsheet_lab.encoders._logits import Head, Shared, States, word_head

__all__ = ["CARD", "InferenceFreeSparse", "Lessons", "ensemble", "idf"]

CARD = Card(
    title="Towards Competitive Search Relevance For Inference-Free Learned Sparse Retrievers",
    paper="2411.04403",
    year=2024,
    solves="finding papers by words they lack at the price of a lexical search",
    claims=(
        Claim(
            "abstract",
            "papers.parquet, keyword queries, test half",
            "MRR@10, idf-aware over not (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "abstract",
            "papers.parquet, keyword queries, test half",
            "MRR@10, two teachers over one (ratio)",
            1.0,
            ours=True,
        ),
        Claim("abstract", "papers.parquet, keyword queries", "median latency over BM25's (ratio)", 1.1, ours=True),
        Claim("ours", "papers.parquet, keyword queries, test half", "MRR@10 over BM25 (ratio)", 1.0, ours=True),
        Claim(
            "ours", "papers.parquet, tldr queries, test half", "MRR@10 over log tf times idf (ratio)", 1.0, ours=True
        ),
    ),
    departures=(
        "the transformer is small and stays frozen, and has no masked-word head: a term's vector is made of the mean "
        "state of its words and the regression of its being asked with; learned by steps are a matrix before those, "
        "how far terms spread by their idf, and a head for the word itself that stands at a place",
        "the vocabulary is stemmed words of the library instead of word pieces; a word outside it weighs in a document "
        "that has it by the shared head alone",
        "that regression, in closed form, stands in for the supervised first stage; the teachers teach the steps",
        "the penalty of a step is that of a few documents drawn for it, not of the candidates it ranks",
    ),
    builds_on=("minilm",),
    needs=("transformers",),
)

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
_LEAST = 3  # documents a term must occur in to be learned
_SAMPLE = 1_000  # documents from which the layer to start from is made
_BLOCK = 16  # documents whose logits are in memory at once


def idf(frequencies: NDArray[np.int64], documents: int) -> Floats:
    """log(1 + (N - df + 0.5) / (df + 0.5)) per term, (m,): a query word's weight."""
    return np.log1p((documents - frequencies + 0.5) / (frequencies + 0.5)).astype(np.float32)


class InferenceFreeSparse(Persistent):
    """Words in context to weights over terms: `penalty` is lambda_d, reached quadratically over `ramp` of the steps.

    `idf_aware=False` weighs all query words alike. Each step takes `batch` queries with `drawn` candidates each, and
    as many documents to penalise. Learns `vocabulary_` (V,), hashes ascending, `frequency_` (V,) in `documents_`
    texts, `centre_` (d,) and `head_`.
    """

    def __init__(
        self,
        *,
        vocabulary: int = 5_000,
        penalty: float = 0.002,
        ramp: float = 0.3,
        steps: int = 100,
        batch: int = 16,
        drawn: int = 8,
        rate: float = 1e-4,
        idf_aware: bool = True,
        seed: int = 0,
    ) -> None:
        if vocabulary < 1 or drawn < 2 or batch < 1:
            raise ValueError(f"1 term, 2 candidates and 1 query at least, not {vocabulary}, {drawn}, {batch}")
        self.vocabulary = vocabulary
        self.penalty = penalty
        self.ramp = ramp
        self.steps, self.batch, self.drawn, self.rate = steps, batch, drawn, rate
        self.idf_aware = idf_aware
        self.seed = seed
        self.vocabulary_ = np.empty(0, np.uint64)
        self.frequency_ = np.empty(0, np.int64)
        self.documents_ = 0
        self.centre_ = np.empty(0, np.float32)
        self.head_ = Head.empty(0, 0)

    @property
    def dimensions(self) -> int:
        """The number of terms it knows."""
        return len(self.vocabulary_)

    def fit(self, vectors: Floats, tokens: Tokens, lessons: Lessons | None = None) -> InferenceFreeSparse:
        """Learn from documents, whose words have the states vectors (t, d), and from what teachers say of queries.

        Without lessons it is the layer training starts from.
        """
        counted = bag(tokens)
        frequency = counted.document_frequency()
        known = np.flatnonzero(frequency >= _LEAST)
        if len(known) > self.vocabulary:
            known = np.sort(known[np.argsort(-frequency[known], kind="stable")[: self.vocabulary]])
        self.vocabulary_, self.frequency_, self.documents_ = counted.terms[known], frequency[known], len(tokens)
        self.centre_ = np.asarray(vectors.mean(axis=0, dtype=np.float64), np.float32)
        states = self._states(vectors, tokens)
        rng = np.random.default_rng(self.seed)
        sample = np.sort(rng.permutation(len(states))[:_SAMPLE])
        if lessons is None:
            self.head_ = word_head(states, len(known), sample=sample)
            return self
        asked = self._asked(lessons.queries)
        wanted = wanted_with(asked, lessons.candidates[:, 0], len(states))
        self.head_ = word_head(states, len(known), wanted, sample=sample)
        self._learn(states, asked, lessons, rng)
        return self

    def _states(self, vectors: Floats, tokens: Tokens) -> States:
        """Of unit length from the centre."""
        if vectors.shape != (len(tokens.terms), len(self.centre_)):
            raise ValueError(
                f"vectors of shape {vectors.shape} for {len(tokens.terms)} words of {len(self.centre_)} dimensions"
            )
        x = unit_rows(np.asarray(vectors, np.float32) - self.centre_)
        return States(x, find_sorted(self.vocabulary_, tokens.terms), tokens.bounds)

    def _learn(self, states: States, asked: csr_matrix, lessons: Lessons, rng: np.random.Generator) -> None:
        order, everything = np.empty(0, np.int64), np.arange(len(self.vocabulary_))
        rarity = idf(np.append(self.frequency_, 1), self.documents_)
        shared = Shared(self.head_, rarity / rarity.mean(), rate=self.rate)
        for step in range(1, self.steps + 1):
            if len(order) < self.batch:
                order = np.concatenate([order, rng.permutation(len(lessons.candidates))])
            chosen, order = order[: self.batch], order[self.batch :]
            strength = self.penalty * min(1.0, step / (self.ramp * self.steps)) ** 2
            some = rng.choice(len(states), min(self.batch, len(states)), replace=False)
            penalty = penalty_gradient(self.head_, states.take(some), strength)
            ranking = ranking_gradient(self.head_, states, asked[chosen], *lessons.drawn(chosen, self.drawn, rng))
            shared.step([(penalty, everything), ranking])
            self.head_ = shared.head()

    def _asked(self, queries: Tokens) -> csr_matrix:
        """The weights of the distinct words of queries over the vocabulary, (q, V)."""
        counted = bag(queries)
        at = find_sorted(self.vocabulary_, counted.terms)[counted.columns]
        rows = np.repeat(np.arange(len(queries)), np.diff(counted.indptr))
        weights = self._worth(self.frequency_)
        known = at >= 0
        return csr_matrix((weights[at[known]], (rows[known], at[known])), shape=(len(queries), len(self.vocabulary_)))

    def query(self, tokens: Tokens) -> Bags:
        """Queries: `counts` of their distinct words are idf weights; a word never learned weighs as the rarest."""
        counted = bag(tokens, skip=STOP_TERMS)
        at = find_sorted(self.vocabulary_, counted.terms)
        frequencies = np.where(at >= 0, np.append(self.frequency_, 1)[at], 1)
        weights = self._worth(frequencies)[counted.columns]
        return Bags(counted.terms, counted.indptr, counted.columns, weights)

    def _worth(self, frequencies: Ints) -> Floats:
        """The weights of query words."""
        if self.idf_aware:
            return idf(frequencies, self.documents_)
        return np.full(len(frequencies), idf(self.frequency_, self.documents_).mean(), np.float32)

    def encode(self, vectors: Floats, tokens: Tokens) -> Bags:
        """Documents, whose words have the states vectors (t, d): `counts` are the weights of the terms of each."""
        states = self._states(vectors, tokens)
        own = self.head_.own_logits(states)
        terms, weights, bounds = [np.empty(0, np.uint64)], [np.empty(0, np.float32)], [0]
        for low in range(0, len(states), _BLOCK):
            rows = np.arange(low, min(low + _BLOCK, len(states)))
            for row, learned in zip(rows, weight(self.head_.pooled(states.take(rows)).logits), strict=True):
                words = slice(tokens.bounds[row], tokens.bounds[row + 1])
                outside = states.columns[words] < 0
                rare, place = np.unique(tokens.terms[words][outside], return_inverse=True)
                logits = np.zeros(len(rare), np.float32)
                np.maximum.at(logits, place, own[words][outside])
                found = np.concatenate([learned, weight(logits)])
                terms.append(np.concatenate([self.vocabulary_, rare])[found > 0])
                weights.append(found[found > 0])
                bounds.append(bounds[-1] + len(terms[-1]))
        texts = Tokens(np.concatenate(terms), np.array(bounds, np.int64))
        return bag(texts, weights=np.concatenate(weights))

    def expansions(self, vectors: Floats, words: NDArray[np.uint64], k: int) -> tuple[NDArray[np.uint64], Floats]:
        """The at most k greatest terms, with weights, that one document is found by and does not contain."""
        found = self.encode(vectors, Tokens(words, np.array([0, len(words)], np.int64)))
        terms = found.terms[found.columns]
        absent = np.flatnonzero(~np.isin(terms, words))
        first = absent[np.argsort(-found.counts[absent], kind="stable")[:k]]
        return terms[first], found.counts[first]

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned, and how queries are weighed."""
        return {
            **{"vocabulary": self.vocabulary_, "frequency": self.frequency_, "centre": self.centre_},
            **{"w": self.head_.w, "b": self.head_.b, "u": self.head_.u, "c": self.head_.c},
            "shape": np.array([self.documents_, self.idf_aware], np.int64),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> InferenceFreeSparse:
        """The encoder again. Raises ValueError if the arrays do not fit together."""
        w, size, dimensions = arrays["w"], len(arrays["vocabulary"]), len(arrays["centre"])
        shapes = {"w": (size, dimensions), "b": (size,), "u": (dimensions,), "c": (size + 1,)}
        shapes |= {"frequency": (size,), "shape": (2,)}
        if any(arrays[name].shape != shape for name, shape in shapes.items()):
            raise ValueError(f"a layer of shape {w.shape} for {size} terms and {dimensions} dimensions; encode anew")
        method = cls(vocabulary=max(size, 1), idf_aware=bool(arrays["shape"][1]))
        method.vocabulary_, method.frequency_, method.centre_ = (
            arrays[n] for n in ("vocabulary", "frequency", "centre")
        )
        method.documents_ = int(arrays["shape"][0])
        method.head_ = Head(w, arrays["b"], arrays["u"], arrays["c"])
        return method
