"""What the scheduler did: each job once a period, in whichever process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from broadsheet.catalogue.database import Database, fetch, insert, parse_time, stored_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import clean_text
from broadsheet.catalogue.statements import jobs as statements

__all__ = ["Job", "Jobs"]

_KEPT = timedelta(days=90)
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Job:
    """A job of a period; `finished_at` is None while it runs, or where its process ended."""

    name: str
    period: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str


class Jobs:
    """The jobs of a catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, name: str, period: str) -> bool:
        """Begin a job of a period; False if it is finished. One whose process ended is begun anew."""
        with self._database.write() as connection:
            now = self._database.now()
            rows = fetch(connection, sql.JOB, job=name, of_period=period)
            if rows and _job(rows[0]).finished_at is not None:
                return False
            insert(connection, statements.BEGIN_JOB, [(name, period, now)])
            connection.execute(statements.TAKE_JOB_OVER, {"job": name, "of_period": period, "now": now})
            return True

    def finish(self, name: str, period: str, outcome: str) -> None:
        """Note what came of a job; one that was never begun begins and ends now."""
        with self._database.write() as connection:
            now = parse_time(self._database.now())
            values = {"name": name, "period": period, "started_at": stored_time(now), "finished_at": stored_time(now)}
            connection.execute(statements.FINISH_JOB, values | {"outcome": clean_text(outcome)[:_LONGEST]})
            connection.execute(statements.FORGET_JOBS, {"before": stored_time(now - _KEPT)})

    def latest(self, most: int = 50) -> list[Job]:
        """Jobs, the newest first."""
        with self._database.read() as connection:
            return [_job(row) for row in fetch(connection, sql.JOBS, most=most)]


def _job(row: Sequence[Any]) -> Job:
    name, period, started_at, finished_at, outcome = row
    return Job(name, period, parse_time(started_at), parse_time(finished_at) if finished_at else None, outcome)
