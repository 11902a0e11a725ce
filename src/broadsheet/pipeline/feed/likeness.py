"""Likenesses of papers to a reader's likes and dislikes, in words or in a space of vectors, as columns of evidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.pipeline.feed.evidence import likeness_columns
from broadsheet.pipeline.feed.projection import Projection
from broadsheet.pipeline.index.paper_vectors import PaperVectors
from broadsheet.pipeline.index.snapshot import IndexSnapshot

__all__ = ["NOTHING", "Likes", "NearLikes", "RawVectors", "Space", "compared"]

DISLIKE = 0.5  # of the likeness to the nearest disliked paper is taken off

Rows = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Likes:
    """Rows of papers, oldest first, each once, and what each counts, 0..1."""

    rows: Rows  # (n,)
    weights: Floats  # (n,)

    def latest(self, n: int) -> Likes:
        """The last n."""
        return Likes(self.rows[-n:], self.weights[-n:])

    def of(self, rows: NDArray[np.bool_]) -> Likes:
        """Some of them, by flags."""
        return Likes(self.rows[rows], self.weights[rows])


NOTHING = Likes(np.empty(0, np.int64), np.empty(0, np.float32))


def compared(like: Floats, dislike: Floats, weights: Floats, without: Rows | None) -> Floats:
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


@dataclass(frozen=True, slots=True)
class RawVectors:
    """The vectors of papers as they are kept."""

    static: Floats  # (n, d) of the word encoder
    transformer: Floats  # (n, e), zeros for a paper without one; (n, 0) without the transformer
    present: NDArray[np.bool_]  # (n,) whether a paper has one

    @classmethod
    def read(cls, snapshot: IndexSnapshot, vectors: PaperVectors | None, rows: Rows) -> RawVectors:
        """Those of rows of a snapshot."""
        static = snapshot.dense.vectors(rows)
        if vectors is None:
            return cls(static, np.zeros((len(rows), 0), np.float32), np.zeros(len(rows), np.bool_))
        return cls(static, vectors.vectors(rows), vectors.has(rows))

    def take(self, at: Rows | NDArray[np.bool_]) -> RawVectors:
        """Some of them, by places or flags."""
        return RawVectors(self.static[at], self.transformer[at], self.present[at])


@dataclass(frozen=True, slots=True)
class Space:
    """Projected vectors, in which the likeness of papers is an inner product."""

    projection: Projection
    static: bool = True  # whether it is made of the word encoder's vectors
    transformer: bool = False  # whether it is made of the transformer's; of both, side by side

    def vectors(self, raw: RawVectors) -> Floats:
        """The vectors of papers, (n, k)."""
        if self.static and self.transformer:
            return self.projection.apply(np.concatenate([raw.static, raw.transformer], axis=1))
        return self.projection.apply(raw.static if self.static else raw.transformer)

    def has(self, raw: RawVectors) -> NDArray[np.bool_]:
        """Which of them have one, (n,)."""
        return raw.present if self.transformer else np.ones(len(raw.present), np.bool_)


class NearLikes:
    """The likes and dislikes of a reader as vectors of a space; `likes` have the weights (n,)."""

    def __init__(self, space: Space, likes: RawVectors, weights: Floats, dislikes: RawVectors) -> None:
        self.space = space
        self._has = space.has(likes)
        self._weights = weights[self._has]
        self._good = space.vectors(likes.take(self._has))
        self._bad = space.vectors(dislikes.take(space.has(dislikes)))

    @property
    def direction(self) -> Floats:
        """The vector with which papers are compared, as they are kept, to be nearest to all likes, (d,)."""
        return self.space.projection.direction(np.asarray(self._weights @ self._good, np.float32))

    def likeness(self, raw: RawVectors) -> Floats:
        """The inner product of every paper with every like that has a vector, (n, m)."""
        return np.asarray(self.space.vectors(raw) @ self._good.T, np.float32)

    def columns(self, raw: RawVectors, without: Rows | None = None) -> Floats:
        """As `compared`, (n, 3); NaN for papers without a vector."""
        vectors = self.space.vectors(raw)
        if without is not None:
            without = np.where(self._has, np.cumsum(self._has) - 1, -1)[without]
        columns = compared(vectors @ self._good.T, vectors @ self._bad.T, self._weights, without)
        columns[~self.space.has(raw)] = np.nan
        return columns
