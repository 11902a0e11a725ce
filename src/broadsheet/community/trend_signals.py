"""Trending's signals, from what is stored: arrays of one row a paper. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue.community.trending import Attention, PositionLog, Voter
from broadsheet.community.voter_groups import LOCKSTEP
from broadsheet.pipeline.records import Stored
from broadsheet.trending.contract import Floats, Signals
from broadsheet.trending.evidence import Evidence
from broadsheet.trending.examination import Examination
from broadsheet.trending.independence import Independence
from broadsheet.trending.lockstep import joined
from broadsheet.trending.plausibility import Plausibility
from broadsheet.trending.vote_rate import field_rates

__all__ = ["Background", "Known", "background", "known", "stars_a_day", "votes_elsewhere"]

SAVE = 0.5  # of a vote
NOWHERE = -1  # the position of a vote that comes from no page of ours
LONE_DAYS = 30  # a number of stars seen once is taken as gathered in so many days


@dataclass(frozen=True, slots=True)
class Background:
    """What is usual in a community: learned from its log, the same for all papers."""

    examination: Examination = field(default_factory=Examination)
    rates: Mapping[str, float] = field(default_factory=dict)  # votes a look by field; "" is any other
    groups: Mapping[int, int] = field(default_factory=dict)  # reader -> group; others are their own
    lockstep: Collection[tuple[int, int]] = frozenset()  # (paper, reader) of votes that are one group on their paper

    def usual(self, fields: Sequence[str]) -> Floats:
        """Votes a look that are usual in each of these fields."""
        anywhere = self.rates.get("", NO_RATE)
        return np.array([self.rates.get(name, anywhere) for name in fields], np.float64)

    def groups_of_votes(self, voters: Mapping[int, Sequence[Voter]]) -> NDArray[np.int64]:
        """The group in which each vote (m,) for these papers counts, LOCKSTEP among them, in the order given.

        A vote that an administrator decided to count is a group of its own, ~ its reader.
        """
        cast = [(paper, *voter) for paper, of_paper in voters.items() for voter in of_paper]
        paper = np.array([vote[0] for vote in cast], np.int64)
        group = [~reader if decided else self.groups.get(reader, reader) for _, reader, _, decided in cast]
        together = [not decided and (paper, reader) in self.lockstep for paper, reader, _, decided in cast]
        return joined(paper, np.array(group, np.int64), np.array(together, np.bool_), LOCKSTEP)


NO_RATE = float(field_rates(np.zeros(1), np.zeros(1), np.zeros(1, np.int64))[0])  # where nothing is known yet


@dataclass(frozen=True, slots=True)
class Known:
    """The signals of papers and what they were made of, for sentences."""

    signals: Signals
    evidence: Mapping[str, Floats]  # by the names of `trending.evidence`, as counted (n,)
    fields: Sequence[str]
    apart: Floats  # the votes (n,) of which those that belong together count less
    new: Floats  # the votes (n,) of new accounts that others answer for
    lockstep: Floats  # the votes (n,) of accounts that vote together for paper after paper
    plausible: Floats  # the votes (n,) that the looks at the paper account for
    cast: Floats  # all counted votes (n,), without saves


def background(
    log: PositionLog,
    field_of: Mapping[int, str],
    groups: Mapping[int, int],
    lockstep: Collection[tuple[int, int]] = frozenset(),
) -> Background:
    """What is usual, from where papers were shown and voted for; `field_of` names the field of those that are here."""
    shown = np.array([row for row in log.shown if row[0] in field_of], np.int64).reshape(-1, 3)
    votes = {(paper, position): count for paper, position, count in log.votes}
    got = np.array([votes.get((paper, position), 0) for paper, position, _ in shown.tolist()], np.float64)
    examination = Examination()
    if got.any():
        examination = examination.fit(shown[:, 0], shown[:, 1], shown[:, 2].astype(np.float64), got)
    looks = shown[:, 2] * examination.weights(shown[:, 1])
    names, at = np.unique(np.array([field_of[paper] for paper in shown[:, 0].tolist()], np.str_), return_inverse=True)
    seen = np.minimum(got, looks)
    rates = dict(zip(names.tolist(), field_rates(seen, looks, at.astype(np.int64)).tolist(), strict=True))
    if len(looks):
        rates[""] = float(field_rates(seen, looks, np.zeros(len(looks), np.int64))[0])
    return Background(examination, rates, groups, lockstep)


def known(
    papers: Sequence[Stored], attention: Attention, usual_here: Background, fields: Sequence[str], now: datetime
) -> Known:
    """What is known of these papers at `now`, but for nearness; `fields` are theirs, one each."""
    row, n = {stored.id: at for at, stored in enumerate(papers)}, len(papers)
    usual = usual_here.usual(fields)
    vote, group = _votes(row, attention, usual_here)
    shown = np.array([(row[paper], *rest) for paper, *rest in attention.shown], np.int64).reshape(-1, 3)
    looks = shown[:, 2] * usual_here.examination.weights(shown[:, 1])
    counted = np.bincount(vote[:, 0], minlength=n).astype(np.float64)
    views = np.bincount(shown[:, 0], looks, n).astype(np.float64)
    plausible = _plausible(vote, shown, looks, usual)
    saves = SAVE * np.array([attention.saves.get(stored.id, 0) for stored in papers], np.float64)
    apart = Independence().voices(vote[:, 0], group, n)
    evidence = _evidence(papers, attention, now.date())
    entered = [attention.entered.get(stored.id, stored.added_at) for stored in papers]
    signals = Signals(
        votes=counted + saves,
        voices=np.minimum(apart, plausible) + saves,
        views=views,
        comments=np.array([attention.commenters.get(stored.id, 0) for stored in papers], np.float64),
        age=np.array([max(0.0, (now - at).total_seconds() / 86400) for at in entered], np.float64),
        relevance=Evidence().relevance(evidence),
        usual=usual,
    )
    lockstep = group == LOCKSTEP
    new = (group >= 0) & (group != vote[:, 1])
    return Known(
        signals,
        evidence,
        fields,
        apart,
        new=np.bincount(vote[new, 0], minlength=n).astype(np.float64),
        lockstep=np.bincount(vote[lockstep, 0], minlength=n).astype(np.float64),
        plausible=plausible,
        cast=counted,
    )


def _votes(
    row: Mapping[int, int], attention: Attention, usual_here: Background
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every counted vote (m, 4): the row of its paper, its reader, its position, whether it is decided; the groups."""
    cast = [
        (row[paper], voter.reader_id, NOWHERE if voter.position is None else voter.position, voter.decided)
        for paper, voters in attention.voters.items()
        for voter in voters
    ]
    return np.array(cast, np.int64).reshape(-1, 4), usual_here.groups_of_votes(attention.voters)


