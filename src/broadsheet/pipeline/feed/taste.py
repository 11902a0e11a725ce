"""A reader's likes and dislikes → a model that finds candidates and says what speaks for each.

likes, dislikes ──► machine over words (against random papers) ──┐
               └──► likenesses to every like                   ──┴──► evidence ──► score, probability
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.inverted import SparseQuery
from broadsheet.kit.mask import Mask
from broadsheet.pipeline.feed.background import background_of
from broadsheet.pipeline.feed.evidence import COLUMNS, COLUMNS_WITH_VECTORS, Scale
from broadsheet.pipeline.feed.feed_weights import FeedWeights, read_feed_weights
from broadsheet.pipeline.feed.likeness import NOTHING, Likes, NearLikes, RawVectors, Space, compared
from broadsheet.pipeline.feed.linear_svm import LinearSVM
from broadsheet.pipeline.feed.projection import read_metric
from broadsheet.pipeline.feed.word_features import SIZE, WordFeatures, slots_of
from broadsheet.pipeline.index.paper_vectors import PaperVectors
from broadsheet.pipeline.index.snapshot import IndexSnapshot

__all__ = ["NOTHING", "PAGE", "Likes", "Taste"]

COST = 10.0  # of an example on the wrong side of the margin
MOST_EXAMPLES = 1000  # latest likes, and latest dislikes, that the machine is fitted on
MOST_NEAREST = 200  # latest likes that papers are compared with one by one
MEANING = 0.3  # weight of the likeness in meaning beside that in words, where the like is named that carries a paper
TERMS = 256  # words of the query for candidates
BY_WORDS, BY_STATIC, BY_TRANSFORMER = 1500, 800, 400  # candidates
PAGE = 0.25  # of the candidates of a long ranking are those of a page
ALL = 3000  # papers, at most, that are all candidates


class Taste:
    """What a reader likes; immutable once made. At least one like."""

    def __init__(
        self,
        snapshot: IndexSnapshot,
        vectors: PaperVectors | None,
        likes: Likes,
        dislikes: Likes = NOTHING,
        weights: FeedWeights | None = None,
        *,
        left_alone: Likes = NOTHING,
    ) -> None:
        self.snapshot = snapshot
        self.background = background_of(snapshot, vectors)
        self.likes = likes.latest(MOST_EXAMPLES)
        self.dislikes = dislikes.latest(MOST_EXAMPLES)
        self.left_alone = left_alone.latest(MOST_EXAMPLES)  # shown in vain: examples against, for the machine alone
        self._vectors = vectors if self.background.transformer is not None else None
        self._like_words = self.background.words.read(self.likes.rows)
        self._dislike_words = self.background.words.read(self.dislikes.rows)
        self._features, self._weights, self.duals = self._fit()
        self.near = self.likes.latest(MOST_NEAREST)  # the likes that papers are compared with one by one
        self._near_words = self._like_words.take(np.arange(len(self.likes.rows))[-MOST_NEAREST:])
        self.weights = weights or read_feed_weights(self.columns, with_vectors=self.with_vectors)

    def _fit(self) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
        """The machine of the reader's words, against random papers and dislikes: (features, weights, likes' duals)."""
        against = np.concatenate([self.dislikes.rows, self.left_alone.rows])
        others = np.flatnonzero(~np.isin(self.background.negatives, np.concatenate([self.likes.rows, against])))
        left_words = self.background.words.read(self.left_alone.rows)
        words = self._like_words.joined(self._dislike_words).joined(left_words)
        words = words.joined(self.background.negative_words.take(others))
        n, m = len(self.likes.rows), len(against)
        labels = np.full(len(words), -1, np.float32)
        labels[:n] = 1
        each = COST * len(words) / 2  # for all likes, and for all random papers
        like = each / max(float(self.likes.weights.sum()), 1e-9)
        costs = np.full(len(words), each / max(len(others), 1), np.float32)
        costs[:n] = like * self.likes.weights
        costs[n : n + m] = like * np.concatenate([self.dislikes.weights, self.left_alone.weights])
        machine = LinearSVM().fit(words, labels, costs, SIZE)
        features = np.flatnonzero(machine.weights_)
        return features, machine.weights_[features], machine.duals_[:n]

    @property
    def word_weights(self) -> NDArray[np.float32]:
        """The weight of every feature of words, (SIZE,); few are not 0, and only these are kept."""
        weights = np.zeros(SIZE, np.float32)
        weights[self._features] = self._weights
        return weights

    def _read(self, rows: NDArray[np.int64]) -> RawVectors:
        return RawVectors.read(self.snapshot, self._vectors, rows)

    @cached_property
    def _examples(self) -> tuple[RawVectors, RawVectors]:
        """The vectors of the near likes and dislikes."""
        return self._read(self.near.rows), self._read(self.dislikes.latest(MOST_NEAREST).rows)

    def _in(self, space: Space) -> NearLikes:
        likes, dislikes = self._examples
        return NearLikes(space, likes, self.near.weights, dislikes)

    @cached_property
    def _static(self) -> NearLikes:
        """The near likes and dislikes as whitened static vectors."""
        return self._in(Space(self.background.static))

    @cached_property
    def _encoded(self) -> NearLikes | None:
        """The same as whitened vectors of the transformer; None where too few papers have one."""
        white, present = self.background.transformer, self._examples[0].present
        if white is None or 2 * np.count_nonzero(present) < len(present):
            return None
        return self._in(Space(white, static=False, transformer=True))

    @cached_property
    def _learned(self) -> NearLikes | None:
        """The same in the space that ships; None if it was learned with other encoders."""
        projection = read_metric(self.snapshot.manifest.encoder, with_vectors=self.with_vectors)
        return None if projection is None else self._in(Space(projection, transformer=self.with_vectors))

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns of `evidence`."""
        return COLUMNS_WITH_VECTORS if self.with_vectors else COLUMNS

    @property
    def with_vectors(self) -> bool:
        """Whether the transformer's vectors are evidence."""
        return self._encoded is not None

    def _columns(
        self, words: WordFeatures, raw: RawVectors, without: NDArray[np.int64] | None = None
    ) -> NDArray[np.float32]:
        """The evidence of papers, (n, f), NaN in the transformer's columns of a paper without a vector.

        For every paper one of the near likes may be left out: its place, (n,).
        """
        like = words.products(self._near_words)
        machine = words.score(self.word_weights)
        if without is not None:
            duals = self.duals[len(self.likes.rows) - len(self.near.rows) :]
            own = duals[without] * like[np.arange(len(words)), without]
            # fitted without one like, the others push as much as all did
            rest = float(duals.sum()) - duals[without]
            more = np.where(rest > 0, duals[without] / np.maximum(rest, 1e-9), 0)
            machine += more * (like @ duals - own) - own
        by_words = compared(like, words.products(self._dislike_words), self.near.weights, without)
        static = self._static.columns(raw, without)
        parts = [machine[:, None], by_words, static]
        for space in (self._learned, *([self._encoded] if self.with_vectors else [])):
            parts.append(static if space is None else space.columns(raw, without))
        return np.concatenate(parts, axis=1)

    @cached_property
    def _ordinary(self) -> NDArray[np.float32]:
        """The columns of ordinary papers that are no examples, (n, f)."""
        used = np.isin(self.background.ordinary, np.concatenate([self.likes.rows, self.dislikes.rows]))
        others = np.flatnonzero(~used)
        return self._columns(self.background.ordinary_words.take(others), self.background.ordinary_raw.take(others))

    @cached_property
    def _scale(self) -> Scale:
        return Scale(self._ordinary[~np.isnan(self._ordinary).any(axis=1)])

    def evidence(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The columns of `evidence.COLUMNS`, or COLUMNS_WITH_VECTORS, for ascending rows, (n, f).

        A paper without a vector by the transformer is taken to be as like as its static vector says.
        """
        return self._scaled(self._columns(self.background.words.read(rows), self._read(rows)))

    def _scaled(self, columns: NDArray[np.float32]) -> NDArray[np.float32]:
        columns = self._scale.apply(columns)
        if self.with_vectors:
            missing = np.isnan(columns[:, -1])
            columns[missing, -6:-3] = columns[missing, -3:] = columns[missing, -9:-6]
        return columns

    def scores(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The score of rows in any order, (n,); greater is better. Scores are kept: a reload asks for the same."""
        new = np.unique(rows[np.isnan(self._scores[rows])])
        if len(new):
            self._scores[new] = self.weights.score(self.evidence(new), len(self.likes.rows))
        return np.asarray(self._scores[rows])

    @cached_property
    def _scores(self) -> NDArray[np.float32]:
        """The score of every row, NaN where nobody asked yet, (n,)."""
        return np.full(len(self.snapshot), np.nan, np.float32)

    @cached_property
    def ordinary_score(self) -> float:
        """The middle score of ordinary papers."""
        ordinary = self.weights.score(self._scaled(self._ordinary), len(self.likes.rows))
        return float(np.median(ordinary)) if len(ordinary) else 0.0

    @cached_property
    def _range(self) -> tuple[float, float]:
        """(the middle score of ordinary papers, the best score of a paper that is no example)."""
        flags = self.snapshot.alive.flags().copy()
        flags[np.concatenate([self.likes.rows, self.dislikes.rows])] = False
        others = self.candidates(Mask.of(flags), 0, depth=PAGE)
        low = self.ordinary_score
        return low, float(self.scores(others).max(initial=low))

    def interest(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scores (n,) on a scale of 0..1, from ordinary papers to the best one: to weigh against recency."""
        low, high = self._range
        return np.asarray(np.clip((scores - low) / max(high - low, 1e-6), 0, 1), np.float32)

    def likenesses(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """How like each of these rows is to each of the near likes, by what these count, (n, m)."""
        return self._likenesses(self.background.words.read(rows), RawVectors.read(self.snapshot, None, rows))

    def _likenesses(self, words: WordFeatures, raw: RawVectors) -> NDArray[np.float32]:
        likeness = words.products(self._near_words) + np.float32(MEANING) * self._static.likeness(raw)
        return np.asarray(likeness * self.near.weights, np.float32)

    @cached_property
    def ordinary_probability(self) -> float:
        """The chance of an ordinary paper to be saved."""
        return float(self.probabilities(np.array([self.ordinary_score], np.float32))[0])

    def carriers(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """(for each of these rows the place among `near` of the like that carries it, its share of the score), (n,).

        The share is what the score falls by without this like, of what the score is above that of ordinary papers.
        """
        words, raw = self.background.words.read(rows), self._read(rows)
        places = self._likenesses(words, raw).argmax(axis=1)
        scores, low = self.scores(rows), self.ordinary_score
        columns = self._columns(words, raw, places)
        against = np.isin(rows, self.background.negatives)  # stand on the margin whichever likes there are
        if against.any():
            columns[against, 0] = words.take(np.flatnonzero(against)).score(self.word_weights)
        rest = self.weights.score(self._scaled(columns), len(self.likes.rows) - 1)
        return places, np.asarray(np.clip((scores - rest) / np.maximum(scores - low, 1e-6), 0, 1), np.float32)

    def probabilities(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """The chance of papers with these scores (n,) to be saved."""
        return self.weights.probability(scores, len(self.likes.rows))

    def candidates(self, allowed: Mask, k: int, *, depth: float = 1.0) -> NDArray[np.int64]:
        """The rows that may be among the best k, ascending: by words and by vectors, or all where there are few.

        `depth` is the share of the usual number of candidates.
        """
        by_words, by_static, by_transformer = (max(round(depth * n), k) for n in (BY_WORDS, BY_STATIC, BY_TRANSFORMER))
        if allowed.count() <= max(depth * ALL, k):
            return allowed.rows()
        found = [self.snapshot.inverted.search(self._query, by_words, allowed).ids]
        found.append(self.snapshot.dense.search(self._static.direction, by_static, allowed).ids)
        if self._encoded is not None and self._vectors is not None:
            found.append(self._vectors.search(self._encoded.direction, by_transformer, allowed).ids)
        return np.unique(np.concatenate(found))

    @cached_property
    def _query(self) -> SparseQuery:
        """The words of the likes with the greatest weights in the machine."""
        terms, _ = self.snapshot.positions.read(np.sort(self.likes.rows))
        own = np.unique(terms)
        background = self.background
        at = np.minimum(np.searchsorted(background.short_terms, own), max(len(background.short_terms) - 1, 0))
        at = at[background.short_terms[at] == own] if len(background.short_terms) else at[:0]
        slots = slots_of(background.short_terms[at])
        weights = self.word_weights[slots] * background.rarity[slots]
        best = np.argsort(-weights, kind="stable")[:TERMS]
        best = best[weights[best] > 0]
        return SparseQuery(background.terms[at[best]], weights[best].astype(np.float32))
