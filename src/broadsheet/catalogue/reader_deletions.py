"""What a reader deletes beside papers, and has back: collections, saved searches, groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.database import fetch, insert, stored_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import dumps
from broadsheet.catalogue.redirects import follow
from broadsheet.catalogue.statements import collections, groups, harvest, readers, saved_searches
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadsheet.catalogue.saved_searches import SavedSearch

__all__ = ["OF_A_READER", "insert_deletion", "record_collection", "record_group", "record_search"]


def insert_deletion(connection: Connection, at: str, kind: str, label: str, count: int, content: str) -> int:
    """Store a deletion; returns its number."""
    row = {"at": at, "kind": kind, "label": label, "papers": count, "content": content}
    return int(connection.execute(harvest.ADD_DELETION, row).lastrowid)


def record_collection(connection: Connection, collection_id: int, at: str) -> int:
    """Store a collection and its papers before it is deleted; returns the deletion's number."""
    reader_id, name, created_at, sections, link_key = fetch(connection, sql.COLLECTION, collection_id=collection_id)[0]
    content = {
        **{"reader": reader_id, "name": name, "created_at": created_at, "sections": sections, "link_key": link_key},
        "papers": fetch(connection, sql.COLLECTION_PAPERS, collection_id=collection_id),
        "members": fetch(connection, sql.LIST_SHARES, collection_id=collection_id),
        "groups": fetch(connection, sql.LIST_GROUP_SHARES, collection_id=collection_id),
    }
    return insert_deletion(connection, at, "collection", name, 0, dumps(content))


def record_search(connection: Connection, reader_id: int, saved: SavedSearch, at: str) -> int:
    """Store a saved search before it is deleted; returns the deletion's number."""
    times = {"created_at": stored_time(saved.created_at), "seen_at": stored_time(saved.seen_at)}
    row = {"id": saved.id, "name": saved.name, "search": dumps(saved.search), **times, "seen_paper": saved.seen_paper}
    return insert_deletion(connection, at, "search", saved.name, 0, dumps({"reader": reader_id, "row": row}))


def record_group(connection: Connection, reader_id: int, group_id: int, at: str) -> int:
    """Note that a reader deletes a group, whose rows stay until it is deleted for good; returns the number.

    Administrators read the list of deletions: it does not say what the group is called.
    """
    content = dumps({"reader": reader_id, "group": group_id})
    return insert_deletion(connection, at, "group", f"group {group_id}", 0, content)


def _restore_collection(connection: Connection, record: dict[str, Any]) -> None:
    _require_reader(connection, record["reader"], f"collection {record['name']!r}")
    insert(connection, readers.ADD_COLLECTION, [(record["reader"], record["name"], record["created_at"])])
    number = fetch(connection, sql.COLLECTION_ID, reader_id=record["reader"], name=record["name"])[0][0]
    live = follow(connection, [paper_id for paper_id, *_ in record["papers"]])
    places = [
        (paper_id, *place) if len(place) > 1 else (paper_id, *place, 0, "", "")  # of version 6, without a place
        for paper_id, *place in record["papers"]
    ]
    insert(connection, readers.ADD_TO_COLLECTION, [(number, live[p], *place) for p, *place in places if p in live])
    if "sections" in record:
        _restore_sharing(connection, number, record)


def _restore_sharing(connection: Connection, number: int, record: dict[str, Any]) -> None:
    """The sections, the link, and those members and groups that are still there."""
    change = {"of_collection": number, "sections": record["sections"], "link_key": record["link_key"]}
    connection.execute(collections.CHANGE_LIST, change)
    for name, query, into in (
        ("members", sql.READER_IDS, collections.ADD_LIST_MEMBER),
        ("groups", sql.GROUP_IDS, collections.ADD_LIST_GROUP),
    ):
        there = {one for (one,) in fetch(connection, query)}
        insert(connection, into, [(number, *share) for share in record[name] if share[0] in there])


def _restore_search(connection: Connection, record: dict[str, Any]) -> None:
    name = record["row"]["name"]
    _require_reader(connection, record["reader"], f"search {name!r}")
    if any(row[1] == name for row in fetch(connection, sql.SAVED_SEARCHES, reader_id=record["reader"])):
        raise UsageError(f"there is another saved search named {name!r} now; rename it first")
    connection.execute(saved_searches.ADD_SAVED_SEARCH, {"reader_id": record["reader"], **record["row"]})


def _require_reader(connection: Connection, reader_id: int, thing: str) -> None:
    if not fetch(connection, sql.LAST_EVENT_OF_READER, reader_id=reader_id):
        raise UsageError(f"the reader of the {thing} is gone")


def _restore_group(connection: Connection, record: dict[str, Any]) -> None:
    connection.execute(groups.CHANGE_GROUP, {"of_group": record["group"], "deleted_at": None})


OF_A_READER = {"collection": _restore_collection, "search": _restore_search, "group": _restore_group}
