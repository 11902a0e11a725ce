"""What speaks for a candidate of a search: words, meaning, phrases, near words, passages; one number each, 0..1.

rows ──► their words in order ──► pairs, stretch            (ranking/term_dependence)
                             └──► matches, passage, title   (ranking/late_interaction)
The weights of the evidence are learned (ranking/listnet) and ship with the package.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bags import locate
from broadsheet.kit.lookup import Table
from broadsheet.kit.text import STOP_TERMS, Tokens, tokenize
from broadsheet.pipeline.view import TEXT_FIELDS, View
from broadsheet.ranking.late_interaction import best_matches, passages
from broadsheet.ranking.term_dependence import dependence, neighbours
from broadsheet.retrieval.convex_fusion import on_unit_scale

__all__ = ["FEATURES", "LEXICAL", "Asked", "Evidence", "gather", "query_vector"]

PASSAGES = (12, 24, 48)  # words
FEATURES = (
    *("words", "pairs", "stretch", "title words"),
    *("meaning", "matches", "title meaning"),
    *(f"passage of {size}" for size in PASSAGES),
)
LEXICAL = np.arange(len(FEATURES)) < 4  # the others are semantic

MOST_TERMS = 48  # words of a query that are looked for in order, the rarest first
STOPS = Table(STOP_TERMS.astype(np.uint32))


@dataclass(frozen=True)
class Asked:
    """A query's telling words in order, ready to be looked for."""

    terms: NDArray[np.uint64]  # (m,) distinct
    weights: NDArray[np.float32]  # (m,) how much each counts: the length of its vector, learned; see `_salience`
    follows: NDArray[np.bool_]  # (m, m)
    vectors: NDArray[np.float32]  # (m, d), zeros for a word without a vector
    vector: NDArray[np.float32]  # (d,) of the whole query

    @classmethod
    def of(cls, view: View, text: str, vector: NDArray[np.float32]) -> Asked:
        """From the text of a query and its vector."""
        sequence = tokenize([text]).terms
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
class Evidence:
    """The words of candidates against those of a query; row i of everything is the same candidate."""

    view: View
    asked: Asked
    rows: NDArray[np.int64]  # (n,) ascending

    @cached_property
    def texts(self) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The telling words of every field of every candidate, and their bounds (n * fields + 1,)."""
        terms, bounds = self.view.positions.read(self.rows)
        telling = STOPS.find(terms) < 0
        return terms[telling], np.concatenate([[0], np.cumsum(telling)])[bounds]

    @cached_property
    def inside(self) -> NDArray[np.int32]:
        """Every word of the candidates as a position among the query's, -1 for another, (t,)."""
        return Table(self.asked.terms.astype(np.uint32)).find(self.texts[0])

    @cached_property
    def vectors(self) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Every word of the candidates as a row of the vectors (v, d) of those that occur, -1 without one."""
        rows = self.view.vocabulary.find(self.texts[0])
        seen = np.zeros(len(self.view.encoder.vocabulary_) + 1, np.bool_)
        seen[rows] = True  # -1 marks the last place, which is no word
        used = np.flatnonzero(seen[:-1])
        places = np.full(len(seen), -1, np.int32)
        places[used] = np.arange(len(used), dtype=np.int32)
        return places[rows], self.view.encoder.weights(used)

    @cached_property
    def matches(self) -> NDArray[np.float32]:
        """How near the nearest word of each candidate comes to each word of the query, 0..1, (n, m)."""
        words, vectors = self.vectors
        whole = self.texts[1][:: len(TEXT_FIELDS)]
        return best_matches(words, self.inside, whole, vectors, self.asked.vectors)

    def features(self, lexical: NDArray[np.float32], semantic: NDArray[np.float32]) -> NDArray[np.float32]:
        """The evidence of FEATURES, (n, f), given the candidates' scores by words and by vectors, (n,)."""
        out = np.zeros((len(self.rows), len(FEATURES)), np.float32)
        out[:, 0], out[:, 4] = on_unit_scale(lexical), np.maximum(semantic, 0)
        asked, bounds, fields = self.asked, self.texts[1], len(TEXT_FIELDS)
        if not len(asked.terms) or not len(self.rows):
            return out
        words, vectors = self.vectors
        out[:, 1:3] = dependence(self.inside, bounds, fields, asked.weights, asked.follows)
        share = asked.weights / max(float(asked.weights.sum()), 1e-9)
        title = TEXT_FIELDS.index("title")
        held = _held(self.inside, bounds[:-1][title::fields], bounds[1:][title::fields], len(asked.terms))
        out[:, 3] = held @ share
        out[:, 5] = self.matches @ share
        near = passages(words, bounds, vectors, asked.vector, sizes=PASSAGES).reshape(-1, fields, len(PASSAGES))
        out[:, 6] = near[:, title, -1]
        out[:, 7:] = near.max(axis=1)
        return out


def _held(
    inside: NDArray[np.int32], starts: NDArray[np.int64], stops: NDArray[np.int64], terms: int
) -> NDArray[np.bool_]:
    """Which of the query's terms stand in inside[starts[i]:stops[i]], (n, m)."""
    found = np.zeros((len(starts), terms), np.bool_)
    lengths = stops - starts
    at = np.repeat(starts - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths) + np.arange(lengths.sum())
    cells, hits = np.repeat(np.arange(len(starts)), lengths), inside[at]
    found[cells[hits >= 0], hits[hits >= 0]] = True
    return found


def query_vector(view: View, text: str) -> NDArray[np.float32]:
    """The vector of a query, (d,), from its words that have a learned one; zeros without any.

    What is nobody's neighbour, a mistyped word or a rare name, is found by itself or not at all.
    """
    terms = tokenize([text]).terms
    kept = terms[locate(view.encoder.vocabulary_, terms) >= 0]
    vector: NDArray[np.float32] = view.encoder.encode_tokens(Tokens(kept, np.array([0, len(kept)])))[0]
    return vector


def gather(
    view: View,
    text: str,
    vector: NDArray[np.float32],
    rows: NDArray[np.int64],
    lexical: NDArray[np.float32],
    semantic: NDArray[np.float32],
) -> NDArray[np.float32]:
    """The evidence for every candidate row, (n, f), as learned from and as ranked by."""
    return Evidence(view, Asked.of(view, text, vector), rows).features(lexical, semantic)
