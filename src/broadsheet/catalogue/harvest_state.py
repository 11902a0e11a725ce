"""The state of harvests: cursors, quarantine, providers and runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.database import Database, Reading, fetch, in_list, insert, parse_time, stored_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import clean_text, dumps
from broadsheet.kit.lazy import lazy
from broadsheet.kit.paper import Rejected

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadsheet.catalogue.statements import harvest as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "harvest")

__all__ = ["Quarantined", "Run"]

_LONGEST_RAW = 20_000  # characters of a bad record stored, at most
_LONGEST_REASON = 2_000
_LONGEST_RUNS = 5_000


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record that could not be read."""

    id: int
    at: datetime
    source: str
    place: str
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Run:
    """One finished run of a source; `report` is as given to `log_run`."""

    id: int
    source: str
    started: datetime
    finished: datetime
    report: dict[str, Any]


def set_cursor(connection: Connection, name: str, value: str, at: str) -> None:
    """Store a cursor, in the transaction that stores the records it covers."""
    row = {"name": clean_text(name), "value": clean_text(value), "at": at}
    connection.execute(statements.SET_CURSOR, row)


def get_cursor(database: Database, name: str) -> str | None:
    """The value last committed under this name."""
    with database.read() as connection:
        rows = fetch(connection, sql.CURSOR, name=clean_text(name))
    return str(rows[0][0]) if rows else None


def keep_rejected(connection: Connection, rejected: Sequence[Rejected], at: str) -> None:
    """Quarantine records; a record already in quarantine gets the new time and text."""
    rows = [
        (at, clean_text(r.source), clean_text(r.place), _cut(r.reason, _LONGEST_REASON), _cut(r.raw, _LONGEST_RAW))
        for r in rejected
    ]
    insert(connection, statements.ADD_REJECTED, rows)


def quarantine(database: Database, limit: int) -> list[Quarantined]:
    """The latest quarantined records, newest first."""
    with database.read() as connection:
        rows = fetch(connection, sql.QUARANTINE, most=limit)
    return [Quarantined(number, parse_time(at), *rest) for number, at, *rest in rows]


def quarantine_count(database: Database) -> int:
    """How many records are quarantined."""
    with database.read() as connection:
        return int(fetch(connection, sql.QUARANTINE_COUNT)[0][0])


def clear_quarantine(database: Database, ids: Sequence[int] | None) -> int:
    """Delete these quarantined records, or all; returns their number."""
    with database.write() as connection:
        if ids is None:
            return connection.execute(statements.CLEAR_QUARANTINE).rowcount
        return connection.execute(statements.FORGET_REJECTED, {"ids": in_list(ids)}).rowcount


class ProviderStore:
    """The provider states that all processes share through the catalogue (see sources/net/rate_limit)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> dict[str, Any]:
        """The stored object of one provider; {} if there is none."""
        with self._database.read() as connection:
            return _provider(connection, name)

    def update(self, name: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        """Replace the object by `change(object)` and return it, in one transaction among all processes."""
        with self._database.write() as connection:
            state = change(_provider(connection, name))
            row = {"name": name, "state": clean_text(dumps(state)), "at": self._database.now()}
            connection.execute(statements.SET_PROVIDER, row)
            return dict(state)


def _provider(connection: Reading, name: str) -> dict[str, Any]:
    rows = fetch(connection, sql.PROVIDER, name=name)
    state: dict[str, Any] = json.loads(rows[0][0]) if rows else {}
    return state


def log_run(database: Database, source: str, started: datetime, report: Mapping[str, Any]) -> int:
    """Store a run of `source` that ends now; returns its number. Only the latest few thousand runs are kept."""
    with database.write() as connection:
        row = {
            "source": clean_text(source),
            "started": stored_time(started),
            "finished": database.now(),
            "report": clean_text(dumps(report)),
        }
        number = int(connection.execute(statements.ADD_RUN, row).lastrowid)
        connection.execute(statements.FORGET_RUNS, {"last": number - _LONGEST_RUNS})
    return number


def runs(database: Database, limit: int) -> list[Run]:
    """The latest runs, newest first."""
    with database.read() as connection:
        rows = fetch(connection, sql.RUNS, most=limit)
    return [
        Run(number, source, parse_time(started), parse_time(finished), json.loads(report))
        for number, source, started, finished, report in rows
    ]


def _cut(text: str, longest: int) -> str:
    text = clean_text(text)
    return text if len(text) <= longest else text[: longest - 1] + "…"
