"""Deleting so that it can be undone: papers, what an import brought, collections.

What a deletion takes out is kept, row by row, with the deletion. A restored paper gets a new number, to which the old
one leads, and back come its records, earlier contents, and what readers did with it. While a paper is deleted its
names stay known, so that the next sync does not bring it back.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.change_log import log_changes
from broadsheet.catalogue.database import Database, fetch, in_list, insert, next_id, parse_time
from broadsheet.catalogue.dedup.items import Item
from broadsheet.catalogue.dedup.merge_sources import is_provider
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import dumps
from broadsheet.catalogue.redirects import follow, leave
from broadsheet.catalogue.statements import harvest, papers, readers
from broadsheet.kit.errors import UnknownPaper, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Deletion", "delete", "deletions", "keep_collection", "purge", "remembered", "restore", "take_out"]

_KEYED = "key\x1f"  # before a source's name among the schemes of `tombstones`
_TABLES = (  # of a paper, in the order in which they can be filled again
    "papers",
    "source_records",
    "identifiers",
    "versions",
    "title_grams",
    "merges",
    "kept_apart",
    "authorships",
    "authorship_affiliations",
    "reader_papers",
    "reader_days",
    "reader_tags",
    "collection_papers",
)
_OWN_KEY = frozenset({"source_records", "merges"})  # their rows get new numbers


@dataclass(frozen=True, slots=True)
class Deletion:
    """Something that was deleted and can be restored."""

    id: int
    at: datetime
    kind: str  # paper | import | collection
    label: str  # titles, or the name
    papers: int  # how many papers it took out
    restored: bool


def delete(database: Database, paper_ids: Sequence[int]) -> int:
    """Take papers out with all that hangs on them; the deletion's number. Raises UnknownPaper."""
    with database.write() as connection:
        live = follow(connection, paper_ids)
        if missing := [number for number in paper_ids if live.get(number) != number]:
            raise UnknownPaper(f"no paper has the number {missing[0]}; look it up with `broadsheet search`")
        return take_out(connection, sorted(live), "paper", database.now())


def take_out(connection: Connection, paper_ids: Sequence[int], kind: str, at: str, label: str = "") -> int:
    """Delete papers inside a transaction; returns the deletion's number."""
    wanted = in_list(paper_ids)
    kept = {table: _rows(connection, table, wanted) for table in _TABLES}
    titles = [row["title"] for row in kept["papers"]]
    shown = label or (titles[0][:200] + (f" and {len(titles) - 1:,} more" if len(titles) > 1 else "") if titles else "")
    content = dumps({"papers": list(paper_ids), "tables": kept})
    number = _insert(connection, at, kind, shown, len(titles), content)
    names = [(scheme, value, number, title) for scheme, value, title in _names(kept, files=kind == "paper")]
    insert(connection, harvest.ADD_TOMBSTONES, names)
    connection.execute(papers.DELETE_PAPERS, {"ids": wanted})
    log_changes(connection, [(paper_id, "delete") for paper_id in paper_ids])
    return number


def keep_collection(connection: Connection, collection_id: int, at: str) -> int:
    """Note a collection and its papers before it is deleted; the deletion's number."""
    reader_id, name, created_at = fetch(connection, sql.COLLECTION, collection_id=collection_id)[0]
    rows = fetch(connection, sql.COLLECTION_PAPERS, collection_id=collection_id)
    content = {"reader": reader_id, "name": name, "created_at": created_at, "papers": rows}
    return _insert(connection, at, "collection", name, 0, dumps(content))


def deletions(database: Database, limit: int = 200) -> list[Deletion]:
    """What was deleted, newest first."""
    with database.read() as connection:
        rows = fetch(connection, sql.DELETIONS, most=limit)
    return [
        Deletion(number, parse_time(at), kind, label, count, restored is not None)
        for number, at, kind, label, count, restored in rows
    ]


def restore(database: Database, deletion_id: int) -> list[int]:
    """Bring back what a deletion took out; the numbers its papers have now. Raises UsageError."""
    with database.write() as connection:
        found = fetch(connection, sql.DELETION, deletion_id=deletion_id)
        if not found:
            raise UsageError(f"no deletion has the number {deletion_id}; `broadsheet trash` lists them")
        kind, content, restored = found[0]
        if restored:
            raise UsageError(f"deletion {deletion_id} was restored already")
        held = json.loads(content)
        numbers = [] if kind == "collection" else _bring_back(connection, held)
        if kind == "collection":
            _bring_collection(connection, held)
        connection.execute(
            harvest.NOTE_DELETION_RESTORED, {"number": deletion_id, "restored_at": database.now(), "content": ""}
        )
        connection.execute(harvest.FORGET_TOMBSTONES_OF, {"of_deletion": deletion_id})
        connection.execute(harvest.NOTE_RESTORED, {"number": deletion_id})
    return numbers


def purge(database: Database, deletion_id: int | None = None) -> int:
    """Forget what was deleted, for good; a sync may bring its papers again. How many deletions there were."""
    with database.write() as connection:
        if deletion_id is None:
            return connection.execute(harvest.PURGE).rowcount
        return connection.execute(harvest.PURGE_ONE, {"number": deletion_id}).rowcount


