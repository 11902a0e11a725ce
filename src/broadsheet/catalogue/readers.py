"""Readers and their collections."""

from __future__ import annotations

import difflib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.database import Database, fetch, insert, parse_time
from broadsheet.catalogue.paper_row import clean_text, dumps
from broadsheet.catalogue.redirects import follow
from broadsheet.kit.errors import UnknownPaper, UnknownReader, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Reader"]

_LONGEST = 200  # characters of a name


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who reads here."""

    id: int
    name: str
    created_at: datetime
    settings: dict[str, Any]


def readers(database: Database) -> list[Reader]:
    """All readers, in order of arrival."""
    with database.read() as connection:
        rows = fetch(connection, "SELECT id, name, created_at, settings FROM readers ORDER BY id")
    return [_reader(row) for row in rows]


def reader(database: Database, name: str, *, create: bool) -> Reader:
    """The reader of this name, made if asked. Raises UnknownReader with the nearest names, UsageError if empty."""
    name = _name(name, "reader")
    sql = "SELECT id, name, created_at, settings FROM readers WHERE name = ?"
    with database.read() as connection:
        found = fetch(connection, sql, name)
    if not found and not create:
        raise _unknown(database, name)
    if not found:
        with database.write() as connection:
            row = (name, database.now(), "{}")
            insert(connection, "INSERT OR IGNORE INTO readers (name, created_at, settings)", 3, [row])
            found = fetch(connection, sql, name)
    return _reader(found[0])


def save_settings(database: Database, name: str, settings: Mapping[str, Any]) -> None:
    """Replace a reader's settings (anything JSON can hold). Raises UnknownReader."""
    with database.write() as connection:
        sql = "UPDATE readers SET settings = ? WHERE name = ?"
        changed = connection.exec_driver_sql(sql, (clean_text(dumps(settings)), clean_text(name).strip())).rowcount
    if not changed:
        raise _unknown(database, name)


def delete_reader(database: Database, name: str) -> None:
    """Forget a reader with all events, tags and collections. Raises UnknownReader."""
    with database.write() as connection:
        sql = "DELETE FROM readers WHERE name = ?"
        gone = connection.exec_driver_sql(sql, (clean_text(name).strip(),)).rowcount
    if not gone:
        raise _unknown(database, name)


def create_collection(database: Database, reader_id: int, name: str) -> None:
    """Make an empty collection; one that exists stays as it is. Raises UnknownReader, UsageError."""
    name = _name(name, "collection")
    with database.write() as connection:
        if not fetch(connection, "SELECT 1 FROM readers WHERE id = ?", reader_id):
            raise UnknownReader(f"no reader has the number {reader_id}")
        row = (reader_id, name, database.now())
        insert(connection, "INSERT OR IGNORE INTO collections (reader_id, name, created_at)", 3, [row])


def rename_collection(database: Database, reader_id: int, name: str, to: str) -> None:
    """Give a collection another name. Raises UsageError if there is no such collection, or one of the new name."""
    to = _name(to, "collection")
    with database.write() as connection:
        number = _collection(connection, reader_id, name)
        taken = fetch(connection, "SELECT id FROM collections WHERE reader_id = ? AND name = ?", reader_id, to)
        if taken and taken[0][0] != number:
            raise UsageError(f"there is a collection named {to!r} already")
        connection.exec_driver_sql("UPDATE collections SET name = ? WHERE id = ?", (to, number))


def add_to_collection(database: Database, reader_id: int, name: str, paper_id: int) -> None:
    """Put a paper into a collection; twice is once. Raises UsageError, UnknownPaper."""
    with database.write() as connection:
        number = _collection(connection, reader_id, name)
        found = follow(connection, [paper_id]).get(paper_id)
        if found is None:
            raise UnknownPaper(f"no paper has the number {paper_id}")
        head = "INSERT OR IGNORE INTO collection_papers (collection_id, paper_id, added_at)"
        insert(connection, head, 3, [(number, found, database.now())])


def remove_from_collection(database: Database, reader_id: int, name: str, paper_id: int) -> None:
    """Take a paper out of a collection, if it is in. Raises UsageError if there is no such collection."""
    with database.write() as connection:
        key = (_collection(connection, reader_id, name), paper_id)
        connection.exec_driver_sql("DELETE FROM collection_papers WHERE collection_id = ? AND paper_id = ?", key)


def delete_collection(database: Database, reader_id: int, name: str) -> int:
    """Delete a collection; its papers stay. What restores it: the deletion's number. Raises UsageError if there is
    no such collection."""
    with database.write() as connection:
        number = _collection(connection, reader_id, name)
        from broadsheet.catalogue.deletion import keep_collection  # here: what only reads does not need it

        deletion = keep_collection(connection, number, database.now())
        connection.exec_driver_sql("DELETE FROM collections WHERE id = ?", (number,))
    return deletion


def collections(database: Database, reader_id: int) -> dict[str, tuple[int, ...]]:
    """Name to paper numbers in the order they were put in; names in alphabetical order."""
    with database.read() as connection:
        rows = fetch(
            connection,
            "SELECT c.name, p.paper_id FROM collections c LEFT JOIN collection_papers p ON p.collection_id = c.id "
            "WHERE c.reader_id = ? ORDER BY c.name, p.added_at, p.paper_id",
            reader_id,
        )
    found: dict[str, list[int]] = defaultdict(list)
    for name, paper_id in rows:
        found[name] += [] if paper_id is None else [paper_id]
    return {name: tuple(papers) for name, papers in found.items()}


def _reader(row: Sequence[Any]) -> Reader:
    return Reader(row[0], row[1], parse_time(row[2]), json.loads(row[3]))


def _name(text: str, what: str) -> str:
    name = clean_text(text).strip()
    if not 0 < len(name) <= _LONGEST:
        raise UsageError(f"the name of a {what} has 1 to {_LONGEST} characters, not {len(name)}")
    return name


def _unknown(database: Database, name: str) -> UnknownReader:
    names = [known.name for known in readers(database)]
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.4) or names[:5]
    return UnknownReader(f"no reader named {name!r}; there are {', '.join(near) if near else 'none yet'}")


def _collection(connection: Connection, reader_id: int, name: str) -> int:
    name = clean_text(name).strip()
    found = fetch(connection, "SELECT id FROM collections WHERE reader_id = ? AND name = ?", reader_id, name)
    if not found:
        raise UsageError(f"no collection named {name!r}; create it first")
    return int(found[0][0])
