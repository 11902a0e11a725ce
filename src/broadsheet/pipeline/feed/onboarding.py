"""Which paper to ask a new reader about next, so that few answers tell what is wanted.

A sample of the library stands for all of it. Every paper of it is wanted with some chance: more near a yes, less near a
no. The next question is the paper that stands for most of what is wanted and not asked about yet: at first for the
largest topic, after a no for another one, after a yes for what is beside it, among more papers there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.mask import Mask
from broadsheet.pipeline.feed.background import background_of
from broadsheet.pipeline.index.snapshot import IndexSnapshot

__all__ = ["QUESTIONS", "Answers", "Questions"]

QUESTIONS = 10  # at most
POOL = 2000  # papers that stand for the library
BESIDE = 200  # papers nearest to a yes that are looked at, too
SHARP = 3.0  # power of a likeness: greater asks about closer papers
YES, NO = 10.0, 3.0  # by how much a likeness of one to a yes raises the log of the chance, and one to a no lowers it


@dataclass(frozen=True, slots=True)
class Answers:
    """What a reader said so far, by paper number."""

    yes: tuple[int, ...] = ()
    no: tuple[int, ...] = ()
    known: frozenset[int] = field(default=frozenset())  # papers not to ask about: saved, hidden

    @property
    def n(self) -> int:
        """How many answers there are."""
        return len(self.yes) + len(self.no)

    @property
    def is_done(self) -> bool:
        """Whether enough was asked."""
        return self.n >= QUESTIONS

    def with_answer(self, number: int, *, is_yes: bool) -> Answers:
        """With one more."""
        yes, no = ((*self.yes, number), self.no) if is_yes else (self.yes, (*self.no, number))
        return Answers(yes, no, self.known)


class Questions:
    """Chooses papers to ask about: the same for the same answers."""

    def __init__(self, snapshot: IndexSnapshot, among: Collection[int] | None = None) -> None:
        self._snapshot = snapshot
        self._white = background_of(snapshot, None).static
        allowed = snapshot.alive
        if among is not None:
            allowed &= Mask.of_rows(snapshot.present_rows(among), len(snapshot))
        self._allowed = allowed
        self._rows = np.sort(np.random.default_rng(0).permutation(allowed.rows())[:POOL])
        self._vectors = self._read(self._rows)
        self._likeness = _sharp(self._vectors @ self._vectors.T)

    def next(self, answers: Answers) -> int | None:
        """The number of the paper to ask about; None where none is left."""
        used = np.array([*answers.yes, *answers.no, *answers.known], np.int64)
        yes, no = self._nearest(self._vectors, answers.yes), self._nearest(self._vectors, answers.no)
        wanted, known = np.exp(YES * yes - NO * no), np.maximum(yes, no)
        rows, likeness = self._rows, self._likeness
        beside = np.setdiff1d(self._beside(answers.yes), rows)
        if len(beside):
            rows = np.concatenate([rows, beside])
            likeness = np.concatenate([likeness, _sharp(self._vectors @ self._read(beside).T)], axis=1)
        gain = (wanted[:, None] * np.maximum(likeness - known[:, None], 0)).sum(axis=0)
        free = ~np.isin(self._snapshot.ids[rows], used)
        return int(self._snapshot.ids[rows[np.where(free, gain, -1).argmax()]]) if free.any() else None

    def _read(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return self._white.apply(self._snapshot.dense.vectors(rows))

    def _beside(self, yes: Sequence[int]) -> NDArray[np.int64]:
        """The papers nearest to those with a yes."""
        rows = self._snapshot.present_rows(yes)
        if not len(rows):
            return rows
        direction = self._white.direction(self._read(rows).sum(axis=0))
        return np.asarray(self._snapshot.dense.search(direction, BESIDE, self._allowed).ids, np.int64)

    def _nearest(self, vectors: NDArray[np.float32], numbers: Sequence[int]) -> NDArray[np.float32]:
        """The likeness of papers to the nearest of these, (n,)."""
        rows = self._snapshot.present_rows(numbers)
        if not len(rows):
            return np.zeros(len(vectors), np.float32)
        return np.asarray(_sharp(vectors @ self._read(rows).T).max(axis=1), np.float32)


def _sharp(cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.maximum(cosines, 0) ** np.float32(SHARP), np.float32)
