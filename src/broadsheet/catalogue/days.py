"""The papers on a reader's pages of earlier days (UTC), read from the log of impressions."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from broadsheet.catalogue.database import Database, fetch, parse_time
from broadsheet.catalogue.dialects import sql

__all__ = ["days_around", "last_shown", "shown_on"]


def shown_on(database: Database, reader_id: int, day: date) -> list[int]:
    """The papers shown to the reader on a day, each once, ordered by their best position on that day's pages."""
    following = (day + timedelta(days=1)).isoformat() if day < date.max else "~"
    with database.read() as connection:
        rows = fetch(connection, sql.SHOWN_ON, reader_id=reader_id, first=day.isoformat(), following=following)
    return [number for (number,) in rows]


def last_shown(database: Database, reader_id: int, before: date) -> datetime | None:
    """When a page, not a mail or a feed reader, was last shown to the reader before that day (UTC), None if never."""
    with database.read() as connection:
        rows = fetch(connection, sql.LAST_SHOWN, reader_id=reader_id, before=before.isoformat())
    return parse_time(rows[0][0]) if rows else None


def days_around(database: Database, reader_id: int, day: date) -> tuple[date | None, date | None]:
    """The nearest days before and after `day` on which papers were shown to the reader, or None."""
    with database.read() as connection:
        before, after = fetch(connection, sql.DAYS_AROUND, reader_id=reader_id, day=day.isoformat())[0]
    return date.fromisoformat(before) if before else None, date.fromisoformat(after) if after else None
