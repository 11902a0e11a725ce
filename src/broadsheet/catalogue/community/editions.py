"""Editions: the papers of a day, which may come and go until the day closes, and what the closed day printed.

Closing is one transaction: a crash before its end leaves the day open, and of two processes one closes it. A paper is
in one edition. A row that is printed is never changed again: where its paper was joined with another, it keeps the
number that it was printed with.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from broadsheet.catalogue.database import Database, Reading, fetch, in_list, insert, parse_time, stored_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import clean_text
from broadsheet.catalogue.redirects import follow
from broadsheet.kit.errors import UnknownPaper
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadsheet.catalogue.statements import editions as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "editions")

__all__ = ["Compose", "Day", "EditionPaper", "EditionRow", "Editions", "SourceRule", "Submission"]


@dataclass(frozen=True, slots=True)
class Day:
    """A day with the moments at which it opens and closes."""

    day: date
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class EditionRow:
    """The edition of a day; `closed_at` is None while it is open, `note` says why a closed one is empty."""

    day: date
    opens_at: datetime
    closes_at: datetime
    closed_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class EditionPaper:
    """A paper of a day; `place` (from 1) and `printed` (JSON) are set once the day is closed."""

    paper_id: int
    day: date
    entered_at: datetime
    via: str  # submission | pick | source
    by: str  # the reader who picked or submitted it, or the source
    place: int | None
    printed: str | None


@dataclass(frozen=True, slots=True)
class Submission:
    """Who submitted a paper, why, and with which picture."""

    reader: str  # "" once they have left
    reason: str
    picture_id: int | None


@dataclass(frozen=True, slots=True)
class SourceRule:
    """What papers of sources need to enter by themselves."""

    sources: tuple[str, ...]
    bar: int  # votes elsewhere
    size: int  # papers a day
    window: int  # days after a paper's date


Compose: TypeAlias = "Callable[[Sequence[EditionPaper]], tuple[Sequence[tuple[int, str]], str]]"
"""The papers of a day → (paper, what is printed of it) in order, and the note of an empty edition."""


class Editions:
    """The editions of a catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def between(self, first: date, last: date) -> list[EditionRow]:
        """The editions that exist of these days, in order."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.EDITIONS_BETWEEN, first=first.isoformat(), last=last.isoformat())
        return [_edition(row) for row in rows]

    def range(self) -> tuple[date | None, date | None]:
        """The first day there ever was, and the last that closed."""
        with self._database.read() as connection:
            return _range(connection)

    def first_listed(self, since: date) -> date | None:
        """The first day from `since` on that the daily paper of another place listed a paper."""
        with self._database.read() as connection:
            day = fetch(connection, sql.FIRST_LISTED, since=since.isoformat())[0][0]
        return date.fromisoformat(day) if day else None

    def papers(self, first: date, last: date) -> list[EditionPaper]:
        """The papers of these days: by day and place, in an open day by arrival."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.EDITION_PAPERS, first=first.isoformat(), last=last.isoformat())
        return [_paper(row) for row in rows]

    def of_papers(self, paper_ids: Collection[int]) -> dict[int, EditionPaper]:
        """The rows of these papers that are in an edition, also under the number of one that they were joined with."""
        with self._database.read() as connection:
            return _rows_of(connection, paper_ids)

    def counts(self, first: date, last: date) -> dict[date, int]:
        """Days with papers → their number."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.EDITION_COUNTS, first=first.isoformat(), last=last.isoformat())
        return {date.fromisoformat(day): count for day, count in rows}

    def years(self) -> dict[int, int]:
        """Years with papers → their number."""
        with self._database.read() as connection:
            return {int(year): count for year, count in fetch(connection, sql.EDITION_YEARS)}

    def around(self, first: date, last: date) -> tuple[date | None, date | None]:
        """The last day with papers before `first`, and the first after `last`."""
        with self._database.read() as connection:
            before = fetch(connection, sql.EDITION_BEFORE, day=first.isoformat())[0][0]
            after = fetch(connection, sql.EDITION_AFTER, day=last.isoformat())[0][0]
        return date.fromisoformat(before) if before else None, date.fromisoformat(after) if after else None

    def last_printed(self) -> date | None:
        """The last closed day with papers."""
        with self._database.read() as connection:
            day = fetch(connection, sql.LAST_PRINTED)[0][0]
        return date.fromisoformat(day) if day else None

    def submissions(self, paper_ids: Collection[int]) -> dict[int, Submission]:
        """The first submission of each paper that is not hidden."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.EDITION_SUBMISSIONS, ids=in_list(set(paper_ids)))
        return {row[0]: Submission(row[1] or "", row[2], row[3]) for row in reversed(rows)}

    def titles(self, paper_ids: Collection[int]) -> dict[int, str]:
        """The titles of these papers."""
        with self._database.read() as connection:
            return dict(fetch(connection, sql.TITLES_OF_PAPERS, ids=in_list(set(paper_ids))))

    def live(self, paper_ids: Collection[int]) -> dict[int, int]:
        """Number → the paper it leads to now; numbers of no paper are left out."""
        with self._database.read() as connection:
            return follow(connection, paper_ids)

    def enter(self, paper_id: int, days: Sequence[Day], via: str, by: str) -> EditionPaper:
        """Put a paper into the first of `days` that is open, unless it is in an edition already; its row.

        Raises UnknownPaper.
        """
        with self._database.write() as connection:
            live = follow(connection, [paper_id]).get(paper_id)
            if live is None:
                raise UnknownPaper(f"no paper has the number {paper_id}")
            _, closed = _range(connection)
            day = next((one for one in days if closed is None or one.day > closed), days[-1])
            _open(connection, day)
            row = (live, day.day.isoformat(), self._database.now(), via, clean_text(by)[:200], None, None)
            present = _rows_of(connection, [live]).get(live)
            if present is not None and (present.place is not None or present.via != "source"):
                return present
            connection.execute(statements.LEAVE_EDITION, {"leaving": live})  # a source's; somebody wants it: it stays
            insert(connection, statements.ENTER_EDITION, [row])
            return _rows_of(connection, [live])[live]

    def leave(self, paper_id: int) -> bool:
        """Take a paper out of an open edition; False if it is in none."""
        with self._database.write() as connection:
            live = follow(connection, [paper_id]).get(paper_id, paper_id)
            return connection.execute(statements.LEAVE_EDITION, {"leaving": live}).rowcount > 0

    def gather(self, day: Day, rule: SourceRule) -> None:
        """Begin a day, and choose the papers of sources for it anew while it is open; writes only what changes."""
        with self._database.read() as connection:
            rows = _editions(connection, day)
            is_settled = rows and (rows[0].closed_at or not any(_source_changes(connection, day, rule)))
        if is_settled:
            return
        with self._database.write() as connection:
            _open(connection, day)
            if _editions(connection, day)[0].closed_at is None:
                _gather(connection, day, rule)

    def close(self, day: Day, rule: SourceRule, compose: Compose) -> bool:
        """Print a day and close it for ever; False if it is closed already."""
        with self._database.write() as connection:
            name = day.day.isoformat()
            _open(connection, day)
            now = self._database.now()
            if _editions(connection, day)[0].closed_at is not None:
                return False
            _gather(connection, day, rule)
            rows = fetch(connection, sql.EDITION_PAPERS, first=name, last=name)
            printed, note = compose([_paper(row) for row in rows])
            places = [{"number": n, "at_place": at, "text": text} for at, (n, text) in enumerate(printed, 1)]
            if places:
                connection.execute(statements.PRINT_PAPER, places)
            connection.execute(statements.LEAVE_UNPRINTED, {"day": name})
            connection.execute(statements.CLOSE_EDITION, {"closed_day": name, "at": now, "why": clean_text(note)})
            return True


