"""Reader → page: learn what the reader wants, find it, mix in what is new, spread it out, say why.

events ──► examples ──► logistic ──► scan for candidates ──► + recency − fatigue ──► MMR ──► page ──► reasons
"""

from __future__ import annotations

import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import ReaderState
from broadsheet.kit.mask import Mask
from broadsheet.pipeline.feed.interests import Interest
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.ranking.mmr import MMR

__all__ = ["FeedMix", "Page", "page"]

CANDIDATES = 400  # by interest, and as many again by date
HALF_LIFE = 30.0  # days after which recency counts half; measured from today
FATIGUE = 0.08  # taken off for every earlier day a paper was shown and left alone
POOL = 120  # the best of the candidates, from which MMR fills the page


@dataclass(frozen=True, slots=True)
class FeedMix:
    """What a reader can turn, each 0..1."""

    recency: float = 0.25  # weight of newness against interest
    diversity: float = 0.3
    exploration: float = 0.05  # share of the page drawn from outside the best


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in page order with the parts of their scores; aligned arrays."""

    rows: NDArray[np.int64]
    scores: NDArray[np.float32]
    interest: NDArray[np.float32]  # 0..1
    recency: NDArray[np.float32]  # 0..1
    explored: NDArray[np.bool_]
    policy: str


def _newness(days: NDArray[np.int32], since: int) -> NDArray[np.float32]:
    """2^(-age / half-life), age in days at the day `since`, an ordinal; 0 where the date is unknown."""
    age = np.maximum(since - days, 0)
    return np.where(days > 0, np.exp2(-age / HALF_LIFE), 0).astype(np.float32)


def _newest(days: NDArray[np.int32], allowed: Mask, k: int) -> NDArray[np.int64]:
    rows = allowed.rows()
    if len(rows) > k:
        keys = days[rows].astype(np.int64) << 32 | np.arange(len(rows))  # by date, then by arrival
        rows = rows[np.argpartition(-keys, k)[:k]]
    return rows


def _seed(name: str, today: date, state: ReaderState) -> int:
    """Changes with the day and with the reader's actions, so a reload shows the same page."""
    return zlib.crc32(f"{name}|{today.isoformat()}|{state.last_event}".encode())


def page(
    snapshot: IndexSnapshot,
    name: str,
    state: ReaderState,
    interest: Interest | None,
    tuning: FeedMix,
    k: int,
    today: date,
    *,
    without: Collection[int] = (),
) -> Page:
    """The reader's k papers. What they saved, rated, opened or hid never comes back; `without` leaves out more."""
    flags = snapshot.alive.flags().copy()
    done = snapshot.rows_of(list({*state.saved, *state.ratings, *state.hidden, *state.opened, *without}))
    flags[done[done >= 0]] = False
    allowed = Mask.of(flags)
    days = snapshot.believed_days(today)
    rows = _newest(days, allowed, CANDIDATES)
    if interest is not None:
        rows = np.union1d(rows, snapshot.dense.search(interest.model.coef_, CANDIDATES, allowed).ids)
    if not len(rows) or k <= 0:
        nothing = np.empty(0, np.float32)
        return Page(np.empty(0, np.int64), nothing, nothing, nothing, np.empty(0, np.bool_), "empty")
    newness = _newness(days[rows], today.toordinal())
    if interest is not None:
        log_odds = snapshot.dense.score(interest.model.coef_, rows) + np.float32(interest.model.intercept_)
        wanted = interest.model.probability(log_odds)
        share, policy = tuning.recency, "logistic"
    else:
        wanted, share, policy = np.zeros(len(rows), np.float32), 1.0, "newest"
    # a library that stands still has nothing new, but its newest papers all the same
    fresh = newness if interest is not None else _newness(days[rows], int(days[rows].max()))
    scores = np.float32(1 - share) * wanted + np.float32(share) * fresh
    shown = snapshot.rows_of(list(state.seen))
    days_seen = np.zeros(len(snapshot), np.float32)
    days_seen[shown[shown >= 0]] = np.array(list(state.seen.values()), np.float32)[shown >= 0]
    scores = scores - np.float32(FATIGUE) * days_seen[rows]
    pool = np.lexsort((rows, -days[rows], -scores))[: max(POOL, 2 * k)]
    vectors = snapshot.dense.vectors(rows[pool])
    order = pool[MMR(diversity=tuning.diversity).order(scores[pool], vectors, k)]
    explored = np.zeros(len(order), np.bool_)
    rest = np.setdiff1d(np.arange(len(rows)), order)
    strangers = min(round(tuning.exploration * len(order)), len(rest)) if interest is not None else 0
    if strangers:
        rng = np.random.default_rng(_seed(name, today, state))
        first = min(len(order) // 2, len(order) - strangers)  # the top of the page stays the reader's while it can
        places = rng.choice(np.arange(first, len(order)), strangers, replace=False)
        order[places] = rng.choice(rest, strangers, replace=False)
        explored[places] = True
    policy = f"{policy} recency={share:g} mmr={tuning.diversity:g} explore={strangers}"
    return Page(rows[order], scores[order], wanted[order], newness[order], explored, policy)
