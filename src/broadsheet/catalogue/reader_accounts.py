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
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import clean_text, dumps
from broadsheet.catalogue.redirects import follow
from broadsheet.kit.errors import UnknownPaper, UnknownReader, UsageError
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadsheet.catalogue.statements import readers as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "readers")

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
        rows = fetch(connection, sql.READERS)
    return [_reader(row) for row in rows]


def reader(database: Database, name: str, *, create: bool) -> Reader:
    """The reader of this name, made if asked. Raises UnknownReader with the nearest names, UsageError if empty."""
    name = _name(name, "reader")
    with database.read() as connection:
        found = fetch(connection, sql.READER, name=name)
    if not found and not create:
        raise _unknown(database, name)
    if not found:
        with database.write() as connection:
            insert(connection, statements.ADD_READER, [(name, database.now(), "{}")])
            found = fetch(connection, sql.READER, name=name)
    return _reader(found[0])


def save_settings(database: Database, name: str, settings: Mapping[str, Any]) -> None:
    """Replace a reader's settings (anything JSON can hold). Raises UnknownReader."""
    with database.write() as connection:
        row = {"of_name": clean_text(name).strip(), "settings": clean_text(dumps(settings))}
        changed = connection.execute(statements.SAVE_SETTINGS, row).rowcount
    if not changed:
        raise _unknown(database, name)


def delete_reader(database: Database, name: str) -> None:
    """Forget a reader with all events, tags and collections. Raises UnknownReader."""
    with database.write() as connection:
        gone = connection.execute(statements.DELETE_READER, {"of_name": clean_text(name).strip()}).rowcount
    if not gone:
        raise _unknown(database, name)


def create_collection(database: Database, reader_id: int, name: str) -> None:
    """Make an empty collection; one that exists stays as it is. Raises UnknownReader, UsageError."""
    name = _name(name, "collection")
    with database.write() as connection:
        if not fetch(connection, sql.LAST_EVENT_OF_READER, reader_id=reader_id):
            raise UnknownReader(f"no reader has the number {reader_id}")
        insert(connection, statements.ADD_COLLECTION, [(reader_id, name, database.now())])


def rename_collection(database: Database, reader_id: int, name: str, to: str) -> None:
    """Give a collection another name. Raises UsageError if there is no such collection, or one of the new name."""
    to = _name(to, "collection")
    with database.write() as connection:
        number = _collection(connection, reader_id, name)
        taken = fetch(connection, sql.COLLECTION_ID, reader_id=reader_id, name=to)
        if taken and taken[0][0] != number:
            raise UsageError(f"there is a collection named {to!r} already")
        connection.execute(statements.RENAME_COLLECTION, {"collection": number, "name": to})


def add_to_collection(database: Database, reader_id: int, name: str, paper_id: int) -> None:
    """Put a paper into a collection; twice is once. Raises UsageError, UnknownPaper."""
    with database.write() as connection:
        number = _collection(connection, reader_id, name)
        found = follow(connection, [paper_id]).get(paper_id)
        if found is None:
            raise UnknownPaper(f"no paper has the number {paper_id}")
        insert(connection, statements.ADD_TO_COLLECTION, [(number, found, database.now())])


def remove_from_collection(database: Database, reader_id: int, name: str, paper_id: int) -> None:
    """Take a paper out of a collection, if it is in. Raises UsageError if there is no such collection."""
    with database.write() as connection:
        key = {"collection": _collection(connection, reader_id, name), "paper": paper_id}
        connection.execute(statements.REMOVE_FROM_COLLECTION, key)


def delete_collection(database: Database, reader_id: int, name: str) -> int:
    """Delete a collection; its papers stay. What restores it: the deletion's number. Raises UsageError if there is
    no such collection."""
    with database.write() as connection:
        number = _collection(connection, reader_id, name)
        from broadsheet.catalogue.deletion import keep_collection  # here: what only reads does not need it

        deletion = keep_collection(connection, number, database.now())
        connection.execute(statements.DELETE_COLLECTION, {"collection": number})
    return deletion


def collections(database: Database, reader_id: int) -> dict[str, tuple[int, ...]]:
    """Name to paper numbers in the order they were put in; names in alphabetical order."""
    with database.read() as connection:
        rows = fetch(connection, sql.COLLECTIONS_OF_READER, reader_id=reader_id)
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
    found = fetch(connection, sql.COLLECTION_ID, reader_id=reader_id, name=name)
    if not found:
        raise UsageError(f"no collection named {name!r}; create it first")
    return int(found[0][0])
