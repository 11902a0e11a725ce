"""Reader → feed page: retrieve candidates, score them, keep what fits, give every interest its share, explore.

events ──► taste ──► candidates, the interest of each ──► − what is muted ──► + recency − fatigue ──► what fits
──► new first, quotas, MMR ──► exploration ──► page ──► reasons
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import ReaderState
from broadsheet.kit.mask import Mask
from broadsheet.pipeline.feed.exploration import explore
from broadsheet.pipeline.feed.interests import Interest
from broadsheet.pipeline.feed.mutes import NOT_MUTED, Muted
from broadsheet.pipeline.feed.page_evidence import PageEvidence
from broadsheet.pipeline.feed.taste import PAGE
from broadsheet.pipeline.index.snapshot import IndexSnapshot

__all__ = ["FeedMix", "Page", "Scope", "page", "probabilities"]

CANDIDATES = 400  # candidates by interest, and as many by date, of each tier
HALF_LIFE = 30.0  # days in which recency halves
FATIGUE = 0.08  # score penalty per earlier day on which a paper was shown without an action
POOL = 120  # best candidates of each tier and interest that the page is chosen from
FEW = 200  # papers; in a library of fewer a reader may see them all, and none is filler


@dataclass(frozen=True, slots=True)
class FeedMix:
    """The weights a reader can set, each 0..1."""

    recency: float = 0.25  # weight of recency against interest
    diversity: float = 0.3
    exploration: float = 0.05  # share of the page that is random candidates


@dataclass(frozen=True, slots=True)
class Scope:
    """Which papers may be on a page, and which come first."""

    without: Collection[int] = ()  # papers left out
    since: date | None = None  # only papers of that date or later
    new_after: int | None = None  # papers with a greater number are new to the reader and come first
    only_new: bool = False  # nothing but these
    until: int | None = None  # only papers up to this number: those that were there at an earlier time
    fills: bool = True  # whether papers that do not fit take the places that are left
    muted: Muted = NOT_MUTED


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in page order with their scores and score parts; aligned arrays."""

    rows: NDArray[np.int64]
    scores: NDArray[np.float32]
    interest: NDArray[np.float32]  # 0..1
    recency: NDArray[np.float32]  # 0..1
    explored: NDArray[np.bool_]
    propensities: NDArray[np.float32]  # the probability that the page has each paper
    new: NDArray[np.bool_]  # whether the paper came after the last visit
    policy: str
    n_new: int = 0  # papers that came after the last visit and may be on the page, whether or not they fit
    carriers: NDArray[np.int64] | None = None  # the place of the reader's interest that carries each; -1 for none
    muted: Mapping[str, int] = field(default_factory=dict)  # what took papers out that fit → how many

    @classmethod
    def empty(cls, n_new: int = 0, muted: Mapping[str, int] = MappingProxyType({})) -> Page:
        """A page without papers."""
        none, no_flags, no_rows = np.empty(0, np.float32), np.empty(0, np.bool_), np.empty(0, np.int64)
        return cls(no_rows, none, none, none, no_flags, none, no_flags, "empty", n_new, no_rows, muted)


def probabilities(snapshot: IndexSnapshot, interest: Interest | None, numbers: Sequence[int]) -> NDArray[np.float32]:
    """What a model says of papers by number, 0..1; 0 for papers that are gone, and without a model."""
    rows = snapshot.rows_of(list(numbers))
    known = rows >= 0
    values = np.zeros(len(rows), np.float32)
    values[known] = PageEvidence.of(snapshot, interest, rows[known]).probabilities
    return values


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


def _seed(name: str, today: date) -> int:
    """A seed from the reader and the day: the places of exploration stay through the day, whatever the reader does."""
    return zlib.crc32(f"{name}|{today.isoformat()}".encode())


def _days_shown(snapshot: IndexSnapshot, state: ReaderState) -> NDArray[np.float32]:
    """The number of earlier days on which each row was shown to the reader, (n,)."""
    rows, days = snapshot.rows_of(list(state.seen)), np.array(list(state.seen.values()), np.float32)
    counts = np.zeros(len(snapshot), np.float32)
    counts[rows[rows >= 0]] = days[rows >= 0]
    return counts


