"""What a reader tries out: the last replay of their past, and the draft of two mixes against each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.database import Database, fetch, parse_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import dumps
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from broadsheet.catalogue.statements import experiments as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "experiments")

__all__ = ["Experiments", "Interleaving"]


@dataclass(frozen=True, slots=True)
class Interleaving:
    """Two mixes of a reader's page, drafted against each other: the reader's own and another."""

    started_at: datetime
    stopped_at: datetime | None
    other: Mapping[str, Any]  # weights of the other mix

    @property
    def is_running(self) -> bool:
        """Whether pages are drafted."""
        return self.stopped_at is None


class Experiments:
    """The replays and drafts of a catalogue, one of each a reader."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last_replay(self, reader_id: int) -> tuple[datetime, dict[str, Any]] | None:
        """When the last replay was made, and its report; None before the first."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.LAST_REPLAY, reader_id=reader_id)
        return (parse_time(rows[0][0]), json.loads(rows[0][1])) if rows else None

    def keep_replay(self, reader_id: int, report: Mapping[str, Any]) -> None:
        """Keep a report in the place of the one before."""
        row = {"reader_id": reader_id, "made_at": self._database.now(), "report": dumps(report)}
        with self._database.write() as connection:
            connection.execute(statements.FORGET_REPLAYS, {"reader_id": reader_id})
            connection.execute(statements.ADD_REPLAY, row)

    def interleaving(self, reader_id: int) -> Interleaving | None:
        """The last draft of a reader, running or stopped; None before the first."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.LAST_INTERLEAVING, reader_id=reader_id)
        if not rows:
            return None
        started, stopped, other = rows[0]
        return Interleaving(parse_time(started), parse_time(stopped) if stopped else None, json.loads(other))

    def running(self, reader_id: int) -> Interleaving | None:
        """The draft that runs; None where none does."""
        last = self.interleaving(reader_id)
        return last if last and last.is_running else None

    def start_interleaving(self, reader_id: int, other: Mapping[str, Any]) -> None:
        """Draft the reader's pages from now on; a draft that runs is stopped."""
        now = self._database.now()
        row = {"reader_id": reader_id, "started_at": now, "stopped_at": None, "other": dumps(other)}
        with self._database.write() as connection:
            connection.execute(statements.STOP_INTERLEAVING, {"reader": reader_id, "at": now})
            connection.execute(statements.ADD_INTERLEAVING, row)

    def stop_interleaving(self, reader_id: int) -> None:
        """Stop the draft that runs, if one does."""
        with self._database.write() as connection:
            connection.execute(statements.STOP_INTERLEAVING, {"reader": reader_id, "at": self._database.now()})
