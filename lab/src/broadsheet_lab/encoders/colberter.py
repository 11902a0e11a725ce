"""ColBERTer: a text as one vector for retrieval and a bag of tiny vectors, one a whole word, for refinement.

Problem: late interaction matches every word of a query with every word of a document and shows which matched which, but
keeps a long vector for every piece of every word. Idea: pieces are averaged into whole words and words into one vector
a distinct stem; a learned gate scales each and drops those it sets to zero; few dimensions are enough, or a single one,
where only equal words may match. One learned weight mixes the score of the retrieval vectors with that of the words.

Hofstätter, Khattab, Althammer, Sertkan, Hanbury: Introducing Neural Bag of Whole-Words with ColBERTer: Contextualized
Late Interactions using Enhanced Reduction. CIKM 2022 (2203.13088), sections 3.1 to 3.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet_lab.encoders._two_way import Heads, Pairs, Plan, begun, matched, trained, word_vectors
from broadsheet_lab.encoders._whole_words import WordBags, word_bags

__all__ = ["CARD", "ColBERTer", "Encoded", "Match", "WordBags", "word_bags"]

CARD = Card(
    title="Introducing Neural Bag of Whole-Words with ColBERTer: Contextualized Late Interactions using Enhanced "
    "Reduction",
    paper="2203.13088",
    year=2022,
    solves="a score by words in context, with the matches to show for it, in a few bytes a word",
    claims=(
        Claim(
            "abstract and section 5",
            "papers.parquet, 4,000 papers",
            "words kept over word pieces, 8 dimensions and exact matches (ratio)",
            0.40,
            ours=True,
        ),
        Claim(
            "section 5, ablation",
            "papers.parquet, tldr queries, test half",
            "MRR@10, refined by words of 8 dimensions and exact matches, over retrieval vectors alone (ratio)",
            1.15,
            ours=True,
        ),
        Claim(
            "section 5, main results",
            "papers.parquet, tldr queries, test half",
            "MRR@10, one dimension and exact matches over 32 dimensions (ratio)",
            0.96,
            ours=True,
        ),
        Claim(
            "section 5, other collections",
            "papers.parquet, tldr queries, test half",
            "MRR@10, 32 dimensions over BM25 (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, keyword queries, test half",
            "MRR@10, 8 dimensions and exact matches over BM25 (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, keyword queries, test half",
            "MRR@10, 8 dimensions and exact matches over MiniLM's cosine (ratio)",
            1.05,
            ours=True,
        ),
    ),
    departures=(
        "the transformer stays as it is: heads are learned on its token states, scaled to unit length",
        "the mean of a text's states stands for the [CLS] vector: the frozen model was trained to be averaged",
        "cross-entropies over the documents of a batch instead of the margins of an ensemble of cross-encoders",
        "all heads are learned at once, from principal directions, and the maps are drawn back to them",
        "the gate reads the state itself, so that the variant with one dimension needs no second map behind it",
        "where any words may match their vectors are scaled to one length before the gate, as ColBERT's are",
        "words are folded and stemmed by Porter 2 and known by 64 bits of a hash instead of 32",
    ),
    builds_on=("minilm",),
    needs=("transformers",),
)


class Match(NamedTuple):
    """A word of the query, the word of the document it found, and what the pair adds to the score."""

    query: str
    document: str
    score: float


@dataclass(frozen=True, slots=True)
class Encoded:
    """n texts as kept: a retrieval vector each, and for text i the words bounds[i]:bounds[i + 1]."""

    retrieval: NDArray[np.float32]  # (n, r)
    vectors: NDArray[np.float32]  # (w, d)
    words: NDArray[np.uint64]  # (w,)
    bounds: NDArray[np.int64]  # (n + 1,)
    spelling: Mapping[int, str]

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def one(self, i: int) -> Encoded:
        """Text i by itself."""
        rows = slice(self.bounds[i], self.bounds[i + 1])
        bounds = np.array([0, rows.stop - rows.start], np.int64)
        return Encoded(self.retrieval[i : i + 1], self.vectors[rows], self.words[rows], bounds, self.spelling)


class ColBERTer(Persistent):
    """Heads on frozen token states, learned from queries and the documents they ask for.

    `gate_weight` (alpha_CS) is the price of a word kept, `retrieval_weight` (alpha_CLS) that of the retrieval score by
    itself, `decay` what draws the maps back to the principal directions they begin at. `exact` lets only equal words
    match; with one dimension it is Uni-ColBERTer. Learns `heads_`.
    """

    def __init__(
        self,
        *,
        retrieval_dimensions: int = 128,
        word_dimensions: int = 32,
        exact: bool = False,
        gate_weight: float = 0.75,
        retrieval_weight: float = 0.1,
        epochs: int = 4,
        rate: float = 3e-3,
        decay: float = 1.0,
        seed: int = 0,
    ) -> None:
        if retrieval_dimensions < 1 or word_dimensions < 1:
            raise ValueError(f"at least one dimension each, not {retrieval_dimensions} and {word_dimensions}")
        self.retrieval_dimensions = retrieval_dimensions
        self.word_dimensions = word_dimensions
        self.exact = exact
        self.gate_weight = gate_weight
        self.retrieval_weight = retrieval_weight
        self.epochs = epochs
        self.rate = rate
        self.decay = decay
        self.seed = seed
        self.heads_: Heads | None = None

    def fit(
        self,
        queries: WordBags,
        documents: WordBags,
        wanted: NDArray[np.integer[Any]],
        negatives: NDArray[np.integer[Any]],
    ) -> ColBERTer:
        """Learn from queries (m), the document each wants (m,) and documents it does not want (m, h).

        Every document of a batch that a query does not want is a negative to it; a batch holds (1 + h) a query.
        """
        if not len(queries) == len(wanted) == len(negatives) or not len(queries):
            raise ValueError(f"{len(queries)} queries, {len(wanted)} wanted and {len(negatives)} rows of negatives")
        start = begun(documents, self.retrieval_dimensions, self.word_dimensions, seed=self.seed)
        plan = Plan(
            exact=self.exact,
            gate_weight=self.gate_weight,
            retrieval_weight=self.retrieval_weight,
            epochs=self.epochs,
            rate=self.rate,
            decay=self.decay,
            seed=self.seed,
        )
        self.heads_ = trained(start, Pairs(queries, documents, wanted, negatives), plan)
        return self

    def _learned(self) -> Heads:
        if self.heads_ is None:
            raise ValueError("nothing is learned yet: call fit, or from_arrays")
        return self.heads_

    def encode(self, bags: WordBags, *, queries: bool = False) -> Encoded:
        """Both kinds of vector of every text. Words of documents pass the gate and are left out where it is zero."""
        heads = self._learned()
        states = bags.states.astype(np.float32)  # (w, D)
        vectors = word_vectors(states, heads, exact=self.exact)[0]  # (w, d)
        retrieval = bags.pooled @ heads.retrieval + heads.retrieval_bias
        if queries:
            return Encoded(retrieval, vectors, bags.words, bags.bounds, bags.spelling)
        gates = np.maximum(states @ heads.gate + heads.gate_bias, 0)  # (w,), r in equation 5
        kept = gates > 0
        bounds = np.concatenate([[0], np.cumsum(kept)])[bags.bounds]
        return Encoded(retrieval, (vectors * gates[:, None])[kept], bags.words[kept], bounds, bags.spelling)

    def token_scores(self, query: Encoded, documents: Encoded, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """s_token of one query with the given documents, (m,)."""
        scores, at = np.empty((1, len(rows)), np.float32), np.empty((len(query.words), len(rows)), np.int64)
        words = query.words if self.exact else query.words[:0]
        kept = documents.vectors, documents.words, documents.bounds
        matched(query.vectors, words, query.bounds, *kept, rows, scores, at)
        return np.asarray(scores[0])

    def shares(self) -> tuple[float, float]:
        """(sigma(g), 1 - sigma(g)): what the retrieval vectors' score and the words' score count for."""
        share = float(1 / (1 + np.exp(-self._learned().mixture[0])))
        return share, 1 - share

    def score(self, query: Encoded, documents: Encoded, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The two-way score (equation 8) of one query with the given documents, (m,)."""
        whole, words = self.shares()
        alone = documents.retrieval[rows] @ query.retrieval[0]
        return np.asarray(whole * alone + words * self.token_scores(query, documents, rows), np.float32)

    def matches(self, query: Encoded, document: Encoded) -> tuple[Match, ...]:
        """Which word of one query found which word of one document, most telling first; the sum is their score's."""
        products = query.vectors @ document.vectors.T  # (q, w)
        if self.exact:
            products = np.where(query.words[:, None] == document.words, products, -np.inf)
        if not products.size:
            return ()
        share, at = self.shares()[1], products.argmax(axis=1)
        found = [
            Match(query.spelling[int(q)], document.spelling[int(document.words[j])], share * float(row[j]))
            for q, j, row in zip(query.words, at, products, strict=True)
            if np.isfinite(row[j])
        ]
        return tuple(sorted(found, key=lambda m: -m.score))

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned, and whether only equal words match."""
        return {**self._learned()._asdict(), "exact": np.array([self.exact], np.int64)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> ColBERTer:
        """The encoder again. Raises ValueError if the arrays do not fit together."""
        heads = Heads(**{name: np.asarray(arrays[name], np.float32) for name in Heads._fields})
        shapes = [head.shape for head in heads]
        d, r, k = len(heads.gate), len(heads.retrieval_bias), len(heads.word_bias)
        if shapes != [(d, r), (r,), (d, k), (k,), (d,), (1,), (1,)]:
            raise ValueError(f"heads of shapes {shapes} differ in the length of what they read or give")
        method = cls(retrieval_dimensions=r, word_dimensions=k, exact=bool(arrays["exact"][0]))
        method.heads_ = heads
        return method