def _allowed(
    snapshot: IndexSnapshot, state: ReaderState, days: NDArray[np.int32], scope: Scope
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(whether each row may be on the page, whether it is new to the reader), (n,): nothing used or shown in vain."""
    flags = snapshot.alive.flags().copy()
    flags[snapshot.present_rows(state.used.union(state.passed, scope.without))] = False
    if scope.since is not None:
        flags &= days >= scope.since.toordinal()
    if scope.until is not None:
        flags &= snapshot.ids <= scope.until
    new = flags & (snapshot.ids > scope.new_after) if scope.new_after is not None else np.zeros(len(flags), np.bool_)
    return (new if scope.only_new else flags), new


def _candidates(interest: Interest | None, days: NDArray[np.int32], flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The newest rows and those nearest to the reader's interests."""
    allowed = Mask.of(flags)
    rows = _newest(days, allowed, CANDIDATES)
    if interest is None:
        return rows
    taste = interest.taste
    sought = taste.snapshot.present_rows(interest.own.matching)
    return np.union1d(np.union1d(rows, taste.candidates(allowed, CANDIDATES, depth=PAGE)), sought[flags[sought]])


def _tiers_of(flags: NDArray[np.bool_], new: NDArray[np.bool_], scope: Scope) -> Iterator[NDArray[np.bool_]]:
    """The papers among which candidates are sought, (n,) each: all, the new ones, and both without the muted ones."""
    heard = ~scope.muted.flags(len(flags))
    for some in (flags, new) if 0 < np.count_nonzero(new) < np.count_nonzero(flags) else (flags,):
        yield some
        if scope.muted:
            yield some & heard


def _without_muted(
    interest: Interest | None, rows: NDArray[np.int64], evidence: PageEvidence, scope: Scope
) -> tuple[NDArray[np.int64], PageEvidence, dict[str, int]]:
    """(the candidates that stay, their evidence, how many that fit were taken out by what)."""
    out = evidence.unwanted.copy()
    counts: dict[str, int] = {}
    if interest is not None:
        for at, one in enumerate(interest.own.all):
            count = int(np.count_nonzero(evidence.unwanted & evidence.fits & (evidence.interests == at)))
            if count:
                counts[f"{'sentence' if one.stored.state == 'on' else 'interest'}:{one.key}"] = count
    for name, flags in scope.muted.rows.items():
        hit = flags[rows]
        out |= hit
        counts[name] = int(np.count_nonzero(hit & evidence.fits))
    stays = np.flatnonzero(~out)
    return rows[stays], evidence.of_some(stays), counts


def _pool(
    order: NDArray[np.int64], tiers: NDArray[np.int64], interests: NDArray[np.int64], each: int
) -> NDArray[np.int64]:
    """The first `each` of every tier and interest, in the given order."""
    group = (tiers * (int(interests.max(initial=0)) + 1) + interests)[order]
    by_group = np.argsort(group, kind="stable")
    _, starts, counts = np.unique(group[by_group], return_index=True, return_counts=True)
    place = np.arange(len(order)) - np.repeat(starts, counts)
    chosen: NDArray[np.int64] = order[np.sort(by_group[place < each])]
    return chosen


def page(
    snapshot: IndexSnapshot,
    name: str,
    state: ReaderState,
    interest: Interest | None,
    mix: FeedMix,
    k: int,
    today: date,
    scope: Scope = Scope(),
) -> Page:
    """The k papers of a reader's page: nothing saved, rated, opened, hidden, or shown in vain.

    What came since the last visit stands before what is older, and within both every interest has its share.
    """
    days = snapshot.valid_days(today)
    flags, new = _allowed(snapshot, state, days, scope)
    n_new, muted = int(np.count_nonzero(new)), dict[str, int]()
    rows = np.unique(np.concatenate([_candidates(interest, days, some) for some in _tiers_of(flags, new, scope)]))
    if len(rows) and k > 0:
        rows, evidence, muted = _without_muted(interest, rows, PageEvidence.of(snapshot, interest, rows), scope)
    if not len(rows) or k <= 0:
        return Page.empty(n_new, muted)
    newness = _newness(days[rows], today.toordinal())
    share, explored, policy = (1.0, 0.0, "newest") if interest is None else (mix.recency, mix.exploration, "taste")
    # without a model papers rank by date, relative to the newest one: the library may not have new papers
    fresh = newness if interest is not None else _newness(days[rows], int(days[rows].max()))
    scores = np.float32(1 - share) * evidence.probabilities + np.float32(share) * fresh
    scores -= np.float32(FATIGUE) * _days_shown(snapshot, state)[rows]
    tiers, best = np.where(new[rows], 0, 1), np.lexsort((rows, -days[rows], -scores))
    if not scope.fills and share < 1 and len(snapshot) >= FEW:  # who wants but the newest gets them
        best = best[evidence.fits[best]]
    pool = _pool(best, tiers, evidence.interests, max(POOL, 2 * k))
    order = pool[evidence.order(pool, scores[pool], snapshot.dense.vectors(rows[pool]), tiers[pool], k, mix.diversity)]
    drawn = explore(order, len(rows), round(explored * len(order)), _seed(name, today))
    policy = f"{policy} recency={share:g} mmr={mix.diversity:g} explore={np.count_nonzero(drawn.explored)}"
    place = np.argsort(~new[rows[drawn.order]], kind="stable")  # explored papers, too, stand with new or older
    order = drawn.order[place]
    return Page(
        rows=rows[order],
        scores=scores[order],
        interest=evidence.probabilities[order],
        recency=newness[order],
        explored=drawn.explored[place],
        propensities=drawn.propensities[place],
        new=new[rows[order]],
        policy=policy,
        n_new=n_new,
        carriers=np.full(len(order), -1) if interest is None else evidence.interests[order],
        muted=muted,
    )
