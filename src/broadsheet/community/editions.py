"""The editions of a community: a day is open until its hour, then printed; weeks and months are views over days.

submissions, picks ──► enter ──┐
papers of sources  ──► gather ─┴─► the open day, in the order of trending ──► close_due ──► printed for ever
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from broadsheet.catalogue.community.editions import Day, EditionPaper, EditionRow, SourceRule
from broadsheet.community.entries import Entry, by_votes, entry_of, from_text, to_text
from broadsheet.community.open_day import OpenDay, Order
from broadsheet.community.periods import ClosingHour, Kind, Period, period_of
from broadsheet.community.why_empty import why_empty
from broadsheet.kit.errors import UsageError
from broadsheet.kit.fields import Fields
from broadsheet.pipeline.library import Library

__all__ = ["Edition", "Editions", "Order"]

_AGAIN = timedelta(minutes=10)  # after which votes may have changed what papers of sources are the best
DAILY_PAPERS = "daily-papers"  # the source whose papers have a day of their own
_AHEAD = 7  # days after today that may be closed already, where the clock was put back


@dataclass(frozen=True, slots=True)
class Edition:
    """The papers of a day, a week or a month."""

    period: Period
    is_open: bool  # a day is not printed yet, or a longer period has such a day
    begins_at: datetime
    closes_at: datetime
    entries: tuple[Entry, ...]
    note: str  # why there is none
    previous: Period | None  # the nearest with papers
    following: Period | None
    closed_at: datetime | None = None  # of a day

    @property
    def day(self) -> date:
        """The day, or the first day."""
        return self.period.first


class Editions:
    """The editions of a library. `order` ranks the papers of an open day."""

    def __init__(self, library: Library, fields: Fields, order: Order) -> None:
        self._library = library
        self._order = order
        self._open = OpenDay(library, fields, order)
        self._stored = library.catalogue.community.editions
        settings = library.settings.edition
        self.hour = ClosingHour.of(settings.time_zone, settings.closes)
        self._gathered: tuple[date, int, datetime] | None = None  # the day, the last change of papers, when
        self._rule = SourceRule(settings.sources, settings.bar, settings.size, settings.window)

    def day_of(self, moment: datetime) -> date:
        """The day that is open at a moment."""
        return self.hour.day_of(moment)

    @property
    def today(self) -> date:
        """The day that is open now."""
        return self.day_of(self._library.now())

    @property
    def first(self) -> date:
        """The first day there ever was; today before there is any."""
        first, _ = self._stored.range()
        today = self.today
        return min(first or today, today)

    def edition(self, day: date) -> Edition:
        """The edition of a day."""
        return self.of(period_of(Kind.day, day))

    def week(self, day: date) -> Edition:
        """The papers of the ISO week that has this day."""
        return self.of(period_of(Kind.week, day))

    def month(self, day: date) -> Edition:
        """The papers of the month that has this day."""
        return self.of(period_of(Kind.month, day))

    def of(self, period: Period) -> Edition:
        """The papers of a period: a closed day as it was printed, an open one in the present order; of a longer one
        those with the most votes as they are now first."""
        rows = self._stored.papers(period.first, period.last)
        editions = {row.day: row for row in self._stored.between(period.first, period.last)}
        entries = self._entries(rows)
        if period.kind is not Kind.day:
            entries = self._by_votes(entries)
        row = editions.get(period.first) if period.kind is Kind.day else None
        before, after = self._stored.around(period.first, period.last)
        closed = row.closed_at if row else None
        return Edition(
            period=period,
            is_open=closed is None if period.kind is Kind.day else self._is_open(period, editions),
            begins_at=row.opens_at if closed and row else self.hour.opens_at(period.first),
            closes_at=row.closes_at if closed and row else self.hour.closes_at(period.last),
            entries=tuple(entries),
            note="" if entries else self._note(period, row),
            previous=period_of(period.kind, before) if before else None,
            following=period_of(period.kind, after) if after else None,
            closed_at=closed,
        )

    def latest(self) -> Edition:
        """The edition of today; if that has no papers yet, the last that has, or today's where there never was one."""
        edition = self.edition(self.today)
        return edition if edition.entries or edition.previous is None else self.of(edition.previous)

    def entries(self, first: date, last: date) -> list[Entry]:
        """The papers of these days, the newest day first, each day in its own order."""
        entries = self._entries(self._stored.papers(first, last))
        return sorted(entries, key=lambda entry: (-entry.day.toordinal(), entry.place))

    def counts(self, first: date, last: date) -> dict[date, int]:
        """Days with papers → their number."""
        return self._stored.counts(first, last)

    def years(self) -> dict[int, int]:
        """Years with papers → their number."""
        return self._stored.years()

    def closed(self, first: date, last: date) -> list[EditionRow]:
        """The closed days of a period, in order."""
        return [row for row in self._stored.between(first, last) if row.closed_at is not None]

    def row_of(self, paper_id: int) -> EditionPaper | None:
        """In which day a paper is, if in any; `place` is set once that day is closed."""
        return self._stored.of_papers([paper_id]).get(paper_id)

    def enter(self, paper_id: int, via: str, by: str) -> EditionPaper:
        """Put a paper into the open day, via "submission" or "pick"; one that is in an edition stays where it is.

        Raises UnknownPaper.
        """
        today = self.today
        days = [self._day(today + timedelta(days=n)) for n in range(_AHEAD + 1)]
        return self._stored.enter(paper_id, days, via, by)

    def pick(self, paper_id: int, by: str) -> bool:
        """A curator's pick for the open day; False if the paper is in an edition already. Raises UnknownPaper."""
        before = self.row_of(paper_id)
        row = self.enter(paper_id, "pick", by)
        if before is not None and (before.place is not None or before.via != "source"):
            return False
        self._record(by, "pick", row)
        return True

    def unpick(self, paper_id: int, by: str) -> EditionPaper:
        """Take a curator's pick back while its day is open. Raises UsageError."""
        row = self.row_of(paper_id)
        if row is None or row.via != "pick":
            raise UsageError(f"paper {paper_id} is in no edition by a curator's pick")
        if row.place is not None:
            raise UsageError(f"paper {paper_id} was printed on {row.day}; what is printed stays")
        self._stored.leave(paper_id)
        self._record(by, "take back a pick", row)
        return row

    def _record(self, actor: str, act: str, row: EditionPaper) -> None:
        self._library.catalogue.community.audit.record(actor, act, f"paper {row.paper_id}", f"edition {row.day}")

    def close_due(self, now: datetime) -> list[date]:
        """Close every day whose hour has come, oldest first, and choose the papers of sources for the open one.

        Returns the days that this call closed. A day that was missed is closed late, with what came during it. The
        first days are those that the daily paper of another place listed papers on, if it is one of the sources.
        """
        today = self.day_of(now)
        first, closed = self._stored.range()
        day = closed + timedelta(days=1) if closed else self._first_day(first or today, today)
        done = []
        while day < today:
            if self._close(day):
                done.append(day)
            day += timedelta(days=1)
        if closed is None or today > closed:
            self._gather(today, now)
        return done

    def _gather(self, today: date, now: datetime) -> None:
        """Choose papers of sources for the open day, if papers have changed or the last choice is some time ago."""
        seen = today, self._library.catalogue.changes.last_seq()
        if self._gathered is None or self._gathered[:2] != seen or now - self._gathered[2] >= _AGAIN:
            self._stored.gather(self._day(today), self._rule)
            self._gathered = *seen, now

    def _first_day(self, first: date, today: date) -> date:
        if DAILY_PAPERS not in self._rule.sources:
            return first
        return min(first, self._stored.first_listed(today - timedelta(days=self._rule.window)) or first)

    def _close(self, day: date) -> bool:
        span = self._day(day)
        self._stored.gather(span, self._rule)
        ids = [row.paper_id for row in self._stored.papers(day, day)]
        ordered = dict(self._order(ids, span.closes_at)) if ids else {}  # before others have to wait for the lock

        def compose(rows: Sequence[EditionPaper]) -> tuple[list[tuple[int, str]], str]:
            late = {row.paper_id: "" for row in rows if row.paper_id not in ordered}
            entries = self._open.printed(rows, {**ordered, **late})
            note = "" if entries else self._why(day, is_open=False)
            return [(row.paper_id, to_text(printed)) for row, printed, _ in entries], note

        return self._stored.close(span, self._rule, compose)

    def _day(self, day: date) -> Day:
        return Day(day, self.hour.opens_at(day), self.hour.closes_at(day))

    def _is_open(self, period: Period, editions: dict[date, EditionRow]) -> bool:
        row = editions.get(period.last)
        return row is None or row.closed_at is None

    def _entries(self, rows: Sequence[EditionPaper]) -> list[Entry]:
        """The entries of days in order; a paper that is gone is left out of an open day."""
        closed = [row for row in rows if row.printed is not None]
        entries = []
        live = self._stored.live([row.paper_id for row in closed])
        titles = self._stored.titles(live.values())
        submissions = self._stored.submissions(live.values())
        for row in closed:
            paper_id = live.get(row.paper_id)
            printed = from_text(row.printed or "")
            submission = submissions.get(paper_id) if paper_id else None
            now = (paper_id, titles[paper_id]) if paper_id in titles else None
            entries.append(entry_of(row, row.place or 0, printed, now, submission))
        entries += self._open.entries([row for row in rows if row.printed is None])
        return entries

    def _by_votes(self, entries: Sequence[Entry]) -> list[Entry]:
        votes = self._library.catalogue.community.votes
        ids = [entry.paper_id for entry in entries if entry.paper_id]
        return by_votes(entries, votes.counts(ids), votes.counts_elsewhere(ids))

    def _note(self, period: Period, row: EditionRow | None) -> str:
        if row is not None and row.closed_at is not None:
            return row.note
        return self._why(period.first, is_open=True, last=period.last)

    def _why(self, day: date, *, is_open: bool, last: date | None = None) -> str:
        last = last or day
        today = self.today
        return why_empty(
            day,
            last,
            today=today,
            begun=self.first,
            is_open=is_open and last >= today,
            closes_at=self.hour.closes_at(last).astimezone(self.hour.zone),
            runs=self._library.catalogue.harvest.runs(500),
            span=(self.hour.opens_at(day).astimezone(UTC), self.hour.closes_at(last)),
        )