def _open(connection: Connection, day: Day) -> None:
    row = {"day": day.day.isoformat(), "opens_at": stored_time(day.opens_at), "closes_at": stored_time(day.closes_at)}
    connection.execute(statements.OPEN_EDITION, row)


def _editions(connection: Reading, day: Day) -> list[EditionRow]:
    name = day.day.isoformat()
    return [_edition(row) for row in fetch(connection, sql.EDITIONS_BETWEEN, first=name, last=name)]


def _gather(connection: Connection, day: Day, rule: SourceRule) -> None:
    leaving, entering = _source_changes(connection, day, rule)
    if leaving:
        connection.execute(statements.LEAVE_EDITION, [{"leaving": number} for number in leaving])
    insert(connection, statements.ENTER_EDITION, entering)


def _source_changes(
    connection: Reading, day: Day, rule: SourceRule
) -> tuple[list[int], list[tuple[int, str, str, str, str, None, None]]]:
    """What makes the papers of sources in an open day the best there are: those that leave, rows of those that enter.

    Without a bar only what came during the day is news; with one also what has reached it since it came. What the
    daily paper of another place listed on this day is of this day whenever it came.
    """
    name = day.day.isoformat()
    rows = [_paper(row) for row in fetch(connection, sql.EDITION_PAPERS, first=name, last=name)]
    present = {row.paper_id: row for row in rows if row.via == "source"}
    candidates = {
        paper_id: (min(listed_at, stored_time(day.closes_at)) if listed_at else added_at, source)
        for paper_id, added_at, source, listed_at in fetch(
            connection,
            sql.EDITION_CANDIDATES,
            day=name,
            dated_from=(day.day - timedelta(days=rule.window)).toordinal(),
            since="" if rule.bar else stored_time(day.opens_at),
            until=stored_time(day.closes_at),
            sources=in_list(rule.sources),
        )
    }
    for printed in _rows_of(connection, candidates):  # under another number
        del candidates[printed]
    ids = in_list({*present, *candidates})
    votes = dict(fetch(connection, sql.VOTE_COUNTS, ids=ids))
    elsewhere = dict(fetch(connection, sql.VOTES_ELSEWHERE, ids=ids))
    able = [number for number in {*present, *candidates} if elsewhere.get(number, 0) >= rule.bar]
    able.sort(key=lambda number: (-votes.get(number, 0) - elsewhere.get(number, 0), number))
    best = able[: rule.size] if rule.sources else []
    opened = stored_time(day.opens_at)
    entering = [
        (number, name, max(opened, candidates[number][0]), "source", candidates[number][1], None, None)
        for number in best
        if number in candidates
    ]
    return [number for number in present if number not in best], entering


