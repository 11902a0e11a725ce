"""Deletions that can be undone: of papers, of the papers of an import, of collections, of saved searches.

A deletion stores every row that it deletes. A restored paper gets a new number and its old number is redirected there;
its records, earlier contents and its readers' actions are restored with it. While a paper is deleted, its source ids
and identifiers stay in `tombstones`, so that the next sync does not add it again.
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
from broadsheet.catalogue.dedup.merge_community_rows import forget_rows, move_rows
from broadsheet.catalogue.dedup.merge_sources import is_provider
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import dumps
from broadsheet.catalogue.reader_deletions import OF_A_READER, insert_deletion
from broadsheet.catalogue.redirects import add_redirects, follow
from broadsheet.catalogue.statements import groups, harvest, papers, readers
from broadsheet.kit.errors import UnknownPaper, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = [
    "Deletion",
    "delete",
    "delete_live",
    "deleted_positions",
    "deletions",
    "owner",
    "purge",
    "restore",
]

_SOURCE_ID_SCHEME = "key\x1f"  # followed by the source's name: the scheme of a source id in `tombstones`
_TABLES = (  # the tables with rows of a paper, in the order in which a restore fills them
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
_RENUMBERED = frozenset({"source_records", "merges"})  # restored rows get new ids


@dataclass(frozen=True, slots=True)
class Deletion:
    """Something that was deleted and can be restored."""

    id: int
    at: datetime
    kind: str  # paper | import | collection | search | group
    label: str  # the first title and a count, the import, or the name of the collection or search, or the group
    papers: int  # number of papers deleted
    restored: bool


def delete(database: Database, paper_ids: Sequence[int]) -> int:
    """Delete papers and all rows that belong to them; returns the deletion's number. Raises UnknownPaper."""
    with database.write() as connection:
        live = follow(connection, paper_ids)
        if missing := [number for number in paper_ids if live.get(number) != number]:
            raise UnknownPaper(f"no paper has the number {missing[0]}; look it up with `broadsheet search`")
        return delete_live(connection, sorted(live), "paper", database.now())


def delete_live(connection: Connection, paper_ids: Sequence[int], kind: str, at: str, label: str = "") -> int:
    """Delete existing papers inside a transaction; returns the deletion's number."""
    ids = in_list(paper_ids)
    tables = {table: _rows_of_papers(connection, table, ids) for table in _TABLES}
    titles = [row["title"] for row in tables["papers"]]
    if titles and not label:
        label = titles[0][:200] + (f" and {len(titles) - 1:,} more" if len(titles) > 1 else "")
    content = dumps({"papers": list(paper_ids), "tables": tables})
    number = insert_deletion(connection, at, kind, label, len(titles), content)
    names = [(scheme, value, number, title) for scheme, value, title in _deleted_names(tables, files=kind == "paper")]
    insert(connection, harvest.ADD_TOMBSTONES, names)
    connection.execute(papers.DELETE_PAPERS, {"ids": ids})
    log_changes(connection, [(paper_id, "delete") for paper_id in paper_ids])
    return number


def owner(database: Database, deletion_id: int) -> tuple[str, int] | None:
    """(kind, reader) where a reader's collection or search was deleted; None for papers and for what is not there."""
    with database.read() as connection:
        rows = fetch(connection, sql.DELETION_OWNER, deletion_id=deletion_id)
    return (rows[0][0], rows[0][1]) if rows else None


def deletions(database: Database, limit: int = 200) -> list[Deletion]:
    """All deletions, newest first."""
    with database.read() as connection:
        rows = fetch(connection, sql.DELETIONS, most=limit)
    return [
        Deletion(number, parse_time(at), kind, label, count, restored is not None)
        for number, at, kind, label, count, restored in rows
    ]


def restore(database: Database, deletion_id: int) -> list[int]:
    """Restore what a deletion deleted; returns the new numbers of its papers. Raises UsageError."""
    with database.write() as connection:
        rows = fetch(connection, sql.DELETION, deletion_id=deletion_id)
        if not rows:
            raise UsageError(f"no deletion has the number {deletion_id}; `broadsheet trash` lists them")
        kind, content, restored = rows[0]
        if restored:
            raise UsageError(f"deletion {deletion_id} was restored already")
        record = json.loads(content)
        numbers = []
        if kind in OF_A_READER:
            OF_A_READER[kind](connection, record)
        else:
            numbers = _restore_papers(connection, record)
        connection.execute(
            harvest.NOTE_DELETION_RESTORED, {"number": deletion_id, "restored_at": database.now(), "content": ""}
        )
        connection.execute(harvest.FORGET_TOMBSTONES_OF, {"of_deletion": deletion_id})
        connection.execute(harvest.NOTE_RESTORED, {"number": deletion_id})
    return numbers


