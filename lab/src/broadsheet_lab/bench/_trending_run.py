"""Lives of an invented community under one formula, day by day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from broadsheet.trending.contract import Signals
from broadsheet.trending.examination import Examination
from broadsheet.trending.independence import Independence
from broadsheet.trending.lockstep import Lockstep, joined
from broadsheet.trending.plausibility import Plausibility
from broadsheet.trending.vote_rate import field_rates
from broadsheet_lab.bench._trending_world import Floats, Ints, Papers, Readers, World, draw_papers, draw_readers

__all__ = ["RING", "Day", "Life", "Ring", "System"]

RING = 20  # accounts
CAMOUFLAGE = 3  # other papers of the page that each account of a ring votes for
NEW_DAYS = 14
NEW, TOGETHER = -1, -2  # groups; any other is a reader's own row
HISTORY = 14  # days that the usual rates of fields are learned from


@dataclass(frozen=True, slots=True)
class Ring:
    """Twenty accounts that vote for one bad paper a day.

    new: signed up the day before, they look at the page as people do; old: members like others, who read and vote on
    other days and papers as well; sellers: old accounts that vote without looking at a page.
    """

    kind: str  # new | old | sellers
    when: str = (
        "together"  # together, in one round | last, in the day's last round | spread, each in a round of its own
    )


@dataclass(frozen=True, slots=True)
class System:
    """What is judged: an order of papers from their signals, and how votes become voices."""

    order: Callable[[Signals], tuple[Ints, Floats]]  # -> (rows, best first; scores (n,))
    independence: Independence | None = None  # None: every vote is a voice
    plausibility: Plausibility | None = None
    lockstep: Lockstep | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """How a day ended: quality and score of its papers and of the week's, and the ring's paper among the day's."""

    quality: Floats
    score: Floats
    week_quality: Floats
    week_score: Floats
    place: int = 0  # of the ring's paper, from 1; 0 without a ring