def _rows_of(connection: Reading, paper_ids: Collection[int]) -> dict[int, EditionPaper]:
    """The rows of these papers; first those printed under the number of a paper that was joined with one of them."""
    old = [number for (number,) in fetch(connection, sql.PRINTED_UNDER_OLD_NUMBERS)]
    wanted = set(paper_ids)
    numbers = {number: live for number, live in follow(connection, old).items() if live in wanted}
    numbers |= {number: number for number in wanted}
    rows = [_paper(row) for row in fetch(connection, sql.EDITIONS_OF_PAPERS, ids=in_list(numbers))]
    rows.sort(key=lambda row: row.paper_id in wanted)
    return {numbers[row.paper_id]: row for row in reversed(rows)}


def _range(connection: Reading) -> tuple[date | None, date | None]:
    first, closed = fetch(connection, sql.EDITION_RANGE)[0]
    return date.fromisoformat(first) if first else None, date.fromisoformat(closed) if closed else None


def _edition(row: Sequence[Any]) -> EditionRow:
    day, opens_at, closes_at, closed_at, note = row
    closed = parse_time(closed_at) if closed_at else None
    return EditionRow(date.fromisoformat(day), parse_time(opens_at), parse_time(closes_at), closed, note)


def _paper(row: Sequence[Any]) -> EditionPaper:
    paper_id, day, entered_at, via, by, place, printed = row
    return EditionPaper(paper_id, date.fromisoformat(day), parse_time(entered_at), via, by, place, printed)
