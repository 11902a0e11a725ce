"""Trending's signals, from what is stored: arrays of one row a paper. Pure, but for the index's vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue.community.trending import Attention, PositionLog
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.records import Stored
from broadsheet.trending.contract import Floats, Signals
from broadsheet.trending.evidence import Evidence
from broadsheet.trending.examination import Examination

__all__ = ["Known", "fit_examination", "known", "nearness", "stars_a_day", "votes_elsewhere"]

SAVE = 0.5  # of a vote
SAMPLE = 300  # papers of the library that nearness is measured against
LONE_DAYS = 30  # a number of stars seen once is taken as gathered in so many days


@dataclass(frozen=True, slots=True)
class Known:
    """The signals of papers and what they were made of, for sentences."""

    signals: Signals
    evidence: Mapping[str, Floats]  # by the names of `trending.evidence`, as counted (n,)
    fields: Sequence[str]


def known(
    papers: Sequence[Stored], attention: Attention, examination: Examination, fields: Sequence[str], now: datetime
) -> Known:
    """What is known of these papers at `now`, but for nearness; `fields` are theirs, one each."""
    row = {stored.id: at for at, stored in enumerate(papers)}
    n = len(papers)
    voters = [attention.voters.get(stored.id, ()) for stored in papers]
    saves = np.array([attention.saves.get(stored.id, 0) for stored in papers], np.float64)
    votes = np.array([len(v) for v in voters], np.float64) + SAVE * saves
    nowhere = np.array([sum(not page for _, page in v) for v in voters], np.float64)
    shown = np.array(attention.shown, np.int64).reshape(-1, 3)
    rows = np.array([row[paper_id] for paper_id in shown[:, 0].tolist()], np.int64)
    views = np.bincount(rows, shown[:, 2] * examination.weights(shown[:, 1]), n).astype(np.float64)  # ints if empty
    entered = [attention.entered.get(stored.id, stored.added_at) for stored in papers]
    counts = [attention.counts.get(stored.id, {}) for stored in papers]
    evidence = {
        "votes elsewhere": np.array([votes_elsewhere(c) for c in counts], np.float64),
        "stars a day": np.array([stars_a_day(c, now.date()) for c in counts], np.float64),
        "citations": np.array([stored.paper.citations or 0 for stored in papers], np.float64),
    }
    signals = Signals(
        votes=votes,
        voices=votes,
        unseen=np.minimum(votes, np.maximum(nowhere, votes - views)),
        views=views,
        comments=np.array([attention.commenters.get(stored.id, 0) for stored in papers], np.float64),
        age=np.array([max(0.0, (now - at).total_seconds() / 86400) for at in entered], np.float64),
        relevance=Evidence().relevance(evidence) if n else np.zeros(0),
        field=np.unique(np.array(fields, dtype=np.str_), return_inverse=True)[1].astype(np.int64),
    )
    return Known(signals, evidence, fields)


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


def nearness(snapshot: IndexSnapshot, ids: Sequence[int], liked: Sequence[int]) -> Floats:
    """How much nearer each paper is to what the community likes than the library's papers are, in deviations (n,).

    A paper that is liked itself is measured against the others.
    """
    rows = snapshot.rows_of(ids)
    among = snapshot.rows_of(liked)
    among = among[among >= 0]
    alive = snapshot.alive.rows()
    if len(among) < 2 or len(alive) < 2:
        return np.zeros(len(ids))
    mean = snapshot.dense.vectors(among).mean(axis=0)
    sample = np.random.default_rng(0).choice(alive, min(SAMPLE, len(alive)), replace=False)
    ordinary = _means_without_own(snapshot, mean, sample, among)
    present = rows >= 0
    found = np.zeros(len(ids))
    deviation = max(float(ordinary.std()), 1e-6)
    found[present] = (_means_without_own(snapshot, mean, rows[present], among) - ordinary.mean()) / deviation
    return np.maximum(found, 0)


def _means_without_own(
    snapshot: IndexSnapshot, mean: NDArray[np.float32], rows: NDArray[np.int64], among: NDArray[np.int64]
) -> Floats:
    """The mean cosine of each row with the rows `among` other than itself; `mean` is the mean of their vectors."""
    n, own = len(among), np.isin(rows, among)
    return np.asarray((snapshot.dense.score(mean, rows).astype(np.float64) * n - own) / (n - own))


def fit_examination(log: PositionLog) -> Examination:
    """The examination curve of what was shown and voted for."""
    votes = {(paper, position): count for paper, position, count in log.votes}
    if not votes or not log.shown:
        return Examination()
    shown = np.array(log.shown, np.int64)
    got = np.array([votes.get((paper, position), 0) for paper, position, _ in log.shown], np.float64)
    return Examination().fit(shown[:, 0], shown[:, 1], shown[:, 2].astype(np.float64), got)
