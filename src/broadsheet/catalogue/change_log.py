"""The change log: what was added, updated and deleted, in order. Indexes follow it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from broadsheet.catalogue.database import Database, fetch, insert, next_id
from broadsheet.catalogue.dialects import sql
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadsheet.catalogue.statements import harvest as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "harvest")

__all__ = ["changes", "last_seq", "log_changes"]

_ALL = 1 << 62


def last_seq(database: Database) -> int:
    """The number of the latest change; 0 if there is none."""
    return int(database.glance(sql.LAST_SEQ))


def changes(database: Database, after: int, limit: int | None) -> list[tuple[int, int, str]]:
    """(seq, paper id, add | update | delete) of the changes after number `after`, in order."""
    with database.read() as connection:
        return fetch(connection, sql.CHANGES_AFTER, after=after, most=_ALL if limit is None else limit)


def log_changes(connection: Connection, changes: Sequence[tuple[int, str]]) -> int:
    """Append (paper id, kind) to the change log and return its last sequence number."""
    insert(connection, statements.LOG_CHANGES, changes)
    return next_id(connection, "changes") - 1
