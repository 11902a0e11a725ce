"""What readers were shown on which day (UTC): earlier pages, read from the log of impressions."""

from __future__ import annotations

from datetime import date, timedelta

from broadsheet.catalogue.database import Database, fetch

__all__ = ["days_around", "shown_on"]


def shown_on(database: Database, reader_id: int, day: date) -> list[int]:
    """The papers that the reader was shown on a day, each once, by their best place on its pages."""
    sql = (
        "SELECT paper_id FROM events WHERE reader_id = ? AND kind = 'impression' AND at >= ? AND at < ? "
        "GROUP BY paper_id ORDER BY min(coalesce(position, 1000000)), min(id)"
    )
    following = (day + timedelta(days=1)).isoformat() if day < date.max else "~"
    with database.read() as connection:
        return [number for (number,) in fetch(connection, sql, reader_id, day.isoformat(), following)]


def days_around(database: Database, reader_id: int, day: date) -> tuple[date | None, date | None]:
    """The nearest days before and after `day` on which the reader was shown something, None where there is none."""
    sql = (
        "SELECT max(day) FILTER (WHERE day < ?2), min(day) FILTER (WHERE day > ?2) "
        "FROM reader_days WHERE reader_id = ?1"
    )
    with database.read() as connection:
        before, after = fetch(connection, sql, reader_id, day.isoformat())[0]
    return date.fromisoformat(before) if before else None, date.fromisoformat(after) if after else None
