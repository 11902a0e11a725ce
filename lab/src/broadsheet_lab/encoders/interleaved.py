"""IDentIfy: a document is the mean of its sections; the passage that answers is found afterwards, within it.

Problem: passages retrieved one by one have lost the document they stand in, and a whole text cut to the encoder's
length has lost its end. Idea: encode every section by itself and merge the vectors into one that stands for the
document; retrieve documents by it. A reranker then scores the query with each section of the documents retrieved, to
find the passage within the document and to put the documents in order.

Lee, Ko, Baek, Jeong, Hwang: Unified Multi-Modal Interleaved Document Representation for Information Retrieval
(2410.02729), section 3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.unit import unit_rows

__all__ = ["CARD", "Interleaved", "best_sections", "merged", "relevance_gradient", "sections_of"]

CARD = Card(
    title="Unified Multi-Modal Interleaved Document Representation for Information Retrieval",
    paper="2410.02729",
    year=2024,
    solves="one vector for a document of many sections, and the section that answers within it",
    claims=(
        Claim(
            "section 4",
            "papers.parquet, 4,000 papers, tldr queries, test half",
            "MRR@10 by the merged vector over the best single section (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "section 4",
            "papers.parquet, 4,000 papers, keyword queries, test half",
            "MRR@10 by the merged vector over the best single section (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "section 4",
            "papers.parquet, 4,000 papers, tldr queries, test half",
            "MRR@10 with the sections reranked over the merged vector alone (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "section 4",
            "papers.parquet, 4,000 papers, keyword queries, test half",
            "MRR@10 with the sections reranked over the merged vector alone (ratio)",
            1.0,
            ours=True,
        ),
    ),
    departures=(
        "text alone: there are no images or tables; sections are the title and runs of sentences of the abstract",
        "the encoder is frozen, a sentence encoder instead of a vision-language model; only the reranker is trained",
        "the reranker is logistic in the products of the two vectors' coordinates instead of the model itself",
        "which section is relevant is not known: that of the wanted document which scores best counts as it, found anew"
        " in every epoch",
    ),
)

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


def sections_of(title: str, text: str, *, sentences: int = 2) -> list[str]:
    """The title, then runs of `sentences` sentences of the text; what is blank is left out."""
    found = [s for s in _SENTENCE.split(text.strip()) if s]
    runs = [" ".join(found[i : i + sentences]) for i in range(0, len(found), sentences)]
    return [part for part in (title.strip(), *runs) if part]


def _checked(sections: NDArray[np.float32], bounds: NDArray[np.int64]) -> None:
    """Raises ValueError if bounds (n + 1,) do not divide sections (t, d)."""
    if sections.ndim != 2 or len(bounds) < 1 or bounds[0] != 0 or bounds[-1] != len(sections):
        raise ValueError(f"bounds up to {bounds[-1:]} do not divide sections of shape {sections.shape}")
    if (np.diff(bounds) < 0).any():
        raise ValueError(f"bounds fall after document {int(np.flatnonzero(np.diff(bounds) < 0)[0])}")


def merged(sections: NDArray[np.float32], bounds: NDArray[np.int64]) -> NDArray[np.float32]:
    """The mean of each document's sections, (n, d), scaled to unit length; zeros for a document without any.

    Document i has sections[bounds[i]:bounds[i + 1]] of (t, d). The order of the sections does not matter.
    """
    _checked(sections, bounds)
    sums = np.zeros((len(bounds) - 1, sections.shape[1]), np.float32)
    np.add.at(sums, np.repeat(np.arange(len(sums)), np.diff(bounds)), sections)
    return unit_rows(sums)  # the mean's length does not matter: it is scaled anyway


def best_sections(
    scores: NDArray[np.float32], bounds: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """(the greatest of each document's section scores (t,), which section of all that is), both (n,).

    -inf and -1 for a document without sections.
    """
    greatest, which = np.full(len(bounds) - 1, -np.inf, np.float32), np.full(len(bounds) - 1, -1, np.int64)
    document = np.repeat(np.arange(len(greatest)), np.diff(bounds))
    order = np.lexsort((-np.arange(len(scores)), scores, document))  # each document's best comes last in it
    has = np.diff(bounds) > 0
    which[has] = order[bounds[1:][has] - 1]
    greatest[has] = scores[which[has]]
    return greatest, which


def relevance_gradient(
    features: NDArray[np.float32], relevant: NDArray[np.float32], weights: NDArray[np.float32], bias: float
) -> tuple[float, NDArray[np.float32], float]:
    """(mean binary cross-entropy, its gradient by the weights (d,), by the bias) of features (m, d).

    P(relevant) = 1 / (1 + exp(-(w . x + b))).
    """
    logits = features @ weights + bias  # (m,)
    loss = float((np.logaddexp(0, logits) - relevant * logits).mean())
    errors = (1 / (1 + np.exp(-logits)) - relevant) / len(logits)
    return loss, np.asarray(features.T @ errors, np.float32), float(errors.sum())


class Interleaved(Persistent):
    """Learns `weights_` (d,) and `bias_` of the section reranker.

    Each epoch takes the best section of the document wanted and the best ones of its `negatives` nearest rivals, and
    makes `steps` steps of gradient descent; `decay` pulls the weights to the plain inner product, where they start.
    A document's score is its vector's inner product with the query plus `share` times its best section's probability.
    """

    def __init__(
        self,
        *,
        negatives: int = 8,
        epochs: int = 5,
        steps: int = 20,
        rate: float = 30.0,
        scale: float = 10.0,
        decay: float = 1e-3,
        share: float = 0.2,
    ) -> None:
        self.negatives = negatives
        self.epochs = epochs
        self.steps = steps
        self.rate = rate
        self.scale = scale
        self.decay = decay
        self.share = share
        self.weights_ = np.empty(0, np.float32)
        self.bias_ = 0.0

    def encode(self, sections: NDArray[np.float32], bounds: NDArray[np.int64]) -> NDArray[np.float32]:
        """The vector of each document, (n, d)."""
        return merged(sections, bounds)

    def fit(
        self,
        queries: NDArray[np.float32],
        wanted: NDArray[np.int64],
        sections: NDArray[np.float32],
        bounds: NDArray[np.int64],
    ) -> Interleaved:
        """Learn from queries (m, d) that each want the document wanted (m,), of those that sections (t, d) make up.

        Raises ValueError if a document wanted has no section.
        """
        documents = merged(sections, bounds)
        if len(queries) != len(wanted) or (len(wanted) and not 0 <= wanted.min() <= wanted.max() < len(documents)):
            raise ValueError(f"{len(queries)} queries and {len(wanted)} documents, of {len(documents)}, do not match")
        empty = np.flatnonzero(np.diff(bounds)[wanted] == 0)
        if len(empty):
            raise ValueError(f"document {wanted[empty[0]]}, which query {empty[0]} wants, has no section")
        nearest = documents @ queries.T  # (n, m)
        nearest[wanted, np.arange(len(wanted))] = -np.inf
        rivals = np.argsort(-nearest, axis=0)[: min(self.negatives, len(documents) - 1)].T  # (m, negatives)
        shown = np.column_stack([wanted, rivals])  # (m, 1 + negatives)
        relevant = np.zeros(shown.size, np.float32)
        relevant[:: shown.shape[1]] = 1
        start = np.full(sections.shape[1], self.scale, np.float32)
        self.weights_, self.bias_ = start.copy(), 0.0
        for _ in range(self.epochs if len(queries) else 0):
            chosen = np.concatenate(
                [self._passages(q, row, sections, bounds)[1] for q, row in zip(queries, shown, strict=True)]
            )
            kept = chosen >= 0
            features = np.repeat(queries, shown.shape[1], axis=0)[kept] * sections[chosen[kept]]
            for _ in range(self.steps):
                _, by_weights, by_bias = relevance_gradient(features, relevant[kept], self.weights_, self.bias_)
                pull = np.float32(self.decay) * (self.weights_ - start)
                # products of unit vectors are of the order of 1 / d, and so are the gradients
                self.weights_ -= np.float32(self.rate) * (len(start) * by_weights + pull)
                self.bias_ -= self.rate * by_bias
        return self

    def _passages(
        self,
        query: NDArray[np.float32],
        documents: NDArray[np.int64],
        sections: NDArray[np.float32],
        bounds: NDArray[np.int64],
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """(the greatest logit among each document's sections, which section it is), both (m,)."""
        counts = np.diff(bounds)[documents]
        local = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        rows = np.arange(local[-1]) + np.repeat(bounds[documents] - local[:-1], counts)
        logits = sections[rows] @ (query * self.weights_) + np.float32(self.bias_)
        greatest, which = best_sections(np.asarray(logits, np.float32), local)
        if not len(rows):
            return greatest, which
        return greatest, np.where(which >= 0, rows[which], -1)

    def rerank(
        self,
        query: NDArray[np.float32],
        documents: NDArray[np.int64],
        sections: NDArray[np.float32],
        bounds: NDArray[np.int64],
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """(the score of each of documents (m,) for query (d,), its most relevant section or -1), both (m,).

        Raises ValueError if the query's length is not that of the vectors learned from.
        """
        if query.shape != self.weights_.shape:
            raise ValueError(f"a query of shape {query.shape} for a reranker of {len(self.weights_)} dimensions")
        logits, which = self._passages(query, documents, sections, bounds)
        counts = np.diff(bounds)[documents]
        local = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        rows = np.arange(local[-1]) + np.repeat(bounds[documents] - local[:-1], counts)
        probability = 1 / (1 + np.exp(-np.maximum(logits, -50)))
        return np.asarray(merged(sections[rows], local) @ query + self.share * probability, np.float32), which

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned, and the share to score with."""
        return {"weights": self.weights_, "bias_share": np.array([self.bias_, self.share], np.float64)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Interleaved:
        """The method again. Raises ValueError if the arrays do not fit together."""
        weights, rest = arrays["weights"], arrays["bias_share"]
        if weights.ndim != 1 or rest.shape != (2,):
            raise ValueError(f"weights of shape {weights.shape} with bias and share of shape {rest.shape}")
        method = cls(share=float(rest[1]))
        method.weights_, method.bias_ = weights, float(rest[0])
        return method
