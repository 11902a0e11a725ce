"""Feedback and steering → a reader's model: a taste that ranks, and the interests that its likes make.

events ──► likes, dislikes ──► taste ──► interests, each with its likes and its share of the page
steering ──► papers that stand for made interests ──┘
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import ReaderState, Steering
from broadsheet.catalogue.steering import UNSTEERED
from broadsheet.kit.reader_actions import SHOWN_IN_VAIN
from broadsheet.pipeline.feed.own_interests import NO_SEEDS, OwnInterests, Seeds, arranged, shares_of
from broadsheet.pipeline.feed.taste import Likes, Taste
from broadsheet.pipeline.index.paper_vectors import PaperVectors
from broadsheet.pipeline.index.snapshot import IndexSnapshot

__all__ = ["Interest", "learn"]

FEW = 100  # papers; how vectors spread cannot be told from fewer
WEIGHTS = {"saved": 1.0, "up": 1.0, "opened": 0.3, "down": 1.0, "hidden": 0.7, "seed": 0.5}
LEFT_ALONE = 0.05  # against a paper that was shown in vain, for every day after the first
LEFT_DAYS = 2  # days from which it counts


@dataclass(frozen=True, slots=True)
class Interest:
    """A reader's model."""

    taste: Taste  # ranks papers
    own: OwnInterests  # of the near likes
    carried: NDArray[np.int64] = field(repr=False)  # the interest of every row, -1 where nobody asked yet

    def carriers(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The place of the interest that carries each of these rows: that of the like that it is most like, (n,)."""
        if len(self.own.all) == 1:
            return np.zeros(len(rows), np.int64)
        new = np.unique(rows[self.carried[rows] < 0])
        if len(new):
            self.carried[new] = self.own.of_like[self.taste.likenesses(new).argmax(axis=1)]
        return np.asarray(self.carried[rows])

    @property
    def direction(self) -> NDArray[np.float32]:
        """Where the likes are and other papers are not, in the space of static vectors, (d,)."""
        taste, read = self.taste, self.taste.snapshot.dense.vectors
        towards = read(taste.near.rows).mean(axis=0) - _mean(read(taste.background.ordinary))
        if len(taste.dislikes.rows):
            towards = towards - read(taste.dislikes.latest(len(taste.near.rows)).rows).mean(axis=0) / 2
        return np.asarray(towards, np.float32)


def _mean(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vectors.sum(axis=0) / max(len(vectors), 1), np.float32)


def _examples(snapshot: IndexSnapshot, weights: Mapping[int, float]) -> Likes:
    rows = snapshot.rows_of(list(weights))
    present = rows >= 0
    return Likes(rows[present], np.array(list(weights.values()), np.float32)[present])


def _in_time_order(weights: Mapping[int, float], times: Mapping[int, datetime]) -> dict[int, float]:
    """Papers by when they were last saved or opened, oldest first; those of unknown time last."""
    timed = sorted((p for p in weights if p in times), key=lambda p: times[p])
    return {p: weights[p] for p in (*timed, *(p for p in weights if p not in times))}


def _left_alone(state: ReaderState) -> dict[int, float]:
    """Papers that were shown on several days and that the reader left alone, and what each counts against its like."""
    marked = state.used.union(*state.tags.values())
    days = {paper: n for paper, n in state.seen.items() if n >= LEFT_DAYS and paper not in marked}
    return {paper: LEFT_ALONE * (min(n, SHOWN_IN_VAIN) - 1) for paper, n in days.items()}


def _with_seeds(
    liked: Mapping[int, float], seeds: Mapping[int, Seeds], without: frozenset[int] | set[int]
) -> dict[int, float]:
    """Likes, oldest first, and between the latest of them the papers that stand for made interests."""
    new = [p for found in seeds.values() for p in _first(found) if p not in liked and p not in without]
    latest, more = [*liked.items()][::-1], dict.fromkeys(new, WEIGHTS["seed"])
    mixed: list[tuple[int, float]] = []
    for at, seed in enumerate(more.items()):
        mixed += [*latest[at : at + 1], seed]
    return dict([*mixed, *latest[len(more) :]][::-1])


def _first(found: Seeds) -> list[int]:
    return [paper for paper in found.papers if paper not in found.against][: found.standing]


def learn(
    snapshot: IndexSnapshot,
    state: ReaderState,
    vectors: PaperVectors | None = None,
    steering: Steering = UNSTEERED,
    seeds: Mapping[int, Seeds] = MappingProxyType(NO_SEEDS),
) -> Interest | None:
    """Fit the reader's model; None if no paper was saved, rated up or opened, and no interest made.

    Likes are papers saved, rated up and, with less weight, opened, and those that stand for interests made (`seeds`, by
    their number). Dislikes are papers rated down and hidden. Papers shown on several days and left alone count a little
    against what is like them. Papers of an interest that was deleted say nothing.
    """
    positive: dict[int, float] = dict.fromkeys(state.opened, WEIGHTS["opened"])
    positive |= dict.fromkeys(state.saved, WEIGHTS["saved"])
    positive |= {paper: WEIGHTS["up"] for paper, rating in state.ratings.items() if rating > 0}
    negative = dict.fromkeys(state.hidden, WEIGHTS["hidden"])
    negative |= {paper: WEIGHTS["down"] for paper, rating in state.ratings.items() if rating < 0}
    dropped = {paper for one in steering.interests if one.state == "dropped" for paper in one.papers}
    positive = {p: w for p, w in positive.items() if p not in negative and p not in dropped}
    positive = _in_time_order(positive, {**state.opened, **state.saved})
    mixed = _with_seeds(positive, seeds, negative.keys() | dropped)
    likes = _examples(snapshot, mixed)
    if not len(likes.rows):
        return None
    dislikes = _examples(snapshot, _in_time_order(negative, {}))
    left = {paper: weight for paper, weight in _left_alone(state).items() if paper not in mixed}
    taste = Taste(snapshot, vectors, likes, dislikes, left_alone=_examples(snapshot, left))
    own = _own(taste, vectors, steering, seeds, mixed.keys() - positive.keys())
    return Interest(taste, own, np.full(len(snapshot), -1))


def _own(
    taste: Taste, vectors: PaperVectors | None, steering: Steering, seeds: Mapping[int, Seeds], standing: set[int]
) -> OwnInterests:
    rows, background = taste.near.rows, taste.background
    raw = taste.snapshot.dense.vectors(rows)
    spaces = [raw if taste.snapshot.count < FEW else background.static.apply(raw)]
    if vectors is not None and background.transformer is not None and vectors.has(rows).all():
        spaces.append(background.transformer.apply(vectors.vectors(rows)))
    numbers = taste.snapshot.ids[rows].tolist()
    return shares_of(arranged(numbers, spaces, steering, seeds, standing), taste.near.weights)
