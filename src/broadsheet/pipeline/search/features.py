"""Ranking features of a candidate: words, meaning, phrases, related words, passages; one number each, 0..1.

rows ──► their words in order ──► pairs, stretch            (ranking/term_dependence)
                             └──► matches, passage, title   (ranking/late_interaction)
The weights of the features are learned (ranking/listnet) and ship with the package.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.hash_table import HashTable, compact
from broadsheet.pipeline.index.snapshot import TEXT_FIELDS, IndexSnapshot
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.ranking.late_interaction import WordVectors, best_matches, cosines, nearest, passages
from broadsheet.ranking.term_dependence import dependence
from broadsheet.retrieval.convex_fusion import on_unit_scale

__all__ = [
    "FEATURES",
    "LEXICAL",
    "RankingFeatures",
    "word_vectors",
]

PASSAGES = (12, 24, 48)  # words of a passage
FEATURES = (
    *("words", "pairs", "stretch"),
    *("meaning", "matches", "title meaning"),
    *(f"passage of {size}" for size in PASSAGES),
)
LEXICAL = np.arange(len(FEATURES)) < 3  # the others are semantic


@dataclass(frozen=True)
class RankingFeatures:
    """Compares the words of the candidates with those of a query. Row i of every array is candidate i."""

    query: AnalyzedQuery
    rows: NDArray[np.int64]  # (n,) ascending

    @property
    def snapshot(self) -> IndexSnapshot:
        """The snapshot that the rows belong to."""
        return self.query.snapshot

    @cached_property
    def texts(self) -> tuple[NDArray[np.uint32], NDArray[np.int32], NDArray[np.int64]]:
        """(terms, rows in the encoder's vocabulary, bounds) of the content words of every field of every candidate."""
        return self.snapshot.vocabulary.filter_known(*self.snapshot.positions.read(self.rows))

    @property
    def bounds(self) -> NDArray[np.int64]:
        """Bounds of the fields among those words, (n * fields + 1,)."""
        return self.texts[2]

    @cached_property
    def inside(self) -> NDArray[np.int32]:
        """The index of every candidate word among the query words, -1 if it is none of them, (t,)."""
        terms, vocabulary = self.query.content.terms, self.snapshot.encoder.vocabulary_
        at = find_sorted(vocabulary, terms)
        known, unknown = np.flatnonzero(at >= 0), np.flatnonzero(at < 0)
        slots = np.full(len(vocabulary) + 1, -1, np.int32)
        slots[at[known]] = known
        positions: NDArray[np.int32] = slots[self.words]  # -1 selects the appended last entry
        if len(unknown):
            others = HashTable(terms[unknown].astype(np.uint32)).find(self.texts[0])
            positions[others >= 0] = unknown[others[others >= 0]]
        return positions

    @property
    def words(self) -> NDArray[np.int32]:
        """The row of every candidate word among the encoder's vectors, -1 without a vector, (t,)."""
        return self.texts[1]

    @cached_property
    def papers(self) -> NDArray[np.int64]:
        """Bounds of the candidates among those words, (n + 1,)."""
        return np.ascontiguousarray(self.bounds[:: len(TEXT_FIELDS)])

    @cached_property
    def matches(self) -> NDArray[np.float32]:
        """For each candidate and query word the cosine of the nearest candidate word, 0..1, (n, m)."""
        places, _, affinities = self.affinities
        return best_matches(places, self.inside, self.papers, affinities)

    @cached_property
    def affinities(self) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float32]]:
        """(row of each candidate word in the third, or -1; the encoder's words of these rows; cosines (u, m))."""
        places, vocabulary_rows = compact(self.words, len(self.snapshot.encoder.vocabulary_))
        return (
            places,
            vocabulary_rows,
            cosines(word_vectors(self.snapshot), vocabulary_rows, self.query.content.vectors),
        )

    def nearest(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
        """For each paper and query word the nearest term of the paper and its cosine, (n, m) each.

        0 where a paper has no word with a vector or is not a candidate.
        """
        places, vocabulary_rows, affinities = self.affinities
        at = np.searchsorted(self.rows, rows)
        present = np.flatnonzero(at < len(self.rows))
        present = present[self.rows[at[present]] == rows[present]]
        matches = np.full((len(rows), len(self.query.content.terms)), -1, np.int32)
        matches[present] = nearest(at[present], places, self.papers, affinities)
        terms = np.append(
            self.snapshot.encoder.vocabulary_[vocabulary_rows], np.uint64(0)
        )  # -1 selects the appended last entry
        none = np.zeros((1, affinities.shape[1]), np.float32)
        return terms[matches], np.concatenate([affinities, none])[matches, np.arange(affinities.shape[1])]

    def features(self, lexical: NDArray[np.float32], semantic: NDArray[np.float32]) -> NDArray[np.float32]:
        """The features named in FEATURES, (n, f), given the candidates' lexical and semantic scores, (n,)."""
        out = np.zeros((len(self.rows), len(FEATURES)), np.float32)
        out[:, 0], out[:, 3] = on_unit_scale(lexical), np.maximum(semantic, 0)
        words, bounds, fields = self.query.content, self.bounds, len(TEXT_FIELDS)
        if not len(words.terms) or not len(self.rows):
            return out
        out[:, 1:3] = dependence(self.inside, bounds, fields, words.salience, words.follows)
        share = words.salience / max(float(words.salience.sum()), 1e-9)
        title = TEXT_FIELDS.index("title")
        out[:, 4] = self.matches @ share
        passage_cosines = passages(
            self.words, bounds, word_vectors(self.snapshot), self.query.vector, sizes=PASSAGES
        ).reshape(-1, fields, len(PASSAGES))
        out[:, 5] = passage_cosines[:, title, -1]
        out[:, 6:] = passage_cosines.max(axis=1)
        return out


def word_vectors(snapshot: IndexSnapshot) -> WordVectors:
    """The vectors of the encoder's words."""
    return WordVectors(snapshot.encoder.codes_, snapshot.encoder.scales_)