def purge(database: Database, deletion_id: int | None = None) -> int:
    """Drop one deletion, or all, for good; a sync may then add the papers again. Returns the number of deletions."""
    with database.write() as connection:
        rows = fetch(connection, sql.DELETED_PAPER_IDS)
        lost = [json.loads(ids) for number, ids in rows if ids and deletion_id in (None, number)]
        forget_rows(connection, [paper_id for ids in lost for paper_id in ids])
        groups_ = [group_id for (group_id,) in fetch(connection, sql.DELETED_GROUPS, number=deletion_id or 0)]
        connection.execute(groups.FORGET_GROUPS, {"ids": in_list(groups_)})
        if deletion_id is None:
            return connection.execute(harvest.PURGE).rowcount
        return connection.execute(harvest.PURGE_ONE, {"number": deletion_id}).rowcount


def deleted_positions(connection: Connection, items: Sequence[Item], *, again: bool) -> set[int]:
    """The positions of the items that belong to deleted papers.

    With `again` their tombstones are removed and the result is empty, so that the items are added.
    """
    if not fetch(connection, sql.ANY_TOMBSTONE):
        return set()
    values_by_scheme: dict[str, set[str]] = defaultdict(set)
    for item in items:
        for scheme, value in _item_names(item):
            values_by_scheme[scheme].add(value)
    deleted_titles: dict[tuple[str, str], set[str]] = {}
    for scheme, values in values_by_scheme.items():
        for value, title in fetch(connection, sql.TOMBSTONES, scheme=scheme, values=in_list(values)):
            deleted_titles.setdefault((scheme, value), set()).add(title)
    positions: set[int] = set()
    for position, item in enumerate(items):
        for name in _item_names(item):
            titles = deleted_titles.get(name, set())
            # Two files may use the same key for different papers: there the title must match too.
            is_unique = not name[0].startswith(_SOURCE_ID_SCHEME) or is_provider(item.source)
            if titles and (is_unique or item.data["title"] in titles):
                positions.add(position)
    if again:
        names = sorted({name for position in positions for name in _item_names(items[position])})
        if names:
            rows = [{"of_scheme": scheme, "of_value": value} for scheme, value in names]
            connection.execute(harvest.FORGET_TOMBSTONES, rows)
        return set()
    return positions


def _item_names(item: Item) -> list[tuple[str, str]]:
    return [(_SOURCE_ID_SCHEME + item.source, item.source_id), *item.ids.items()]


def _deleted_names(tables: dict[str, list[dict[str, Any]]], *, files: bool) -> list[tuple[str, str, str]]:
    """(scheme, value, title) of the deleted papers' source ids and identifiers, by which a sync would add them again.

    Papers that come from files only are left out unless `files`.
    """
    titles = {row["id"]: row["title"] for row in tables["papers"]}
    owners = {row["paper_id"] for row in tables["source_records"] if files or is_provider(row["source"])}
    names = [
        (_SOURCE_ID_SCHEME + row["source"], row["source_id"], titles[row["paper_id"]])
        for row in tables["source_records"]
        if row["paper_id"] in owners
    ]
    names += [
        (row["scheme"], row["value"], titles[row["paper_id"]])
        for row in tables["identifiers"]
        if row["paper_id"] in owners
    ]
    return names


def _rows_of_papers(connection: Connection, table: str, ids: str) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(harvest.rows_of(table), {"ids": ids}).mappings()]


def _restore_papers(connection: Connection, record: dict[str, Any]) -> list[int]:
    tables = record["tables"]
    for row in tables["identifiers"]:
        if owners := fetch(connection, sql.IDENTIFIER, scheme=row["scheme"], value=row["value"]):
            raise UsageError(f"{row['scheme']} {row['value']} is in the library again, as paper {owners[0][0]}")
    first = next_id(connection, "papers")
    new_ids = {old: first + offset for offset, old in enumerate(sorted(record["papers"]))}
    for table in _TABLES:
        _insert_rows(connection, table, tables[table], new_ids)
    moves = [{"new_id": new, "old_id": old} for old, new in new_ids.items()]
    if moves:
        connection.execute(readers.MOVE_EVENTS, moves)
    move_rows(connection, new_ids)
    add_redirects(connection, list(new_ids.items()))
    log_changes(connection, [(new, "add") for new in new_ids.values()])
    return list(new_ids.values())


def _insert_rows(connection: Connection, table: str, rows: Sequence[dict[str, Any]], new_ids: dict[int, int]) -> None:
    if not rows:
        return
    key = "id" if table == "papers" else "paper_id"
    columns = tuple(column for column in rows[0] if not (table in _RENUMBERED and column == "id"))
    values = [tuple(new_ids[row[key]] if column == key else row[column] for column in columns) for row in rows]
    # Rows of readers, collections and people that were deleted in the meantime are dropped.
    parents = {"reader_id": sql.READER_IDS, "collection_id": sql.COLLECTION_IDS, "person_id": sql.PERSON_IDS}
    for column, query in parents.items():
        if column in columns:
            existing = {number for (number,) in fetch(connection, query)}
            column_index = columns.index(column)
            values = [row for row in values if row[column_index] in existing]
    insert(connection, harvest.rows_into(table, columns), values)
