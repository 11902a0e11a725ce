"""Readers and their collections."""

from __future__ import annotations

import difflib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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

    from broadsheet.catalogue.statements import alerts, exchange, experiments, paper_changes, saved_searches, steering
    from broadsheet.catalogue.statements import connections as connected
    from broadsheet.catalogue.statements import readers as statements
else:  # what only reads does not load SQLAlchemy
    alerts, experiments, paper_changes, saved_searches, statements, steering, connected, exchange = lazy(
        *("broadsheet.catalogue.statements", "alerts", "experiments", "paper_changes", "saved_searches", "readers"),
        *("steering", "connections", "exchange"),
    )

__all__ = ["Reader", "collect_in", "name_of"]

_LONGEST = 200  # characters of a name


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader: a person with their own page, saved papers and collections."""

    id: int
    name: str
    created_at: datetime
    settings: dict[str, Any]


def readers(database: Database) -> list[Reader]:
    """All readers, oldest first."""
    with database.read() as connection:
        rows = fetch(connection, sql.READERS)
    return [_reader(row) for row in rows]


def reader(database: Database, name: str, *, create: bool) -> Reader:
    """The reader of this name; `create` adds a missing one.

    Raises UnknownReader with the nearest names, UsageError for an empty name.
    """
    name = name_of(name, "reader")
    with database.read() as connection:
        rows = fetch(connection, sql.READER, name=name)
    if not rows and not create:
        raise _unknown(database, name)
    if not rows:
        with database.write() as connection:
            insert(connection, statements.ADD_READER, [(name, database.now(), "{}")])
            rows = fetch(connection, sql.READER, name=name)
    return _reader(rows[0])


def save_settings(database: Database, name: str, settings: Mapping[str, Any]) -> None:
    """Replace a reader's settings (any JSON object). Raises UnknownReader."""
    with database.write() as connection:
        row = {"of_name": clean_text(name).strip(), "settings": clean_text(dumps(settings))}
        count = connection.execute(statements.SAVE_SETTINGS, row).rowcount
    if not count:
        raise _unknown(database, name)


def forget_history(database: Database, reader_id: int) -> None:
    """Delete a reader's events, marks, tags, collections, searches, alerts, interests, mutes and settings."""
    forgetting = (
        *(statements.FORGET_EVENTS, statements.FORGET_PAPERS, statements.FORGET_DAYS_OF_READER),
        *(statements.FORGET_TAGS, statements.FORGET_COLLECTIONS, statements.FORGET_SETTINGS),
        *(saved_searches.FORGET_SAVED_SEARCHES, alerts.FORGET_ALERTS, paper_changes.FORGET_MARKS),
        *(steering.FORGET_INTERESTS, steering.FORGET_MUTES, steering.FORGET_STEERING_CHANGES),
        *(experiments.FORGET_REPLAYS, experiments.FORGET_INTERLEAVINGS),
        *(connected.FORGET_CONNECTIONS, exchange.FORGET_STREAMS, exchange.FORGET_READ_MARKS),
    )
    with database.write() as connection:
        for statement in forgetting:
            connection.execute(statement, {"reader_id": reader_id})


def create_collection(database: Database, reader_id: int, name: str) -> None:
    """Make an empty collection; one that exists stays as it is. Raises UnknownReader, UsageError."""
    name = name_of(name, "collection")
    with database.write() as connection:
        if not fetch(connection, sql.LAST_EVENT_OF_READER, reader_id=reader_id):
            raise UnknownReader(f"no reader has the number {reader_id}")
        insert(connection, statements.ADD_COLLECTION, [(reader_id, name, database.now())])


def rename_collection(database: Database, reader_id: int, name: str, new_name: str) -> None:
    """Give a collection another name. Raises UsageError if there is no such collection, or one of the new name."""
    new_name = name_of(new_name, "collection")
    with database.write() as connection:
        number = _collection(connection, reader_id, name)
        rows = fetch(connection, sql.COLLECTION_ID, reader_id=reader_id, name=new_name)
        if rows and rows[0][0] != number:
            raise UsageError(f"there is a collection named {new_name!r} already")
        connection.execute(statements.RENAME_COLLECTION, {"collection": number, "name": new_name})


