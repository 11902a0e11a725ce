"""Deleting so that it can be undone: papers, what an import brought, collections.

What a deletion takes out is kept, row by row, with the deletion. A restored paper gets a new number, to which the old
one leads, and back come its records, earlier contents, and what readers did with it. While a paper is deleted its
names stay known, so that the next sync does not bring it back.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.change_log import log_changes
from broadsheet.catalogue.database import Database, fetch, in_list, insert, next_id, parse_time
from broadsheet.catalogue.dedup.matching import Item
from broadsheet.catalogue.dedup.merge_sources import is_provider
from broadsheet.catalogue.paper_row import dumps
from broadsheet.catalogue.redirects import follow, leave
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
    insert(connection, "INSERT OR IGNORE INTO tombstones (scheme, value, deletion_id, title)", 4, names)
    connection.exec_driver_sql("DELETE FROM papers WHERE id IN (SELECT value FROM json_each(?))", (wanted,))
    log_changes(connection, [(paper_id, "delete") for paper_id in paper_ids])
    return number


def keep_collection(connection: Connection, collection_id: int, at: str) -> int:
    """Note a collection and its papers before it is deleted; the deletion's number."""
    sql = "SELECT reader_id, name, created_at FROM collections WHERE id = ?"
    reader_id, name, created_at = fetch(connection, sql, collection_id)[0]
    sql = "SELECT paper_id, added_at FROM collection_papers WHERE collection_id = ?"
    papers = fetch(connection, sql, collection_id)
    content = {"reader": reader_id, "name": name, "created_at": created_at, "papers": papers}
    return _insert(connection, at, "collection", name, 0, dumps(content))


def deletions(database: Database, limit: int = 200) -> list[Deletion]:
    """What was deleted, newest first."""
    with database.read() as connection:
        sql = "SELECT id, at, kind, label, papers, restored_at FROM deletions ORDER BY id DESC LIMIT ?"
        rows = fetch(connection, sql, limit)
    return [
        Deletion(number, parse_time(at), kind, label, papers, restored is not None)
        for number, at, kind, label, papers, restored in rows
    ]


def restore(database: Database, deletion_id: int) -> list[int]:
    """Bring back what a deletion took out; the numbers its papers have now. Raises UsageError."""
    with database.write() as connection:
        found = fetch(connection, "SELECT kind, content, restored_at FROM deletions WHERE id = ?", deletion_id)
        if not found:
            raise UsageError(f"no deletion has the number {deletion_id}; `broadsheet trash` lists them")
        kind, content, restored = found[0]
        if restored:
            raise UsageError(f"deletion {deletion_id} was restored already")
        held = json.loads(content)
        numbers = [] if kind == "collection" else _bring_back(connection, held)
        if kind == "collection":
            _bring_collection(connection, held)
        sql = "UPDATE deletions SET restored_at = ?, content = '' WHERE id = ?"
        connection.exec_driver_sql(sql, (database.now(), deletion_id))
        connection.exec_driver_sql("DELETE FROM tombstones WHERE deletion_id = ?", (deletion_id,))
        connection.exec_driver_sql("UPDATE imports SET undone = NULL WHERE undone = ?", (deletion_id,))
    return numbers


def purge(database: Database, deletion_id: int | None = None) -> int:
    """Forget what was deleted, for good; a sync may bring its papers again. How many deletions there were."""
    with database.write() as connection:
        where = "restored_at IS NULL" + ("" if deletion_id is None else " AND id = ?")
        given = () if deletion_id is None else (deletion_id,)
        return connection.exec_driver_sql(f"DELETE FROM deletions WHERE {where}", given).rowcount


