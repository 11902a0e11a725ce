"""The interests of one reader: which of the likes make each, and what is known of it.

likes ──► those whose interest is given (a tag's, a split's) ──┐
     └──► the others, in groups ──► interests known before ────┴──► interests, each like in one
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Steering, StoredInterest
from broadsheet.pipeline.feed.clusters import CHANCE, groups, matched

__all__ = ["NO_SEEDS", "OwnInterests", "ReaderInterest", "Seeds", "arranged", "shares_of"]

HALF_LIFE = 30.0  # later likes after which an earlier one counts half for the share of its interest


@dataclass(frozen=True, slots=True)
class Seeds:
    """What an interest that a reader made finds in the library: paper numbers, the best first."""

    papers: tuple[int, ...]
    against: frozenset[int] = frozenset()  # of them, those that it says are not wanted
    sure: bool = False  # whether they fit whatever the model says: the papers of an author, of a search
    offered: bool = True  # whether they are offered on the page; those of a tag, a collection or a list are known
    standing: int = 10  # how many stand for the interest, as likes


NO_SEEDS: Mapping[int, Seeds] = {}


@dataclass(frozen=True, slots=True)
class ReaderInterest:
    """An interest as the page uses it."""

    stored: StoredInterest  # its number is 0 until it is stored
    papers: tuple[int, ...] = ()  # the likes that make it, the oldest first
    share: float = 0.0  # of the page
    against: frozenset[int] = field(default=frozenset(), repr=False)

    @property
    def key(self) -> str:
        """What names it in addresses and forms: its number, or one of its papers while it is not stored."""
        return str(self.stored.id) if self.stored.id or not self.papers else f"p{min(self.papers)}"


@dataclass(frozen=True, slots=True)
class OwnInterests:
    """All interests of a reader, and where the likes belong."""

    all: tuple[ReaderInterest, ...]
    of_like: NDArray[np.int64]  # (n,) the place of each like's interest in `all`
    matching: Mapping[int, int] = field(default_factory=dict)  # paper numbers that an interest finds → its place
    sure: frozenset[int] = frozenset()  # of these, those that fit whatever the model says

    @property
    def stored(self) -> tuple[StoredInterest, ...]:
        """As they are to be stored."""
        return tuple(replace(one.stored, papers=_members(one)) for one in self.all)

    def with_stored(self, stored: Sequence[StoredInterest]) -> OwnInterests:
        """As they are stored now, in the same order."""
        return replace(self, all=tuple(replace(one, stored=new) for one, new in zip(self.all, stored, strict=True)))


def _members(one: ReaderInterest) -> frozenset[int]:
    """The papers by which an interest is known again; those of one without likes stay."""
    if one.stored.kind in ("saves", "chosen") and one.papers:
        return frozenset(one.papers)
    return one.stored.papers


def _given(
    numbers: Sequence[int], steering: Steering, seeds: Mapping[int, Seeds], standing: Collection[int]
) -> tuple[list[int], dict[int, int]]:
    """(for each like the place of its interest in `steering`, -1 where none is given; the papers found, by number)."""
    owner: dict[int, int] = {}
    matching: dict[int, int] = {}
    for at, one in enumerate(steering.interests):
        if one.kind == "chosen":
            owner |= {paper: at for paper in one.papers if paper not in owner}
    for at, one in enumerate(steering.interests):
        found = seeds.get(one.id)
        if found is not None and one.state != "dropped":
            own = (paper for paper in found.papers if paper in standing or not found.offered)
            owner |= {paper: at for paper in own if paper not in owner}
            fresh = [paper for paper in found.papers if paper not in matching and paper not in found.against]
            matching |= dict.fromkeys(fresh if found.offered else [], at)
    return [owner.get(number, -1) for number in numbers], matching


def arranged(
    numbers: Sequence[int],
    vectors: Sequence[NDArray[np.float32]],
    steering: Steering,
    seeds: Mapping[int, Seeds] = NO_SEEDS,
    standing: Collection[int] = (),
) -> OwnInterests:
    """Give every like, by number and the oldest first, its interest; shares are not set yet.

    Likes that are `standing` for a made interest, and no saves, belong to that one. `vectors` are unit vectors (n, d)
    of the likes in one or more spaces. Interests that are not stored have no name.
    """
    given, matching = _given(numbers, steering, seeds, standing)
    of_like = np.array(given, np.int64)
    free = np.flatnonzero(of_like < 0)
    known = [at for at, one in enumerate(steering.interests) if one.kind == "saves" and one.state != "dropped"]
    likeness = np.asarray(sum(v @ v.T for v in vectors) / max(len(vectors), 1), np.float32).reshape(len(numbers), -1)
    papers = [[int(numbers[i]) for i in free.tolist()]]
    before = sum(bool(steering.interests[at].papers.intersection(papers[0])) for at in known)
    label = groups(likeness[np.ix_(free, free)], before)
    found = [free[label == group] for group in range(int(label.max(initial=-1)) + 1)]
    parts = [[numbers[i] for i in one.tolist()] for one in found]
    places = matched(parts, [steering.interests[at].papers for at in known])
    stored = list(steering.interests)
    for rows, place in zip(found, places, strict=True):
        at = known[place] if place is not None else _chosen_nearby(rows, of_like, likeness, stored)
        if at is None:
            stored.append(StoredInterest(""))
            at = len(stored) - 1
        of_like[rows] = at
    return _without_empty(stored, of_like, numbers, matching, seeds)


def _chosen_nearby(
    rows: NDArray[np.int64], of_like: NDArray[np.int64], likeness: NDArray[np.float32], stored: Sequence[StoredInterest]
) -> int | None:
    """The interest with given papers that a group of likes is hardly apart from."""
    best: tuple[float, int | None] = (np.inf, None)
    for at, one in enumerate(stored):
        own = np.flatnonzero(of_like == at)
        if one.kind == "chosen" and one.state != "dropped" and len(own):
            n, m = len(rows), len(own)
            apart = likeness[np.ix_(rows, rows)].mean() + likeness[np.ix_(own, own)].mean()
            apart -= 2 * likeness[np.ix_(rows, own)].mean()
            cost = n * m / (n + m) * float(apart)
            if cost < CHANCE[0] + CHANCE[1] * (n + m) ** 0.5:
                best = min(best, (cost, at), key=lambda one: one[0])
    return best[1]


def _without_empty(
    stored: Sequence[StoredInterest],
    of_like: NDArray[np.int64],
    numbers: Sequence[int],
    matching: Mapping[int, int],
    seeds: Mapping[int, Seeds],
) -> OwnInterests:
    """Leave out interests without likes that the reader never touched."""
    own = [tuple(int(numbers[i]) for i in np.flatnonzero(of_like == at).tolist()) for at in range(len(stored))]
    stays = [at for at, one in enumerate(stored) if own[at] or one.is_touched]
    place = {at: new for new, at in enumerate(stays)}
    against = {at: seeds[stored[at].id].against for at in stays if stored[at].id in seeds}
    return OwnInterests(
        tuple(ReaderInterest(stored[at], own[at], against=against.get(at, frozenset())) for at in stays),
        np.array([place[at] for at in of_like.tolist()], np.int64),
        {paper: place[at] for paper, at in matching.items() if at in place},
        frozenset(paper for paper, at in matching.items() if seeds[stored[at].id].sure),
    )


def shares_of(own: OwnInterests, weights: NDArray[np.float32]) -> OwnInterests:
    """With the share of each interest in the page; `weights` (n,) are those of the likes, the oldest first.

    By default the root of the number of likes, recent ones first, times the reader's weight. An interest with a quota
    has that share, and the others what is left; one that is muted or has no likes has none.
    """
    recent = weights * np.exp2(-np.arange(len(weights) - 1, -1, -1) / HALF_LIFE)
    mass = np.bincount(own.of_like, recent, minlength=len(own.all))
    alive = np.array([one.stored.state == "on" for one in own.all], np.bool_) & (mass > 0)
    quota = np.array([np.nan if one.stored.quota is None else one.stored.quota for one in own.all], np.float64)
    fixed = alive & ~np.isnan(quota)
    shares = np.where(fixed, np.nan_to_num(quota), 0.0)
    shares /= max(float(shares.sum()), 1.0)
    base = np.where(alive & ~fixed, np.sqrt(mass) * np.array([one.stored.weight for one in own.all]), 0.0)
    if base.sum() > 0:
        shares += base / base.sum() * max(1 - float(shares.sum()), 0)
    return replace(own, all=tuple(replace(one, share=float(s)) for one, s in zip(own.all, shares, strict=True)))
