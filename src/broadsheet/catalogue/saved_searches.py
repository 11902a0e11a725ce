"""The searches that readers save, each under a name, with how far they have looked at its papers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.database import Database, fetch, parse_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import dumps
from broadsheet.catalogue.reader_accounts import name_of
from broadsheet.kit.errors import UsageError
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from broadsheet.catalogue.statements import saved_searches as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "saved_searches")

__all__ = ["MOST_SEARCHES", "SavedSearch", "SavedSearches"]

MOST_SEARCHES = 200  # of one reader


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search of a reader; `search` is its query with what it searches within."""

    id: int  # never given to another one
    name: str
    search: Mapping[str, Any]
    created_at: datetime
    seen_at: datetime
    seen_paper: int  # the newest paper of the index when the reader looked last


class SavedSearches:
    """The saved searches of a catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, reader_id: int) -> list[SavedSearch]:
        """Those of a reader, by name."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.SAVED_SEARCHES, reader_id=reader_id)
        return [
            SavedSearch(number, name, json.loads(search), parse_time(created), parse_time(seen_at), paper)
            for number, name, search, created, seen_at, paper in rows
        ]

    def add(self, reader_id: int, name: str, search: Mapping[str, Any], seen_paper: int) -> SavedSearch:
        """Save a search. Raises UsageError where the name is taken or not one, or the reader has too many."""
        name = name_of(name, "search")
        others = self.all(reader_id)
        _refuse_taken(others, name)
        if len(others) >= MOST_SEARCHES:
            raise UsageError(f"a reader has {MOST_SEARCHES} saved searches at most; delete one first")
        now = self._database.now()
        row = {
            **{"reader_id": reader_id, "name": name, "search": dumps(search), "created_at": now, "seen_at": now},
            "seen_paper": seen_paper,
        }
        with self._database.write() as connection:
            number = int(connection.execute(statements.ADD_SAVED_SEARCH, row).lastrowid)
        at = parse_time(now)
        return SavedSearch(number, name, search, at, at, seen_paper)

    def rename(self, reader_id: int, number: int, name: str) -> None:
        """Give one another name. Raises UsageError where the name is taken or not one."""
        name = name_of(name, "search")
        _refuse_taken([other for other in self.all(reader_id) if other.id != number], name)
        with self._database.write() as connection:
            key = {"reader": reader_id, "number": number, "new_name": name}
            connection.execute(statements.RENAME_SAVED_SEARCH, key)

    def look(self, reader_id: int, number: int, paper: int) -> None:
        """Note that the reader has looked at one, up to the paper of this number."""
        with self._database.write() as connection:
            key = {"reader": reader_id, "number": number, "at": self._database.now(), "paper": paper}
            connection.execute(statements.NOTE_SEARCH_SEEN, key)

    def delete(self, reader_id: int, saved: SavedSearch) -> int:
        """Delete one; returns the number of the deletion, by which it can be restored."""
        from broadsheet.catalogue.reader_deletions import record_search  # imported here: only writers need it

        with self._database.write() as connection:
            deletion = record_search(connection, reader_id, saved, self._database.now())
            connection.execute(statements.DELETE_SAVED_SEARCH, {"reader": reader_id, "number": saved.id})
        return deletion


def _refuse_taken(others: list[SavedSearch], name: str) -> None:
    if any(other.name == name for other in others):
        raise UsageError(f"there is a saved search named {name!r} already")
