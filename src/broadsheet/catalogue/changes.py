"""The changes of the catalogue: which papers were added, updated and deleted, in order."""

from __future__ import annotations

from broadsheet.catalogue import change_log
from broadsheet.catalogue.database import Database

__all__ = ["Changes"]


class Changes:
    """What was added, updated and deleted, in order."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last_seq(self) -> int:
        """The number of the latest change; 0 if there is none."""
        return change_log.last_seq(self._database)

    def after(self, seq: int, limit: int | None = None) -> list[tuple[int, int, str]]:
        """(seq, paper, add | update | delete) of the changes after number `seq`, in order."""
        return change_log.changes(self._database, seq, limit)
