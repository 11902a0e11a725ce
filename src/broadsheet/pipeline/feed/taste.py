"""A reader's likes and dislikes → a model that finds candidates and says what speaks for each.

likes, dislikes ──► machine over words (against random papers) ──┐
               └──► likenesses to every like                   ──┴──► evidence ──► score, probability
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.inverted import SparseQuery
from broadsheet.kit.mask import Mask
from broadsheet.pipeline.feed.background import Background, background_of
from broadsheet.pipeline.feed.evidence import COLUMNS, COLUMNS_WITH_VECTORS, Scale, likeness_columns
from broadsheet.pipeline.feed.feed_weights import FeedWeights, read_feed_weights
from broadsheet.pipeline.feed.linear_svm import LinearSVM
from broadsheet.pipeline.feed.word_features import SIZE, WordFeatures, slots_of
from broadsheet.pipeline.index.paper_vectors import PaperVectors
from broadsheet.pipeline.index.snapshot import TEXT_FIELDS, IndexSnapshot

__all__ = ["NOTHING", "PAGE", "Likes", "Taste"]

COST = 10.0  # of an example on the wrong side of the margin
MOST_EXAMPLES = 1000  # latest likes, and latest dislikes, that the machine is fitted on
MOST_NEAREST = 200  # latest likes that papers are compared with one by one
DISLIKE = 0.5  # of the likeness to the nearest disliked paper is taken off
MEANING = 0.3  # weight of the likeness in meaning beside that in words, where the like is named that carries a paper
TERMS = 256  # words of the query for candidates
BY_WORDS, BY_STATIC, BY_TRANSFORMER = 1500, 800, 400  # candidates
PAGE = 0.25  # of the candidates of a long ranking are those of a page
ALL = 3000  # papers, at most, that are all candidates


@dataclass(frozen=True, slots=True)
class Likes:
    """Rows of papers, oldest first, each once, and what each counts, 0..1."""

    rows: NDArray[np.int64]  # (n,)
    weights: NDArray[np.float32]  # (n,)

    def latest(self, n: int) -> Likes:
        """The last n."""
        return Likes(self.rows[-n:], self.weights[-n:])

    def of(self, rows: NDArray[np.bool_]) -> Likes:
        """Some of them, by flags."""
        return Likes(self.rows[rows], self.weights[rows])


NOTHING = Likes(np.empty(0, np.int64), np.empty(0, np.float32))


def _words(snapshot: IndexSnapshot, background: Background, rows: NDArray[np.int64]) -> WordFeatures:
    """The words of papers in any order, each row once."""
    order = np.argsort(rows, kind="stable")
    words = WordFeatures.of(snapshot.positions, rows[order], len(TEXT_FIELDS)).weighed(background.rarity)
    return words.take(np.argsort(order, kind="stable"))


def _compared(
    like: NDArray[np.float32],
    dislike: NDArray[np.float32],
    weights: NDArray[np.float32],
    without: NDArray[np.int64] | None,
) -> NDArray[np.float32]:
    """The columns of likenesses (n, m) to likes with weights (m,), less those to dislikes (n, q).

    `without` are places of likes to leave out, one for every row, -1 for none.
    """
    if without is None:
        columns = likeness_columns(like, weights)
    else:
        rows = zip(like, [[j] if j >= 0 else [] for j in without.tolist()], strict=True)
        columns = np.zeros((len(like), 3), np.float32)
        for at, (row, j) in enumerate(rows):
            places = np.array(j, np.int64)
            columns[at] = likeness_columns(np.delete(row, places)[None], np.delete(weights, places))[0]
    if dislike.shape[1]:
        columns -= np.float32(DISLIKE) * np.maximum(dislike.max(axis=1, keepdims=True), 0)
    return columns


class Taste:
    """What a reader likes; immutable once made. At least one like."""

    def __init__(
        self,
        snapshot: IndexSnapshot,
        vectors: PaperVectors | None,
        likes: Likes,
        dislikes: Likes = NOTHING,
        weights: FeedWeights | None = None,
    ) -> None:
        self.snapshot = snapshot
        self.background = background_of(snapshot, vectors)
        self.likes = likes.latest(MOST_EXAMPLES)
        self.dislikes = dislikes.latest(MOST_EXAMPLES)
        self._vectors = vectors if self.background.transformer is not None else None
        self._like_words = _words(snapshot, self.background, self.likes.rows)
        self._dislike_words = _words(snapshot, self.background, self.dislikes.rows)
        self._features, self._weights, self.duals = self._fit()
        self.near = self.likes.latest(MOST_NEAREST)  # the likes that papers are compared with one by one
        self._near_words = self._like_words.take(np.arange(len(self.likes.rows))[-MOST_NEAREST:])
        self.weights = weights or read_feed_weights(self.columns, with_vectors=self.with_vectors)

    def _fit(self) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
        """The machine of the reader's words, against random papers and dislikes: (features, weights, likes' duals)."""
        used = np.concatenate([self.likes.rows, self.dislikes.rows])
        others = np.flatnonzero(~np.isin(self.background.negatives, used))
        words = self._like_words.joined(self._dislike_words).joined(self.background.negative_words.take(others))
        n, m = len(self.likes.rows), len(self.dislikes.rows)
        labels = np.full(len(words), -1, np.float32)
        labels[:n] = 1
        each = COST * len(words) / 2  # for all likes, and for all random papers
        like = each / max(float(self.likes.weights.sum()), 1e-9)
        costs = np.full(len(words), each / max(len(others), 1), np.float32)
        costs[:n] = like * self.likes.weights
        costs[n : n + m] = like * self.dislikes.weights
        machine = LinearSVM().fit(words, labels, costs, SIZE)
        features = np.flatnonzero(machine.weights_)
        return features, machine.weights_[features], machine.duals_[:n]

    @property
    def word_weights(self) -> NDArray[np.float32]:
        """The weight of every feature of words, (SIZE,); few are not 0, and only these are kept."""
        weights = np.zeros(SIZE, np.float32)
        weights[self._features] = self._weights
        return weights

    @cached_property
    def _static(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The whitened static vectors of the near likes and of the dislikes."""
        read = self.snapshot.dense.vectors
        white = self.background.static.apply
        return white(read(self.near.rows)), white(read(self.dislikes.latest(MOST_NEAREST).rows))

    @cached_property
    def _encoded(self) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]] | None:
        """(whitened transformer's vectors of the near likes that have one, of the dislikes, the likes' weights)."""
        vectors, white = self._vectors, self.background.transformer
        if vectors is None or white is None:
            return None
        likes = self.near.of(vectors.has(self.near.rows))
        dislikes = self.dislikes.latest(MOST_NEAREST)
        dislikes = dislikes.of(vectors.has(dislikes.rows))
        if 2 * len(likes.rows) < len(self.near.rows):
            return None
        return white.apply(vectors.vectors(likes.rows)), white.apply(vectors.vectors(dislikes.rows)), likes.weights

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns of `evidence`."""
        return COLUMNS_WITH_VECTORS if self.with_vectors else COLUMNS

    @property
    def with_vectors(self) -> bool:
        """Whether the transformer's vectors are evidence."""
        return self._encoded is not None

    def _columns(
        self, words: WordFeatures, rows: NDArray[np.int64], without: NDArray[np.int64] | None = None
    ) -> NDArray[np.float32]:
        """The evidence of rows, (n, f), NaN in the transformer's columns of a row without a vector.

        For every row one of the near likes may be left out: its place, (n,).
        """
        like = words.products(self._near_words)
        machine = words.score(self.word_weights)
        if without is not None:
            duals = self.duals[len(self.likes.rows) - len(self.near.rows) :]
            own = duals[without] * like[np.arange(len(rows)), without]
            # fitted without one like, the others push as much as all did
            rest = float(duals.sum()) - duals[without]
            more = np.where(rest > 0, duals[without] / np.maximum(rest, 1e-9), 0)
            machine += more * (like @ duals - own) - own
        near = self.near.weights
        parts = [machine[:, None], _compared(like, words.products(self._dislike_words), near, without)]
        vectors = self.background.static.apply(self.snapshot.dense.vectors(rows))
        good, bad = self._static
        parts.append(_compared(vectors @ good.T, vectors @ bad.T, near, without))
        if self._encoded is not None and self._vectors is not None and self.background.transformer is not None:
            good, bad, near = self._encoded
            encoded = np.flatnonzero(self._vectors.has(rows))
            columns = np.full((len(rows), 3), np.nan, np.float32)
            vectors = self.background.transformer.apply(self._vectors.vectors(rows[encoded]))
            if without is not None:
                has = self._vectors.has(self.near.rows)
                without = np.where(has, np.cumsum(has) - 1, -1)[without][encoded]
            columns[encoded] = _compared(vectors @ good.T, vectors @ bad.T, near, without)
            parts.append(columns)
        return np.concatenate(parts, axis=1)

    @cached_property
    def _scale(self) -> Scale:
        used = np.isin(self.background.ordinary, np.concatenate([self.likes.rows, self.dislikes.rows]))
        others = np.flatnonzero(~used)
        rows = self.background.ordinary[others]
        columns = self._columns(self.background.ordinary_words.take(others), rows)
        return Scale(columns[~np.isnan(columns).any(axis=1)])

    def evidence(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The columns of `evidence.COLUMNS`, or COLUMNS_WITH_VECTORS, for ascending rows, (n, f).

        A paper without a vector by the transformer is taken to be as like as its static vector says.
        """
        return self._scaled(_words(self.snapshot, self.background, rows), rows)

    def _scaled(
        self, words: WordFeatures, rows: NDArray[np.int64], without: NDArray[np.int64] | None = None
    ) -> NDArray[np.float32]:
        columns = self._scale.apply(self._columns(words, rows, without))
        if self.with_vectors:
            missing = np.isnan(columns[:, -1])
            columns[missing, -3:] = columns[missing, -6:-3]
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
    def _range(self) -> tuple[float, float]:
        """(the middle score of ordinary papers, the best score of a paper that is no example)."""
        flags = self.snapshot.alive.flags().copy()
        flags[np.concatenate([self.likes.rows, self.dislikes.rows])] = False
        others = self.candidates(Mask.of(flags), 0, depth=PAGE)
        ordinary = self.scores(self.background.ordinary)
        low = float(np.median(ordinary)) if len(ordinary) else 0.0
        return low, float(self.scores(others).max(initial=low))

    def interest(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scores (n,) on a scale of 0..1, from ordinary papers to the best one: to weigh against recency."""
        low, high = self._range
        return np.asarray(np.clip((scores - low) / max(high - low, 1e-6), 0, 1), np.float32)

    def likenesses(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """How like each of these rows is to each of the near likes, by what these count, (n, m)."""
        order = np.argsort(rows, kind="stable")
        words = _words(self.snapshot, self.background, rows[order]).take(np.argsort(order, kind="stable"))
        meaning = self.background.static.apply(self.snapshot.dense.vectors(rows)) @ self._static[0].T
        return np.asarray((words.products(self._near_words) + np.float32(MEANING) * meaning) * self.near.weights)

    @cached_property
    def ordinary_probability(self) -> float:
        """The chance of an ordinary paper to be saved."""
        ordinary = self.background.ordinary
        return float(np.median(self.probabilities(self.scores(ordinary)))) if len(ordinary) else 0.0

    def carriers(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """(for each of these rows the place among `near` of the like that carries it, its share of the score), (n,).

        The share is what the score falls by without this like, of what the score is above that of ordinary papers.
        """
        words = _words(self.snapshot, self.background, rows)
        meaning = self.background.static.apply(self.snapshot.dense.vectors(rows)) @ self._static[0].T
        likeness = words.products(self._near_words) + np.float32(MEANING) * meaning
        places = np.asarray((likeness * self.near.weights).argmax(axis=1))
        scores, (low, _) = self.scores(rows), self._range
        rest = self.weights.score(self._scaled(words, rows, places), len(self.likes.rows) - 1)
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
        target = self._target(self._static[0], self.near.weights)
        direction = self.background.static.direction(target)
        found.append(self.snapshot.dense.search(direction, by_static, allowed).ids)
        if self._encoded is not None and self._vectors is not None and self.background.transformer is not None:
            good, _, weights = self._encoded
            direction = self.background.transformer.direction(self._target(good, weights))
            found.append(self._vectors.search(direction, by_transformer, allowed).ids)
        return np.unique(np.concatenate(found))

    def _target(self, vectors: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(weights @ vectors, np.float32)

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