def remembered(connection: Connection, items: Sequence[Item], *, again: bool) -> set[int]:
    """Places of the items that are of deleted papers; with `again` these are forgotten, and nothing is held back."""
    if not fetch(connection, sql.ANY_TOMBSTONE):
        return set()
    wanted: dict[str, set[str]] = defaultdict(set)
    for item in items:
        for scheme, value in _names_of(item):
            wanted[scheme].add(value)
    known: dict[tuple[str, str], set[str]] = {}
    for scheme, values in wanted.items():
        for value, title in fetch(connection, sql.TOMBSTONES, scheme=scheme, values=in_list(values)):
            known.setdefault((scheme, value), set()).add(title)
    held: set[int] = set()
    for place, item in enumerate(items):
        for name in _names_of(item):
            titles = known.get(name, set())
            # A file's key is another file's too: there the title must be the one that was deleted.
            if titles and (not name[0].startswith(_KEYED) or is_provider(item.source) or item.data["title"] in titles):
                held.add(place)
    if again:
        gone = sorted({name for place in held for name in _names_of(items[place])})
        if gone:
            rows = [{"of_scheme": scheme, "of_value": value} for scheme, value in gone]
            connection.execute(harvest.FORGET_TOMBSTONES, rows)
        return set()
    return held


def _names_of(item: Item) -> list[tuple[str, str]]:
    return [(_KEYED + item.source, item.source_id), *item.ids.items()]


def _names(kept: dict[str, list[dict[str, Any]]], *, files: bool) -> list[tuple[str, str, str]]:
    """(scheme, value, title) under which the deleted papers would come back; a file's only if it was deleted itself."""
    titles = {row["id"]: row["title"] for row in kept["papers"]}
    owners = {row["paper_id"] for row in kept["source_records"] if files or is_provider(row["source"])}
    named = [
        (_KEYED + row["source"], row["source_id"], titles[row["paper_id"]])
        for row in kept["source_records"]
        if row["paper_id"] in owners
    ]
    named += [
        (row["scheme"], row["value"], titles[row["paper_id"]])
        for row in kept["identifiers"]
        if row["paper_id"] in owners
    ]
    return named


def _rows(connection: Connection, table: str, wanted: str) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(harvest.rows_of(table), {"ids": wanted}).mappings()]


def _insert(connection: Connection, at: str, kind: str, label: str, count: int, content: str) -> int:
    row = {"at": at, "kind": kind, "label": label, "papers": count, "content": content}
    return int(connection.execute(harvest.ADD_DELETION, row).lastrowid)


def _bring_back(connection: Connection, held: dict[str, Any]) -> list[int]:
    tables = held["tables"]
    for row in tables["identifiers"]:
        if here := fetch(connection, sql.IDENTIFIER, scheme=row["scheme"], value=row["value"]):
            raise UsageError(f"{row['scheme']} {row['value']} is in the library again, as paper {here[0][0]}")
    first = next_id(connection, "papers")
    new_ids = {old: first + place for place, old in enumerate(sorted(held["papers"]))}
    for table in _TABLES:
        _fill(connection, table, tables[table], new_ids)
    moved = [{"new_id": new, "old_id": old} for old, new in new_ids.items()]
    if moved:
        connection.execute(readers.MOVE_EVENTS, moved)
    leave(connection, list(new_ids.items()))
    log_changes(connection, [(new, "add") for new in new_ids.values()])
    return list(new_ids.values())


def _fill(connection: Connection, table: str, rows: Sequence[dict[str, Any]], new_ids: dict[int, int]) -> None:
    if not rows:
        return
    key = "id" if table == "papers" else "paper_id"
    columns = tuple(column for column in rows[0] if not (table in _OWN_KEY and column == "id"))
    values = [tuple(new_ids[row[key]] if column == key else row[column] for column in columns) for row in rows]
    # Readers, collections and people may be gone since; what hung on them goes with them.
    parents = {"reader_id": sql.READER_IDS, "collection_id": sql.COLLECTION_IDS, "person_id": sql.PERSON_IDS}
    for column, query in parents.items():
        if column in columns:
            there = {number for (number,) in fetch(connection, query)}
            place = columns.index(column)
            values = [row for row in values if row[place] in there]
    insert(connection, harvest.rows_into(table, columns), values)


def _bring_collection(connection: Connection, held: dict[str, Any]) -> None:
    if not fetch(connection, sql.LAST_EVENT_OF_READER, reader_id=held["reader"]):
        raise UsageError(f"the reader of the collection {held['name']!r} is gone")
    insert(connection, readers.ADD_COLLECTION, [(held["reader"], held["name"], held["created_at"])])
    number = fetch(connection, sql.COLLECTION_ID, reader_id=held["reader"], name=held["name"])[0][0]
    live = follow(connection, [paper_id for paper_id, _ in held["papers"]])
    rows = [(number, live[paper_id], at) for paper_id, at in held["papers"] if paper_id in live]
    insert(connection, readers.ADD_TO_COLLECTION, rows)