def remembered(connection: Connection, items: Sequence[Item], *, again: bool) -> set[int]:
    """Places of the items that are of deleted papers; with `again` these are forgotten, and nothing is held back."""
    if not fetch(connection, "SELECT 1 FROM tombstones LIMIT 1"):
        return set()
    wanted = {name for item in items for name in _names_of(item)}
    sql = (
        "SELECT t.scheme, t.value, t.title FROM json_each(?) j CROSS JOIN tombstones t "
        "ON t.scheme = j.value ->> 0 AND t.value = j.value ->> 1"
    )
    known: dict[tuple[str, str], set[str]] = {}
    for scheme, value, title in fetch(connection, sql, in_list(sorted(wanted))):
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
        connection.exec_driver_sql("DELETE FROM tombstones WHERE scheme = ? AND value = ?", gone) if gone else None
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
    columns = [row[1] for row in fetch(connection, f"PRAGMA table_info({table})")]
    key = "id" if table == "papers" else "paper_id"
    order = " ORDER BY id" if table in _OWN_KEY else ""
    sql = f"SELECT {', '.join(columns)} FROM {table} WHERE {key} IN (SELECT value FROM json_each(?)){order}"
    return [dict(zip(columns, row, strict=True)) for row in fetch(connection, sql, wanted)]


def _insert(connection: Connection, at: str, kind: str, label: str, papers: int, content: str) -> int:
    row = (at, kind, label, papers, content)
    insert(connection, "INSERT INTO deletions (at, kind, label, papers, content)", 5, [row])
    return int(fetch(connection, "SELECT max(id) FROM deletions")[0][0])


def _bring_back(connection: Connection, held: dict[str, Any]) -> list[int]:
    tables = held["tables"]
    for row in tables["identifiers"]:
        sql = "SELECT paper_id FROM identifiers WHERE scheme = ? AND value = ?"
        if here := fetch(connection, sql, row["scheme"], row["value"]):
            raise UsageError(f"{row['scheme']} {row['value']} is in the library again, as paper {here[0][0]}")
    first = next_id(connection, "papers")
    heirs = {old: first + place for place, old in enumerate(sorted(held["papers"]))}
    for table in _TABLES:
        _fill(connection, table, tables[table], heirs)
    moved = [(new, old) for old, new in heirs.items()]
    connection.exec_driver_sql("UPDATE events SET paper_id = ? WHERE paper_id = ?", moved)
    leave(connection, list(heirs.items()))
    log_changes(connection, [(new, "add") for new in heirs.values()])
    return list(heirs.values())


def _fill(connection: Connection, table: str, rows: Sequence[dict[str, Any]], heirs: dict[int, int]) -> None:
    if not rows:
        return
    key = "id" if table == "papers" else "paper_id"
    columns = [column for column in rows[0] if not (table in _OWN_KEY and column == "id")]
    values = [tuple(heirs[row[key]] if column == key else row[column] for column in columns) for row in rows]
    # Readers, collections and people may be gone since; what hung on them goes with them.
    parents = {"reader_id": "readers", "collection_id": "collections", "person_id": "people"}
    for column, parent in parents.items():
        if column in columns:
            there = {number for (number,) in fetch(connection, f"SELECT id FROM {parent}")}
            place = columns.index(column)
            values = [row for row in values if row[place] in there]
    insert(connection, f"INSERT OR IGNORE INTO {table} ({', '.join(columns)})", len(columns), values)


def _bring_collection(connection: Connection, held: dict[str, Any]) -> None:
    if not fetch(connection, "SELECT 1 FROM readers WHERE id = ?", held["reader"]):
        raise UsageError(f"the reader of the collection {held['name']!r} is gone")
    row = (held["reader"], held["name"], held["created_at"])
    insert(connection, "INSERT OR IGNORE INTO collections (reader_id, name, created_at)", 3, [row])
    sql = "SELECT id FROM collections WHERE reader_id = ? AND name = ?"
    number = fetch(connection, sql, held["reader"], held["name"])[0][0]
    live = follow(connection, [paper_id for paper_id, _ in held["papers"]])
    rows = [(number, live[paper_id], at) for paper_id, at in held["papers"] if paper_id in live]
    insert(connection, "INSERT OR IGNORE INTO collection_papers (collection_id, paper_id, added_at)", 3, rows)