def add_to_collection(database: Database, reader_id: int, name: str, paper_id: int) -> None:
    """Add a paper to a collection; one that is in it stays. Raises UsageError, UnknownPaper."""
    with database.write() as connection:
        number = _collection(connection, reader_id, name)
        live_id = follow(connection, [paper_id]).get(paper_id)
        if live_id is None:
            raise UnknownPaper(f"no paper has the number {paper_id}")
        _append(connection, number, [live_id], database.now())


def add_groups(database: Database, reader_id: int, groups: Mapping[str, Sequence[int]]) -> None:
    """Put papers into collections, name → papers; one that is missing is made. Papers that are gone are left out."""
    with database.write() as connection:
        collect_in(connection, reader_id, groups, database.now())


def collect_in(connection: Connection, reader_id: int, groups: Mapping[str, Sequence[int]], at: str) -> None:
    """As `add_groups`, inside a transaction."""
    live = follow(connection, [paper for papers in groups.values() for paper in papers])
    for text, papers in groups.items():
        name = clean_text(text).strip()[:_LONGEST].strip()
        if not name:
            continue
        insert(connection, statements.ADD_COLLECTION, [(reader_id, name, at)])
        number = _collection(connection, reader_id, name)
        _append(connection, number, dict.fromkeys(live[paper] for paper in papers if paper in live), at)


def _append(connection: Connection, number: int, papers: Iterable[int], at: str) -> None:
    """Put papers at the end of a collection; those of one that nobody arranged have no place of their own."""
    last = fetch(connection, sql.LAST_PLACE, collection_id=number)[0][0]
    rows = [(number, paper, at, last + 1 + more if last else 0, "", "") for more, paper in enumerate(papers)]
    insert(connection, statements.ADD_TO_COLLECTION, rows)


def remove_from_collection(database: Database, reader_id: int, name: str, paper_id: int) -> None:
    """Take a paper out of a collection, if it is in. Raises UsageError if there is no such collection."""
    with database.write() as connection:
        key = {"collection": _collection(connection, reader_id, name), "paper": paper_id}
        connection.execute(statements.REMOVE_FROM_COLLECTION, key)


def delete_collection(database: Database, reader_id: int, name: str) -> int:
    """Delete a collection; its papers stay. Returns the number of the deletion, by which it can be restored.

    Raises UsageError if there is no such collection.
    """
    with database.write() as connection:
        number = _collection(connection, reader_id, name)
        from broadsheet.catalogue.reader_deletions import record_collection  # imported here: only writers need it

        deletion = record_collection(connection, number, database.now())
        connection.execute(statements.DELETE_COLLECTION, {"collection": number})
    return deletion


def collections(database: Database, reader_id: int) -> dict[str, tuple[int, ...]]:
    """Name to paper numbers in the order they were put in; names in alphabetical order."""
    with database.read() as connection:
        rows = fetch(connection, sql.COLLECTIONS_OF_READER, reader_id=reader_id)
    paper_ids: dict[str, list[int]] = defaultdict(list)
    for name, paper_id in rows:
        paper_ids[name] += [] if paper_id is None else [paper_id]
    return {name: tuple(papers) for name, papers in paper_ids.items()}


def _reader(row: Sequence[Any]) -> Reader:
    return Reader(row[0], row[1], parse_time(row[2]), json.loads(row[3]))


def name_of(text: str, thing: str) -> str:
    """The name of a thing without what no text has. Raises UsageError for none, or one that is too long."""
    name = clean_text(text).strip()
    if not 0 < len(name) <= _LONGEST:
        raise UsageError(f"the name of a {thing} has 1 to {_LONGEST} characters, not {len(name)}")
    return name


def _unknown(database: Database, name: str) -> UnknownReader:
    names = [reader.name for reader in readers(database)]
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.4) or names[:5]
    return UnknownReader(f"no reader named {name!r}; there are {', '.join(near) if near else 'none yet'}")


def _collection(connection: Connection, reader_id: int, name: str) -> int:
    name = clean_text(name).strip()
    rows = fetch(connection, sql.COLLECTION_ID, reader_id=reader_id, name=name)
    if not rows:
        raise UsageError(f"no collection named {name!r}; create it first")
    return int(rows[0][0])
