"""What trending knows of a community as a whole, kept in memory for a while: no page counts all votes.

An order is read for every page that shows papers; what it compares them with changes slowly. Each value is worked out
again after its time, the recent ones also once votes have come in that are more than one in a hundred of all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import RLock

from broadsheet.community import trend_signals
from broadsheet.community.nearness import Liking, liking_of
from broadsheet.community.trend_signals import Background
from broadsheet.community.voter_groups import groups, in_lockstep
from broadsheet.kit.paper import Paper
from broadsheet.pipeline.index.manifest import Manifest
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.library import Library

__all__ = ["BUSY_DAYS", "LIKED_DAYS", "CommunityStatistics"]

BUSY_DAYS = 7  # the busiest of so many days decides whether there are few voters
LIKED_DAYS = 90  # what the community liked in so many days, nearness is measured against
LOG_DAYS = 30  # what is usual is learned from so many
FRESH = timedelta(minutes=10)  # what is usual is learned again after so long
RECENT = timedelta(minutes=1)  # and what is recent
SHARE = 100  # new votes that matter are more than one in so many


@dataclass(frozen=True, slots=True)
class _Recent:
    """What was true at a moment, when the votes had come to a number."""

    at: datetime
    last_vote: int
    busiest_day: int
    liked: tuple[int, ...]


class CommunityStatistics:
    """Over a library; `field_of` names the field of a paper. Safe among threads."""

    def __init__(self, library: Library, field_of: Callable[[Paper], str]) -> None:
        self._library = library
        self._stored = library.catalogue.community.trending
        self._field_of = field_of
        self._lock = RLock()
        self._background: tuple[datetime, Background] | None = None
        self._fields: dict[int, str] = {}  # of papers that were shown lately
        self._recent: _Recent | None = None
        self._liking: tuple[_Recent, Manifest, Liking | None] | None = None

    def background(self, now: datetime) -> Background:
        """What is usual here: how positions are looked at, how fields vote, who votes together."""
        with self._lock:
            if self._background is None or abs(now - self._background[0]) > FRESH:
                since = now - timedelta(days=LOG_DAYS)
                log = self._stored.position_log(since)
                shown = {paper for paper, *_ in log.shown}
                new = self._library.papers(sorted(shown - self._fields.keys()))
                self._fields = {paper: name for paper, name in self._fields.items() if paper in shown}
                self._fields |= {stored.id: self._field_of(stored.paper) for stored in new}
                together = groups(self._stored.memberships(), now)
                lockstep = in_lockstep(self._stored.voters_since(since))
                self._background = now, trend_signals.background(log, self._fields, together, lockstep)
            return self._background[1]

    def busiest_day(self, now: datetime) -> int:
        """The greatest number of voters on a day of the last week."""
        return self._of(now).busiest_day

    def liking(self, now: datetime) -> tuple[IndexSnapshot, Liking] | None:
        """What the community liked lately, with the snapshot it is measured in; None where that is next to nothing."""
        with self._lock:
            recent = self._of(now)
            if len(recent.liked) < 2:
                return None
            snapshot = self._library.snapshot()
            if self._liking is None or self._liking[0] is not recent or self._liking[1] is not snapshot.manifest:
                self._liking = recent, snapshot.manifest, liking_of(snapshot, recent.liked)
            liking = self._liking[2]
        return None if liking is None else (snapshot, liking)

    def _of(self, now: datetime) -> _Recent:
        with self._lock:
            last = self._stored.last_vote()
            known = self._recent
            if known is None or abs(now - known.at) > RECENT or (last - known.last_vote) * SHARE > known.last_vote:
                liked = self._stored.recently_liked(now - timedelta(days=LIKED_DAYS))
                known = self._recent = _Recent(now, last, self._stored.busiest_day(now, BUSY_DAYS), tuple(liked))
            return known
