"""What trending reads of a catalogue, in one snapshot, and the exposures that pages count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from broadsheet.catalogue.database import Database, fetch, in_list, insert, parse_time, stored_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.redirects import follow
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from broadsheet.catalogue.statements import trending as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "trending")

__all__ = ["Attention", "Membership", "PositionLog", "TrendingTables", "Voter"]


class Voter(NamedTuple):
    """Who voted, and from where."""

    reader_id: int
    position: int | None  # 0: a page about the paper; None: no page of ours
    decided: int  # 1: an administrator decided that the vote counts


@dataclass(frozen=True, slots=True)
class Attention:
    """What is stored of some papers; a paper without any of it is left out of each mapping."""

    voters: Mapping[int, Sequence[Voter]]  # of the counted votes
    saves: Mapping[int, int]  # readers who saved it and did not vote for it
    shown: Sequence[tuple[int, int, int]]  # (paper, position, times)
    commenters: Mapping[int, int]
    counts: Mapping[int, Mapping[tuple[str, str], Sequence[tuple[str, int]]]]  # (source, kind) -> (day, value)
    entered: Mapping[int, datetime]  # into an edition


@dataclass(frozen=True, slots=True)
class PositionLog:
    """How often papers were shown at positions and voted for from there."""

    shown: Sequence[tuple[int, int, int]]  # (paper, position, times)
    votes: Sequence[tuple[int, int, int]]  # (paper, position, votes)


@dataclass(frozen=True, slots=True)
class Membership:
    """An account: since when, and by whose invitation."""

    account_id: int
    reader_id: int
    joined: datetime | None
    invited_by: int | None  # an account, which may be gone


class TrendingTables:
    """Reads what trending needs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def attention(self, paper_ids: Collection[int]) -> Attention:
        """Everything stored about how these papers were received."""
        ids = in_list(set(paper_ids))
        voters: dict[int, list[Voter]] = defaultdict(list)
        counts: dict[int, dict[tuple[str, str], list[tuple[str, int]]]] = defaultdict(lambda: defaultdict(list))
        with self._database.read() as connection:
            for paper_id, *vote in fetch(connection, sql.COUNTED_VOTES, ids=ids):
                voters[paper_id].append(Voter(*vote))
            for paper_id, source, kind, day, value in fetch(connection, sql.COUNTS_OF_PAPERS, ids=ids):
                counts[paper_id][source, kind].append((day, value))
            return Attention(
                voters,
                dict(fetch(connection, sql.SAVES_WITHOUT_VOTE, ids=ids)),
                fetch(connection, sql.EXPOSURES_OF_PAPERS, ids=ids),
                dict(fetch(connection, sql.COMMENTERS, ids=ids)),
                counts,
                {paper_id: parse_time(at) for paper_id, at in fetch(connection, sql.ENTRY_TIMES, ids=ids)},
            )

    def last_vote(self) -> int:
        """The number of the latest vote; 0 if there is none."""
        return int(self._database.glance(sql.LAST_VOTE))

    def busiest_day(self, until: datetime, days: int) -> int:
        """The greatest number of voters on one of the `days` days (UTC) before `until`."""
        since = stored_time(until - timedelta(days=days))
        with self._database.read() as connection:
            rows = fetch(connection, sql.VOTERS_BY_DAY, since=since, until=stored_time(until))
        return max((voters for _, voters in rows), default=0)

    def recently_liked(self, since: datetime) -> list[int]:
        """The papers that somebody voted for or saved since then."""
        with self._database.read() as connection:
            return [paper_id for (paper_id,) in fetch(connection, sql.RECENTLY_LIKED, since=stored_time(since))]

    def voters_since(self, since: datetime) -> list[tuple[int, int]]:
        """The paper and the reader of every vote that was cast since then and counts."""
        with self._database.read() as connection:
            return fetch(connection, sql.VOTERS_SINCE, since=stored_time(since))

    def memberships(self) -> list[Membership]:
        """Every account, in order of joining."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.MEMBERSHIPS)
        return [Membership(row[0], row[1], parse_time(row[2]) if row[2] else None, row[3]) for row in rows]

    def position_log(self, since: datetime) -> PositionLog:
        """Where papers were shown and voted for since then."""
        with self._database.read() as connection:
            votes = fetch(connection, sql.VOTES_BY_POSITION, since=stored_time(since))
            shown = fetch(connection, sql.SHOWN_BY_POSITION, since=since.date().isoformat()) if votes else []
        return PositionLog(shown, votes)

    def count_exposures(self, shown: Mapping[tuple[int, str, str, int], int]) -> None:
        """Add to the impressions: (paper, day, page, position) → times; papers that no longer exist are left out."""
        with self._database.write() as connection:
            live = follow(connection, {paper_id for paper_id, *_ in shown})
            rows = [(live[key[0]], *key[1:], times) for key, times in sorted(shown.items()) if key[0] in live]
            insert(connection, statements.COUNT_EXPOSURES, rows)
