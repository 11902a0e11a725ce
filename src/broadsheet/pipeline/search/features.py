"""What speaks for a candidate of a search: words, meaning, phrases, near words, passages; one number each, 0..1.

rows ──► their words in order ──► pairs, stretch            (ranking/term_dependence)
                             └──► matches, passage, title   (ranking/late_interaction)
The weights of the evidence are learned (ranking/listnet) and ship with the package.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import Bags, bag, locate
from broadsheet.kit.hash_table import Table, compacted
from broadsheet.kit.text import STOP_TERMS, Tokens, tokenize
from broadsheet.pipeline.index.snapshot import TEXT_FIELDS, IndexSnapshot
from broadsheet.ranking.late_interaction import WordVectors, best_matches, cosines, nearest, passages
from broadsheet.ranking.term_dependence import dependence, neighbours
from broadsheet.retrieval.convex_fusion import on_unit_scale

__all__ = [
    "FEATURES",
    "LEXICAL",
    "Asked",
    "RankingFeatures",
    "asked_bag",
    "asked_tokens",
    "query_vector",
    "word_vectors",
]

PASSAGES = (12, 24, 48)  # words
FEATURES = (
    *("words", "pairs", "stretch"),
    *("meaning", "matches", "title meaning"),
    *(f"passage of {size}" for size in PASSAGES),
)
LEXICAL = np.arange(len(FEATURES)) < 3  # the others are semantic

MOST_TERMS = 48  # words of a query that are looked for in order, the rarest first


@dataclass(frozen=True)
class Asked:
    """A query's telling words in order, ready to be looked for."""

    terms: NDArray[np.uint64]  # (m,) distinct
    weights: NDArray[np.float32]  # (m,) how much each counts: the length of its vector, learned; see `_salience`
    follows: NDArray[np.bool_]  # (m, m)
    vectors: NDArray[np.float32]  # (m, d), zeros for a word without a vector
    vector: NDArray[np.float32]  # (d,) of the whole query

    @classmethod
    def of(cls, view: IndexSnapshot, text: str, vector: NDArray[np.float32]) -> Asked:
        """From the text of a query and its vector."""
        sequence = asked_tokens(text).terms
        sequence = sequence[locate(STOP_TERMS, sequence) < 0]
        terms = np.unique(sequence)
        idf = view.weighting.query(np.ones(len(terms), np.float32), view.inverted.frequencies(terms), max(len(view), 1))
        kept = np.sort(np.argsort(-idf, kind="stable")[:MOST_TERMS])
        terms, idf = terms[kept], idf[kept]
        places = locate(terms, sequence)
        follows = neighbours(places[places >= 0].astype(np.int32), len(terms))
        at = locate(view.encoder.vocabulary_, terms)
        known = at >= 0
        vectors = np.zeros((len(terms), view.encoder.dimensions), np.float32)
        vectors[known] = view.encoder.weights(at[known])
        return cls(terms, _salience(vectors, known, idf), follows, vectors, vector)


