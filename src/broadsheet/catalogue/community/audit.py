"""The audit log: what administrators and curators did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from broadsheet.catalogue.database import Database, fetch, insert, parse_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import clean_text
from broadsheet.catalogue.statements import accounts as statements

__all__ = ["AuditEntry", "AuditTable"]

_LONGEST = 2000  # characters of a text


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act."""

    id: int
    at: datetime
    actor: str  # a name, as it was then; "command line" for the operator
    act: str
    target: str
    detail: str


class AuditTable:
    """Stores acts; none is ever changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, actor: str, act: str, target: str, detail: str = "") -> None:
        """Note an act of `actor` on `target`."""
        texts = [clean_text(text)[:_LONGEST] for text in (actor, act, target, detail)]
        with self._database.write() as connection:
            insert(connection, statements.ADD_AUDIT, [(self._database.now(), *texts)])

    def latest(self, most: int = 100, before: int = 2**62) -> list[AuditEntry]:
        """Acts, newest first, those before the number `before`."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.AUDIT, before=before, most=most)
        return [AuditEntry(row[0], parse_time(row[1]), *row[2:]) for row in rows]