@dataclass
class Life:
    """One community under one system."""

    world: World
    system: System
    seed: int
    ring: Ring | None = None
    papers: Papers = field(init=False)
    readers: Readers = field(init=False)

    def __post_init__(self) -> None:
        world = self.world
        rng = np.random.default_rng([self.seed, 0])
        self.papers, self.readers = draw_papers(world, rng), draw_readers(world, rng)
        self._honest = np.ones(world.readers, np.bool_)
        if self.ring:
            self._add_ring(rng)
        r, p = len(self.readers.field), len(self.papers.field)
        longest = world.papers * 8
        self.voted = np.zeros((r, p), np.bool_)
        self.decided = np.zeros((r, p), np.bool_)
        self.commented = np.zeros(p)
        self.shown = np.zeros((p, longest + 1))
        self.votes_at = np.zeros((p, longest + 1))
        self.seen = np.zeros((r, p), np.bool_)  # today
        self.weights = self._weights()
        self._known: tuple[float, Ints, Signals] | None = None

    def _add_ring(self, rng: np.random.Generator) -> None:
        world, readers = self.world, self.readers
        sets = world.days if self.ring and self.ring.kind == "new" else 1
        n = RING * sets
        reads = self.ring is not None and self.ring.kind == "old"
        joined = np.repeat(np.arange(sets) - 1.0, RING) if sets > 1 else np.full(n, -365.0)
        self.readers = Readers(
            np.concatenate([readers.field, rng.choice(len(world.shares), n, p=world.shares)]),
            np.concatenate([readers.visits, np.full(n, world.visits if reads else 0.0)]),
            np.concatenate([readers.eagerness, np.ones(n)]),
            np.concatenate([readers.joined, joined]),
        )
        self._honest = np.concatenate([self._honest, np.zeros(n, np.bool_)])

    def days(self) -> list[Day]:
        """Live it; the judged days."""
        world, rng = self.world, np.random.default_rng([self.seed, 1])
        result = []
        for day in range(world.days):
            self.seen[:] = False
            self.weights = self._weights()
            target = self._target(day, rng) if self.ring and day >= world.warm_up else -1
            attack = self._attack_rounds(day, target, rng)
            for at in range(day * world.rounds, (day + 1) * world.rounds):
                self._round(at, rng)
                self._attack(day, at, target, np.flatnonzero(attack == at), rng)
            if day >= world.warm_up:
                result.append(self._end_of(day, target))
        return result

    def signals(self, rows: Ints, at: float) -> Signals:
        """What the system knows of papers at a round; worked out once a round."""
        if self._known is None or self._known[0] != at:
            self._known = at, *self._signals(at)
        _, known, whole = self._known
        return whole.take(np.searchsorted(known, rows))

    def _signals(self, at: float) -> tuple[Ints, Signals]:
        """All papers of the last HISTORY days, and what is known of them."""
        since = at - HISTORY * self.world.rounds
        known = np.flatnonzero((self.papers.round <= at) & (self.papers.round >= since))
        votes, voices, views = self._counts(known, at)
        field = self.papers.field[known]
        usual = field_rates(np.minimum(voices, views), views, field)[field]
        if self.system.plausibility:
            paper, position = np.nonzero(self.votes_at[known, 1:])
            cast, looks = self.votes_at[known[paper], position + 1], self.shown[known[paper], position + 1]
            counted = self.system.plausibility.plausible(paper, cast, looks * self.weights[position + 1], usual)
            voices = np.minimum(voices, counted)
        return known, Signals(
            votes=votes, voices=voices, views=views, comments=self.commented[known],
            age=(at - self.papers.round[known]) / self.world.rounds, relevance=np.zeros(len(known)), usual=usual,
        )  # fmt: skip

    def _counts(self, rows: Ints, at: float) -> tuple[Floats, Floats, Floats]:
        """Votes, voices and views of papers."""
        voted = self.voted[:, rows]
        votes = voted.sum(axis=0).astype(np.float64)
        voices = votes
        if self.system.independence:
            reader, paper = np.nonzero(voted)
            group = self._groups(at)[reader]
            if self.system.lockstep:
                group = joined(paper, group, self.system.lockstep.together(paper, reader), TOGETHER)
            voices = self.system.independence.voices(paper, group, len(rows))
        return votes, voices, self.shown[rows] @ self.weights

    def _groups(self, at: float) -> Ints:
        is_new = at / self.world.rounds - self.readers.joined < NEW_DAYS
        return np.where(is_new, NEW, np.arange(len(is_new)))

    def _round(self, at: int, rng: np.random.Generator) -> None:
        world = self.world
        start = at - at % world.rounds
        for page in ("day", "field", "week"):
            since = start if page != "week" else at - 7 * world.rounds
            rows = np.flatnonzero((self.papers.round <= at) & (self.papers.round >= since))
            if not len(rows):
                continue
            order = rows[self.system.order(self.signals(rows, at))[0]]
            share = {"day": 1 - world.field_page - world.week_page, "field": world.field_page}.get(
                page, world.week_page
            )
            comes = rng.random(len(self.readers.visits)) < self.readers.visits * share / world.rounds
            if page != "field":
                self._read(np.flatnonzero(comes), order, rng)
                continue
            for one in range(len(world.shares)):
                own = order[self.papers.field[order] == one]
                self._read(np.flatnonzero(comes & (self.readers.field == one)), own, rng)

    def _read(self, who: Ints, order: Ints, rng: np.random.Generator) -> None:
        """These readers read a page from the top."""
        world = self.world
        if not len(who) or not len(order):
            return
        self._show(who, order)
        position = np.arange(len(order))
        depth = rng.geometric(1 / world.depth, len(who))
        looks = (position < depth[:, None]) & ~self.decided[np.ix_(who, order)]
        match = np.where(self.papers.field[order] == self.readers.field[who][:, None], 1, world.other_field)
        told = 1 + world.follows * np.log1p(self.voted[:, order].sum(axis=0)) / np.log(10)
        chance = self.papers.quality[order] * match * self.readers.eagerness[who][:, None] * told
        votes = looks & (rng.random(looks.shape) < chance)
        self.decided[np.ix_(who, order)] |= looks
        self.voted[np.ix_(who, order)] |= votes
        self.votes_at[order, position + 1] += votes.sum(axis=0)
        self.commented[order] += (votes & (rng.random(votes.shape) < 0.1)).sum(axis=0)
        self.commented[order] += (looks & (rng.random(votes.shape) < 0.005)).sum(axis=0)

    def _show(self, who: Ints, order: Ints) -> None:
        fresh = ~self.seen[np.ix_(who, order)]
        self.shown[order, np.arange(1, len(order) + 1)] += fresh.sum(axis=0)
        self.seen[np.ix_(who, order)] = True

    def _target(self, day: int, rng: np.random.Generator) -> int:
        world = self.world
        today = np.arange(day * world.papers, (day + 1) * world.papers)
        bad = today[self.papers.quality[today] <= np.quantile(self.papers.quality[today], 0.2)]
        early = bad[self.papers.round[bad] < (day + 0.5) * world.rounds]
        return int(rng.choice(early if len(early) else bad))

    def _attack_rounds(self, day: int, target: int, rng: np.random.Generator) -> Ints:
        """The round in which each account of the ring votes."""
        last = (day + 1) * self.world.rounds - 1
        first = {"last": last, "none": last + 1}.get(self.ring.when if self.ring and target >= 0 else "none", 0)
        first = max(first, int(self.papers.round[target]) if target >= 0 else 0)
        each = rng.integers(first, last + 1, RING) if first <= last else np.full(RING, -1)
        return each if self.ring and self.ring.when == "spread" else np.full(RING, each[0])

    def _attack(self, day: int, at: int, target: int, members: Ints, rng: np.random.Generator) -> None:
        """These members of the ring vote for the target in this round."""
        if not len(members) or self.ring is None:
            return
        accounts = np.flatnonzero(~self._honest)[members + (day * RING if self.ring.kind == "new" else 0)]
        rows = np.flatnonzero((self.papers.round <= at) & (self.papers.round >= at - at % self.world.rounds))
        order = rows[self.system.order(self.signals(rows, at))[0]]
        fresh = ~self.voted[accounts, target]
        self.voted[accounts, target] = self.decided[accounts, target] = True
        if self.ring.kind == "sellers":
            self.votes_at[target, 0] += fresh.sum()  # position 0: no page
            return
        self._show(accounts, order)
        self.votes_at[target, np.flatnonzero(order == target)[0] + 1] += fresh.sum()
        for account in accounts:
            at_positions = rng.choice(len(order), min(CAMOUFLAGE, len(order)), replace=False)
            others = order[at_positions]
            self.votes_at[others, at_positions + 1] += ~self.voted[account, others]
            self.voted[account, others] = self.decided[account, others] = True

    def _weights(self) -> Floats:
        """The examination weight of each position, 0 where it is no page."""
        paper, position = np.nonzero(self.shown)
        shown, votes = self.shown[paper, position], self.votes_at[paper, position]
        curve = Examination().fit(paper, position, shown, votes) if len(paper) else Examination()
        return np.concatenate([[0.0], curve.weights(np.arange(1, self.shown.shape[1]))])

    def _end_of(self, day: int, target: int) -> Day:
        world, at = self.world, (day + 1) * self.world.rounds
        today = np.arange(day * world.papers, (day + 1) * world.papers)
        week = np.arange(max(0, day - 6) * world.papers, (day + 1) * world.papers)
        order, scores = self.system.order(self.signals(today, at))
        _, week_scores = self.system.order(self.signals(week, at))
        place = int(np.flatnonzero(today[order] == target)[0]) + 1 if target >= 0 else 0
        return Day(self.papers.quality[today], scores, self.papers.quality[week], week_scores, place)
