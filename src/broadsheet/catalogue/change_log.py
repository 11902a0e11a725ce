"""The change log: what was added, updated and deleted, in order. Indexes follow it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from broadsheet.catalogue.database import Database, fetch, insert, next_id

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["changes", "last_seq", "log_changes"]


def last_seq(database: Database) -> int:
    """The number of the latest change; 0 if nothing ever happened."""
    return int(database.glance("SELECT coalesce(max(seq), 0) FROM changes"))


def changes(database: Database, after: int, limit: int | None) -> list[tuple[int, int, str]]:
    """(seq, paper id, add | update | delete) of what happened after `after`, in order."""
    with database.read() as connection:
        sql = "SELECT seq, paper_id, kind FROM changes WHERE seq > ? ORDER BY seq LIMIT ?"
        return fetch(connection, sql, after, -1 if limit is None else limit)


def log_changes(connection: Connection, changes: Sequence[tuple[int, str]]) -> int:
    """Append (paper id, kind) to the change log and return its last sequence number."""
    insert(connection, "INSERT INTO changes (paper_id, kind)", 2, changes)
    return next_id(connection, "changes") - 1
