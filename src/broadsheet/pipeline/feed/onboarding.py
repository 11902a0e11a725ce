"""Which paper to ask a new reader about next, so that few answers tell what is wanted.

A sample of the library stands for all of it: each of its papers may be the middle of what the reader wants. What such a
reader would answer about a paper depends on how near it is to the middle, among all papers: yes to the nearest, "near
it" to those around, no to the rest, with a soft edge. The answers so far say how likely each middle is; the next
question is the one whose answer is expected to tell most about it (expected information gain; Lindley: On a measure of
the information provided by an experiment. Annals of Mathematical Statistics 27, 1956).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.mask import Mask
from broadsheet.pipeline.feed.background import background_of
from broadsheet.pipeline.index.snapshot import IndexSnapshot

__all__ = ["QUESTIONS", "Answer", "Answers", "Questions"]

QUESTIONS = 10  # at most
POOL = 1500  # papers that stand for the library
YES, NEAR = 0.02, 0.15  # shares of the library that are answered with yes, and with yes or near it
SOFT = 1.5  # the width of the edge between two answers, in distances between the edges
ERROR = 0.02  # chance of each answer, whatever the paper

Floats = NDArray[np.float32]


class Answer(IntEnum):
    """What a reader says about one paper."""

    YES = 0
    NEAR = 1
    NO = 2


@dataclass(frozen=True, slots=True)
class Answers:
    """What a reader said so far, by paper number."""

    given: tuple[tuple[int, Answer], ...] = ()
    known: frozenset[int] = field(default=frozenset())  # papers not to ask about: saved, hidden

    @property
    def is_done(self) -> bool:
        """Whether enough was asked."""
        return len(self.given) >= QUESTIONS

    def papers(self, answer: Answer) -> tuple[int, ...]:
        """The papers that were answered so."""
        return tuple(paper for paper, said in self.given if said == answer)

    def with_answer(self, number: int, answer: Answer) -> Answers:
        """With one more."""
        return Answers((*self.given, (number, answer)), self.known)


class Questions:
    """Chooses papers to ask about: the same for the same answers."""

    def __init__(self, snapshot: IndexSnapshot, among: Collection[int] | None = None) -> None:
        self._snapshot = snapshot
        self._white = background_of(snapshot, None).static
        allowed = snapshot.alive
        if among is not None:
            allowed &= Mask.of_rows(snapshot.present_rows(among), len(snapshot))
        self._rows = np.sort(np.random.default_rng(0).permutation(allowed.rows())[:POOL])
        self._vectors = self._read(self._rows)
        cosines = self._vectors @ self._vectors.T
        edges = np.quantile(cosines, [1 - NEAR, 1 - YES], axis=1) if len(cosines) else np.empty((2, 0))
        self._edges = edges.astype(np.float32)  # cosines to each middle, (2, n)
        self._chances = self._answers(cosines)
        self._doubt = _entropy(self._chances)

    def next(self, answers: Answers) -> int | None:
        """The number of the paper to ask about; None where none is left."""
        free = ~np.isin(self._snapshot.ids[self._rows], [*answers.known, *(paper for paper, _ in answers.given)])
        if not free.any():
            return None
        likely = self._likely(answers)
        gain = _entropy(np.einsum("c,acq->aq", likely, self._chances)) - likely @ self._doubt
        return int(self._snapshot.ids[self._rows[np.where(free, gain, -1).argmax()]])

    def _likely(self, answers: Answers) -> Floats:
        """How likely each paper of the sample is the middle of what is wanted, (n,)."""
        logs = np.zeros(len(self._rows))
        for paper, answer in answers.given:
            rows = self._snapshot.present_rows([paper])
            if len(rows):
                logs += np.log(self._answers(self._vectors @ self._read(rows).T)[answer, :, 0])
        likely = np.exp(logs - logs.max())
        return np.asarray(likely / likely.sum(), np.float32)

    def _answers(self, cosines: Floats) -> Floats:
        """The chance of each answer about q papers, by their cosines to the n middles (n, q), (3, n, q)."""
        near, yes = self._edges[:, :, None]
        width = np.maximum(SOFT * (yes - near), 1e-6)
        at_least = _logistic((cosines - near) / width)
        surely = np.minimum(_logistic((cosines - yes) / width), at_least)
        chances = np.stack([surely, at_least - surely, 1 - at_least])
        return np.asarray(chances * (1 - 3 * ERROR) + ERROR, np.float32)

    def _read(self, rows: NDArray[np.int64]) -> Floats:
        return self._white.apply(self._snapshot.dense.vectors(rows))


def _logistic(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -30, 30))), np.float32)


def _entropy(chances: Floats) -> Floats:
    """Of chances along the first axis, in nats."""
    return np.asarray(-(chances * np.log(chances)).sum(axis=0), np.float32)