def _evidence(papers: Sequence[Stored], attention: Attention, today: date) -> dict[str, Floats]:
    """What is known apart from votes here, by the names of `trending.evidence`, each (n,)."""
    counts = [attention.counts.get(stored.id, {}) for stored in papers]
    return {
        "votes elsewhere": np.array([votes_elsewhere(c) for c in counts], np.float64),
        "stars a day": np.array([stars_a_day(c, today) for c in counts], np.float64),
        "citations": np.array([stored.paper.citations or 0 for stored in papers], np.float64),
    }


def _plausible(vote: NDArray[np.int64], shown: NDArray[np.int64], looks: Floats, usual: Floats) -> Floats:
    """Of each of n papers the votes (n,) that its looks account for.

    vote (m, 4) is as `_votes` gives it, shown (k, 3) are rows of paper, position and times. A vote that an
    administrator decided to count needs no looks.
    """
    n, decided = len(usual), vote[:, 3] == 1
    open_votes = vote[~decided]
    cells, at = np.unique(np.concatenate([open_votes[:, [0, 2]], shown[:, :2]]), axis=0, return_inverse=True)
    votes = np.bincount(at[: len(open_votes)], minlength=len(cells)).astype(np.float64)
    looks_at = np.bincount(at[len(open_votes) :], looks, len(cells)).astype(np.float64)
    return Plausibility().plausible(cells[:, 0], votes, looks_at, usual) + np.bincount(vote[decided, 0], minlength=n)


def votes_elsewhere(counts: Mapping[tuple[str, str], Sequence[tuple[str, int]]]) -> int:
    """The latest number of votes of each source, added up."""
    return sum(values[-1][1] for (_, kind), values in counts.items() if kind == "votes")


def stars_a_day(counts: Mapping[tuple[str, str], Sequence[tuple[str, int]]], today: date) -> float:
    """Stars gained a day over the last week, of the source with the most; one number alone is spread over a month."""
    rates = [0.0]
    for (_, kind), values in counts.items():
        if kind != "stars":
            continue
        last_day, last = values[-1]
        earlier = [(day, value) for day, value in values[:-1] if _days(day, today) >= 7] or values[:1]
        day, value = earlier[-1]
        gap = _days(day, date.fromisoformat(last_day))
        rates.append((last - value) / gap if gap else last / LONE_DAYS)
    return max(rates)


def _days(day: str, until: date) -> int:
    return (until - date.fromisoformat(day)).days
