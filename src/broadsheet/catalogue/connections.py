"""Connections: libraries that readers keep elsewhere, how far each is read, and which paper each of its items is.

Keys of access are not here: they are files of the library's folder.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.database import Database, fetch, in_list, insert, parse_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.events import Event, log_in
from broadsheet.catalogue.paper_row import clean_text, dumps
from broadsheet.catalogue.reader_accounts import collect_in
from broadsheet.catalogue.redirects import follow
from broadsheet.catalogue.statements import connections as statements
from broadsheet.catalogue.statements import readers as reader_statements
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection as Transaction

__all__ = ["LOCAL", "Connection", "ConnectionItem", "Connections", "Step"]

LOCAL = "local/"  # the names of libraries on this machine begin so
_LONGEST_ERROR = 1000


@dataclass(frozen=True, slots=True)
class Connection:
    """A library elsewhere, of one reader."""

    id: int  # never given to another one
    reader_id: int
    kind: str
    library: str
    write_to: str  # the key of the collection to write into; "": nothing is written
    created_at: datetime
    state: Mapping[str, Any]
    synced_at: datetime | None
    error: str
    reader: str

    @property
    def is_local(self) -> bool:
        """Whether it is a library on this machine."""
        return self.library.startswith(LOCAL)


@dataclass(frozen=True, slots=True)
class ConnectionItem:
    """An item of that library; `version` is -1 once it is deleted there."""

    key: str
    paper_id: int | None
    version: int
    parent: str = ""
    marks: tuple[str, ...] = ()
    content: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Step:
    """What one transaction of a sync changes."""

    items: list[ConnectionItem] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    collected: list[tuple[str, int]] = field(default_factory=list)  # (collection, paper)
    uncollected: list[tuple[str, int]] = field(default_factory=list)


class Connections:
    """The connections of a catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, reader_id: int | None = None) -> list[Connection]:
        """All connections, or those of a reader, the oldest first."""
        with self._database.read() as connection:
            if reader_id is None:
                rows = fetch(connection, sql.ALL_CONNECTIONS)
            else:
                rows = fetch(connection, sql.CONNECTIONS_OF_READER, reader_id=reader_id)
        return [_connection(row) for row in rows]

    def add(self, reader_id: int, kind: str, library: str, write_to: str = "") -> Connection:
        """Add one. Raises UsageError where the reader has one to this library."""
        if any((one.kind, one.library) == (kind, library) for one in self.all(reader_id)):
            raise UsageError(f"{library} is connected already; disconnect it first to change the key")
        row = {"reader_id": reader_id, "kind": kind, "library": clean_text(library), "write_to": write_to}
        with self._database.write() as connection:
            row["created_at"] = self._database.now()
            number = int(connection.execute(statements.ADD_CONNECTION, row).lastrowid)
        return next(one for one in self.all(reader_id) if one.id == number)

    def change(self, number: int, **values: Any) -> None:
        """Change any of write_to, state, synced_at and error."""
        if "state" in values:
            values["state"] = dumps(values["state"])
        if "error" in values:
            values["error"] = clean_text(values["error"])[:_LONGEST_ERROR]
        with self._database.write() as connection:
            connection.execute(statements.CHANGE_CONNECTION, {"number": number, **values})

    def note_synced(self, number: int) -> None:
        """Note that one has been read to its end now, without an error."""
        self.change(number, synced_at=self._database.now(), error="")

    def delete(self, number: int) -> None:
        """Delete one with what is known of its items; papers and marks stay."""
        with self._database.write() as connection:
            connection.execute(statements.DELETE_CONNECTION, {"number": number})

    def commit(self, one: Connection, step: Step, state: Mapping[str, Any] | None = None) -> None:
        """Write a step of a sync, with how far the library is read then, in one transaction.

        What is about papers that are gone is left out.
        """
        with self._database.write() as connection:
            at = self._database.now()
            pairs = [*step.collected, *step.uncollected]
            live = follow(connection, [*(event.paper_id for event in step.events), *(paper for _, paper in pairs)])
            log_in(connection, one.reader_id, [event for event in step.events if event.paper_id in live], at)
            _change_collections(connection, one.reader_id, step, live, at)
            insert(connection, statements.PUT_CONNECTION_ITEM, [_row(one, item, at) for item in step.items])
            if state is not None:
                connection.execute(statements.CHANGE_CONNECTION, {"number": one.id, "state": dumps(state)})

    def items(self, number: int, keys: Collection[str]) -> dict[str, ConnectionItem]:
        """The known ones of these items, by their key."""
        return {one.key: one for one in self._items(sql.CONNECTION_ITEMS, number, keys=in_list(keys))}

    def items_of_papers(self, number: int, papers: Collection[int]) -> list[ConnectionItem]:
        """The items that are these papers."""
        return self._items(sql.CONNECTION_ITEMS_OF_PAPERS, number, ids=in_list(papers))

    def items_with_marks(self, number: int) -> list[ConnectionItem]:
        """The items that ask for a mark."""
        return self._items(sql.CONNECTION_ITEMS_WITH_MARKS, number)

    def children(self, number: int, keys: Collection[str]) -> list[ConnectionItem]:
        """The notes and attachments of these items, except deleted ones."""
        rows = self._items(sql.CONNECTION_NOTES, number, keys=in_list(keys))
        return [one for one in rows if one.version >= 0]

    def versions(self, number: int) -> dict[str, int]:
        """The version of every known item, -1 for a deleted one."""
        with self._database.read() as connection:
            return dict(fetch(connection, sql.CONNECTION_VERSIONS, connection_id=number))

    def counts(self, number: int) -> tuple[int, int]:
        """(the papers that its items are, its notes and attachments)."""
        with self._database.read() as connection:
            papers, children = fetch(connection, sql.CONNECTION_COUNTS, connection_id=number)[0]
        return int(papers), int(children)

    def papers(self, number: int) -> set[int]:
        """The papers that its items are, or were before they were deleted there."""
        with self._database.read() as connection:
            return {row[0] for row in fetch(connection, sql.CONNECTED_PAPERS, connection_id=number)}

    def last_words(self, reader_id: int, papers: Iterable[int]) -> dict[tuple[int, str], tuple[str, str]]:
        """(paper, "save" or "tag:…") → (kind, policy) of the last event about this mark of the reader."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.MARK_EVENTS, reader_id=reader_id, ids=in_list(set(papers)))
        return {
            (paper, "save" if kind in {"save", "unsave"} else f"tag:{value}"): (kind, policy)
            for paper, kind, value, policy in rows
        }

    def _items(self, query: str, number: int, **parameters: Any) -> list[ConnectionItem]:
        with self._database.read() as connection:
            rows = fetch(connection, query, connection_id=number, **parameters)
        return [
            ConnectionItem(key, paper, version, parent, tuple(json.loads(marks)), json.loads(content))
            for key, paper, version, parent, marks, content in rows
        ]


def _change_collections(connection: Transaction, reader_id: int, step: Step, live: Mapping[int, int], at: str) -> None:
    """Put papers into collections, which are made if needed, and take others out."""
    groups: dict[str, list[int]] = {}
    for name, paper in step.collected:
        groups.setdefault(name, []).append(paper)
    collect_in(connection, reader_id, groups, at)
    for name, paper in step.uncollected:
        rows = fetch(connection, sql.COLLECTION_ID, reader_id=reader_id, name=name)
        if rows and paper in live:
            key = {"collection": int(rows[0][0]), "paper": live[paper]}
            connection.execute(reader_statements.REMOVE_FROM_COLLECTION, key)


def _connection(row: Sequence[Any]) -> Connection:
    number, reader_id, kind, library, write_to, created, state, synced, error, reader = row
    at = None if synced is None else parse_time(synced)
    stored = json.loads(state)
    return Connection(number, reader_id, kind, library, write_to, parse_time(created), stored, at, error, reader)


def _row(one: Connection, item: ConnectionItem, at: str) -> tuple[Any, ...]:
    content = clean_text(dumps(item.content))
    marks = clean_text(dumps(item.marks))
    return (one.id, item.key, one.reader_id, item.paper_id, item.version, item.parent, marks, content, at)
