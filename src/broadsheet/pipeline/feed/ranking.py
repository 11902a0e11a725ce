"""Reader → feed page: retrieve candidates by interest, score them, diversify, explore.

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

CANDIDATES = 400  # candidates by interest, and as many by date
HALF_LIFE = 30.0  # days in which recency halves
FATIGUE = 0.08  # score penalty per earlier day on which a paper was shown without an action
POOL = 120  # best candidates that MMR chooses from


@dataclass(frozen=True, slots=True)
class FeedMix:
    """The weights a reader can set, each 0..1."""

    recency: float = 0.25  # weight of recency against interest
    diversity: float = 0.3
    exploration: float = 0.05  # share of the page that is random candidates


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in page order with their scores and score parts; aligned arrays."""

    rows: NDArray[np.int64]
    scores: NDArray[np.float32]
    interest: NDArray[np.float32]  # 0..1
    recency: NDArray[np.float32]  # 0..1
    explored: NDArray[np.bool_]
    policy: str


def _newness(days: NDArray[np.int32], since: int) -> NDArray[np.float32]:
    """2^(-age / half-life), age in days before the ordinal `since`; 0 where the date is unknown."""
    age = np.maximum(since - days, 0)
    return np.where(days > 0, np.exp2(-age / HALF_LIFE), 0).astype(np.float32)


def _newest(days: NDArray[np.int32], allowed: Mask, k: int) -> NDArray[np.int64]:
    rows = allowed.rows()
    if len(rows) > k:
        keys = days[rows].astype(np.int64) << 32 | np.arange(len(rows))  # by date, then by arrival
        rows = rows[np.argpartition(-keys, k)[:k]]
    return rows


def _seed(name: str, today: date, state: ReaderState) -> int:
    """A seed from the day and the reader's last action: a reload shows the same page."""
    return zlib.crc32(f"{name}|{today.isoformat()}|{state.last_event}".encode())


def _days_shown(snapshot: IndexSnapshot, state: ReaderState) -> NDArray[np.float32]:
    """The number of earlier days on which each row was shown to the reader, (n,)."""
    rows, days = snapshot.rows_of(list(state.seen)), np.array(list(state.seen.values()), np.float32)
    counts = np.zeros(len(snapshot), np.float32)
    counts[rows[rows >= 0]] = days[rows >= 0]
    return counts


def _explore(order: NDArray[np.int64], n: int, n_random: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Replace `n_random` places of the page by random others of n candidates; returns (the page, flags of the places).

    The top half of the page stays as ranked if possible.
    """
    explored = np.zeros(len(order), np.bool_)
    others = np.setdiff1d(np.arange(n), order)
    n_random = min(n_random, len(others))
    if not n_random:
        return order, explored
    rng = np.random.default_rng(seed)
    places = rng.choice(np.arange(min(len(order) // 2, len(order) - n_random), len(order)), n_random, replace=False)
    order = order.copy()
    order[places] = rng.choice(others, n_random, replace=False)
    explored[places] = True
    return order, explored


def page(
    snapshot: IndexSnapshot,
    name: str,
    state: ReaderState,
    interest: Interest | None,
    mix: FeedMix,
    k: int,
    today: date,
    *,
    without: Collection[int] = (),
    since: date | None = None,
) -> Page:
    """The k papers of a reader's page, without papers saved, rated, opened, hidden or in `without`; with `since` only
    those of that date or later."""
    flags = snapshot.alive.flags().copy()
    used_rows = snapshot.rows_of(list({*state.saved, *state.ratings, *state.hidden, *state.opened, *without}))
    flags[used_rows[used_rows >= 0]] = False
    days = snapshot.valid_days(today)
    if since is not None:
        flags &= days >= since.toordinal()
    allowed = Mask.of(flags)
    rows = _newest(days, allowed, CANDIDATES)
    if interest is not None:
        rows = np.union1d(rows, snapshot.dense.search(interest.model.coef_, CANDIDATES, allowed).ids)
    if not len(rows) or k <= 0:
        nothing = np.empty(0, np.float32)
        return Page(np.empty(0, np.int64), nothing, nothing, nothing, np.empty(0, np.bool_), "empty")
    newness = _newness(days[rows], today.toordinal())
    interest_scores, share, policy = np.zeros(len(rows), np.float32), 1.0, "newest"
    if interest is not None:
        log_odds = snapshot.dense.score(interest.model.coef_, rows) + np.float32(interest.model.intercept_)
        interest_scores, share, policy = interest.model.probability(log_odds), mix.recency, "logistic"
    # without a model papers rank by date, relative to the newest one: the library may not have new papers
    fresh = newness if interest is not None else _newness(days[rows], int(days[rows].max()))
    scores = np.float32(1 - share) * interest_scores + np.float32(share) * fresh
    scores = scores - np.float32(FATIGUE) * _days_shown(snapshot, state)[rows]
    pool = np.lexsort((rows, -days[rows], -scores))[: max(POOL, 2 * k)]
    vectors = snapshot.dense.vectors(rows[pool])
    order = pool[MMR(diversity=mix.diversity).order(scores[pool], vectors, k)]
    n_random = round(mix.exploration * len(order)) if interest is not None else 0
    order, explored = _explore(order, len(rows), n_random, _seed(name, today, state))
    policy = f"{policy} recency={share:g} mmr={mix.diversity:g} explore={np.count_nonzero(explored)}"
    return Page(rows[order], scores[order], interest_scores[order], newness[order], explored, policy)
