"""Given saves → a ranking, for a reader that is not stored: nothing is read of any reader, and nothing is logged."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import ReaderState
from broadsheet.kit.mask import Mask
from broadsheet.pipeline.feed.interests import learn
from broadsheet.pipeline.index.snapshot import IndexSnapshot

__all__ = ["RankedPapers", "rank_for"]

_START = datetime(2000, 1, 1, tzinfo=UTC)  # of the saves, whose order alone is known


@dataclass(frozen=True, slots=True)
class RankedPapers:
    """Papers, best first; aligned arrays."""

    numbers: NDArray[np.int64]  # (n,)
    scores: NDArray[np.float32]  # (n,)
    probabilities: NDArray[np.float32]  # (n,) that the reader saves the paper, 0..1


def rank_for(
    snapshot: IndexSnapshot, saved: Sequence[int], disliked: Sequence[int], among: Collection[int] | None, k: int
) -> RankedPapers:
    """The k best papers for somebody who saved and disliked these, oldest first, without those themselves.

    Unknown numbers are left out; with `among` only its papers are ranked. Without a save the newest come first, all
    with probability 0.
    """
    times = {number: _START + timedelta(seconds=at) for at, number in enumerate(saved)}
    state = ReaderState(times, dict.fromkeys(disliked, -1), frozenset(), {}, {}, {}, 0)
    interest = learn(snapshot, state)
    allowed = _allowed(snapshot, among, {*saved, *disliked})
    if interest is None:
        rows = allowed.rows()
        rows = rows[np.lexsort((rows, -snapshot.days[rows].astype(np.int64)))][: max(k, 0)]
        zeros = np.zeros(len(rows), np.float32)
        return RankedPapers(snapshot.ids[rows], zeros, zeros)
    hits = snapshot.dense.search(interest.model.coef_, k, allowed)
    log_odds = snapshot.dense.score(interest.model.coef_, hits.ids) + np.float32(interest.model.intercept_)
    return RankedPapers(snapshot.ids[hits.ids], log_odds, interest.model.probability(log_odds))


def _allowed(snapshot: IndexSnapshot, among: Collection[int] | None, without: Collection[int]) -> Mask:
    flags = snapshot.alive.flags().copy()
    if among is not None:
        wanted = snapshot.rows_of(list(among))
        flags &= Mask.of_rows(wanted[wanted >= 0], len(flags)).flags()
    used = snapshot.rows_of(list(without))
    flags[used[used >= 0]] = False
    return Mask.of(flags)