def _salience(vectors: NDArray[np.float32], known: NDArray[np.bool_], idf: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much each word of a query counts, (m,): the length of its vector; its idf on that scale where it has none."""
    lengths = np.linalg.norm(vectors, axis=1).astype(np.float32)
    scale = float(lengths[known].sum() / max(float(idf[known].sum()), 1e-9)) if known.any() else 1.0
    return np.where(known, lengths, idf * np.float32(scale))


@dataclass(frozen=True)
class RankingFeatures:
    """The words of candidates against those of a query; row i of everything is the same candidate."""

    view: IndexSnapshot
    asked: Asked
    rows: NDArray[np.int64]  # (n,) ascending

    @classmethod
    def about(
        cls, view: IndexSnapshot, text: str, vector: NDArray[np.float32], rows: NDArray[np.int64]
    ) -> RankingFeatures:
        """For candidate rows, ascending, of a query with this text and vector."""
        return cls(view, Asked.of(view, text, vector), rows)

    @cached_property
    def texts(self) -> tuple[NDArray[np.uint32], NDArray[np.int32], NDArray[np.int64]]:
        """The telling words of every field of every candidate, which of the encoder's each is, and their bounds."""
        return self.view.vocabulary.sift(*self.view.positions.read(self.rows))

    @property
    def bounds(self) -> NDArray[np.int64]:
        """Where the fields of the candidates begin among those words, (n * fields + 1,)."""
        return self.texts[2]

    @cached_property
    def inside(self) -> NDArray[np.int32]:
        """Every word of the candidates as a position among the query's, -1 for another, (t,)."""
        terms, vocabulary = self.asked.terms, self.view.encoder.vocabulary_
        at = locate(vocabulary, terms)
        known, unknown = np.flatnonzero(at >= 0), np.flatnonzero(at < 0)
        slots = np.full(len(vocabulary) + 1, -1, np.int32)
        slots[at[known]] = known
        found: NDArray[np.int32] = slots[self.words]  # -1, which is no word, takes the last
        if len(unknown):
            others = Table(terms[unknown].astype(np.uint32)).find(self.texts[0])
            found[others >= 0] = unknown[others[others >= 0]]
        return found

    @property
    def words(self) -> NDArray[np.int32]:
        """Every word of the candidates as a row of the encoder's vectors, -1 without one, (t,)."""
        return self.texts[1]

    @cached_property
    def papers(self) -> NDArray[np.int64]:
        """Where the candidates begin among those words, (n + 1,)."""
        return np.ascontiguousarray(self.bounds[:: len(TEXT_FIELDS)])

    @cached_property
    def matches(self) -> NDArray[np.float32]:
        """How near the nearest word of each candidate comes to each word of the query, 0..1, (n, m)."""
        places, _, affinities = self.affinities
        return best_matches(places, self.inside, self.papers, affinities)

    @cached_property
    def affinities(self) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float32]]:
        """(every word of the candidates as a row of the third or -1; the encoder's words of those; cosines (u, m))."""
        places, used = compacted(self.words, len(self.view.encoder.vocabulary_))
        return places, used, cosines(word_vectors(self.view), used, self.asked.vectors)

    def nearest(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
        """The term of each paper that comes nearest to each word of the query, (n, m), and their cosine.

        0 where a paper has no word with a vector, or is no candidate.
        """
        places, used, affinities = self.affinities
        at = np.searchsorted(self.rows, rows)
        held = np.flatnonzero(at < len(self.rows))
        held = held[self.rows[at[held]] == rows[held]]
        found = np.full((len(rows), len(self.asked.terms)), -1, np.int32)
        found[held] = nearest(at[held], places, self.papers, affinities)
        terms = np.append(self.view.encoder.vocabulary_[used], np.uint64(0))  # -1, no word, takes the last
        none = np.zeros((1, affinities.shape[1]), np.float32)
        return terms[found], np.concatenate([affinities, none])[found, np.arange(affinities.shape[1])]

    def features(self, lexical: NDArray[np.float32], semantic: NDArray[np.float32]) -> NDArray[np.float32]:
        """The evidence of FEATURES, (n, f), given the candidates' scores by words and by vectors, (n,)."""
        out = np.zeros((len(self.rows), len(FEATURES)), np.float32)
        out[:, 0], out[:, 3] = on_unit_scale(lexical), np.maximum(semantic, 0)
        asked, bounds, fields = self.asked, self.bounds, len(TEXT_FIELDS)
        if not len(asked.terms) or not len(self.rows):
            return out
        out[:, 1:3] = dependence(self.inside, bounds, fields, asked.weights, asked.follows)
        share = asked.weights / max(float(asked.weights.sum()), 1e-9)
        title = TEXT_FIELDS.index("title")
        out[:, 4] = self.matches @ share
        near = passages(self.words, bounds, word_vectors(self.view), asked.vector, sizes=PASSAGES).reshape(
            -1, fields, len(PASSAGES)
        )
        out[:, 5] = near[:, title, -1]
        out[:, 6:] = near.max(axis=1)
        return out


def word_vectors(view: IndexSnapshot) -> WordVectors:
    """The vectors of the encoder's words."""
    return WordVectors(view.encoder.codes_, view.encoder.scales_)


@lru_cache(maxsize=64)
def asked_tokens(text: str) -> Tokens:
    """The terms of a query, which several steps of one search and the next page of it want."""
    return tokenize([text])


@lru_cache(maxsize=64)
def asked_bag(text: str) -> Bags:
    """The same counted, without stop words."""
    return bag(asked_tokens(text), skip=STOP_TERMS)


def query_vector(view: IndexSnapshot, text: str) -> NDArray[np.float32]:
    """The vector of a query, (d,), from its words that have a learned one; zeros without any.

    What is nobody's neighbour, a mistyped word or a rare name, is found by itself or not at all.
    """
    asked = asked_bag(text)
    terms = asked.terms[asked.columns]
    kept = locate(view.encoder.vocabulary_, terms) >= 0
    count = np.count_nonzero(kept)
    known = Bags(terms[kept], np.array([0, count]), np.arange(count, dtype=np.int32), asked.counts[kept])
    vector: NDArray[np.float32] = view.encoder.encode_bags(known)[0]
    return vector
