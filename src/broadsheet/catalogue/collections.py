"""Collections as reading lists: the order of their papers, sections, remarks, and who else may read or edit them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from broadsheet.catalogue.database import Database, Reading, fetch, in_list, insert, parse_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import dumps
from broadsheet.kit.errors import UsageError
from broadsheet.kit.lazy import lazy
from broadsheet.kit.reading_lists import Arrangement, Entry

if TYPE_CHECKING:
    from broadsheet.catalogue.statements import collections as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "collections")

__all__ = ["EDITOR", "OWNER", "READER", "CollectionTable", "StoredCollection"]

READER, EDITOR, OWNER = 0, 1, 2  # rights, each with those before it
MOST_MEMBERS = 200  # of one collection

Edit: TypeAlias = Callable[[Arrangement], Arrangement]


@dataclass(frozen=True, slots=True)
class StoredCollection:
    """A collection, without its papers."""

    id: int
    reader_id: int
    owner: str
    name: str
    created_at: datetime
    sections: tuple[str, ...]
    link_key: str  # "": there is no link


class CollectionTable:
    """The collections of a catalogue, by number."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Reading ----------------------------------------------------------------------------------------------------

    def rights(self, reader_id: int) -> dict[int, int]:
        """Every collection that a reader may read → the right: READER, EDITOR or OWNER."""
        rights: dict[int, int] = {}
        with self._database.read() as connection:
            for number, right in fetch(connection, sql.LIST_RIGHTS, reader_id=reader_id):
                rights[number] = max(right, rights.get(number, READER))
        return rights

    def get(self, ids: Collection[int]) -> list[StoredCollection]:
        """The collections of these numbers that exist, by name."""
        with self._database.read() as connection:
            return [_collection(row) for row in fetch(connection, sql.READING_LISTS, ids=in_list(set(ids)))]

    def of_key(self, link_key: str) -> StoredCollection | None:
        """The collection that a link opens."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.READING_LIST_OF_KEY, link_key=link_key)
        return _collection(rows[0]) if rows else None

    def number(self, reader_id: int, name: str) -> int | None:
        """The number of a reader's own collection."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.COLLECTION_ID, reader_id=reader_id, name=name)
        return int(rows[0][0]) if rows else None

    def arrangement(self, number: int) -> Arrangement:
        """The papers of a collection in their order. Raises UsageError if there is none of this number."""
        with self._database.read() as connection:
            return _arrangement(connection, number)

    def sizes(self, ids: Collection[int]) -> dict[int, int]:
        """The papers in each of these collections; empty ones are left out."""
        with self._database.read() as connection:
            return dict(fetch(connection, sql.LIST_SIZES, ids=in_list(set(ids))))

    def holding(self, ids: Collection[int]) -> list[tuple[int, int]]:
        """(collection, paper) of everything in these collections."""
        with self._database.read() as connection:
            return list(fetch(connection, sql.LISTS_HOLDING, ids=in_list(set(ids))))

    def members(self, number: int) -> list[tuple[str, bool]]:
        """The readers whom a collection is shared with: (name, may edit)."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.LIST_MEMBERS, collection_id=number)
        return [(name, bool(edits)) for name, edits in rows]

    def groups(self, number: int) -> list[tuple[int, str, bool]]:
        """The groups that a collection is shared with: (number, name, may edit)."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.LIST_GROUPS, collection_id=number)
        return [(group, name, bool(edits)) for group, name, edits in rows]

    def of_group(self, group_id: int) -> list[int]:
        """The collections that are shared with a group, the first shared first."""
        with self._database.read() as connection:
            return [number for number, _ in fetch(connection, sql.LISTS_OF_GROUP, group_id=group_id)]

    # Writing ----------------------------------------------------------------------------------------------------

    def arrange(self, number: int, edit: Edit) -> None:
        """Replace order, sections and remarks by what `edit` makes of them, in one transaction."""
        with self._database.write() as connection:
            before = _arrangement(connection, number)
            after = edit(before)
            rows = [
                {"of_collection": number, "of_paper": e.paper_id, "place": at, "heading": e.section, "line": e.remark}
                for at, e in enumerate(after.entries, 1)
            ]
            if rows:
                connection.execute(statements.ARRANGE, rows)
            if after.sections != before.sections:
                change = {"of_collection": number, "sections": dumps(list(after.sections))}
                connection.execute(statements.CHANGE_LIST, change)

    def share(self, number: int, reader_id: int, *, may_edit: bool) -> None:
        """Share a collection with a reader, or change what they may. Raises UsageError for too many members."""
        with self._database.write() as connection:
            connection.execute(statements.REMOVE_LIST_MEMBER, {"of_collection": number, "of_reader": reader_id})
            if len(fetch(connection, sql.LIST_MEMBERS, collection_id=number)) >= MOST_MEMBERS:
                raise UsageError(f"a collection is shared with {MOST_MEMBERS} members at most")
            row = (number, reader_id, int(may_edit), self._database.now())
            insert(connection, statements.ADD_LIST_MEMBER, [row])

    def unshare(self, number: int, reader_id: int) -> None:
        """Share a collection no longer with a reader."""
        with self._database.write() as connection:
            connection.execute(statements.REMOVE_LIST_MEMBER, {"of_collection": number, "of_reader": reader_id})

    def share_with_group(self, number: int, group_id: int, *, may_edit: bool) -> None:
        """Share a collection with a group, or change what its members may."""
        with self._database.write() as connection:
            connection.execute(statements.REMOVE_LIST_GROUP, {"of_collection": number, "of_group": group_id})
            insert(connection, statements.ADD_LIST_GROUP, [(number, group_id, int(may_edit), self._database.now())])

    def unshare_with_group(self, number: int, group_id: int) -> None:
        """Share a collection no longer with a group."""
        with self._database.write() as connection:
            connection.execute(statements.REMOVE_LIST_GROUP, {"of_collection": number, "of_group": group_id})

    def unshare_all(self, reader_id: int, group_id: int) -> None:
        """Share no collection of a reader with a group any more."""
        with self._database.write() as connection:
            connection.execute(statements.REMOVE_LISTS_OF_MEMBER, {"of_reader": reader_id, "of_group": group_id})

    def set_link(self, number: int, link_key: str) -> None:
        """Open a collection by a link with this key; "" takes the link away."""
        with self._database.write() as connection:
            connection.execute(statements.CHANGE_LIST, {"of_collection": number, "link_key": link_key or None})


def _arrangement(connection: Reading, number: int) -> Arrangement:
    lists = fetch(connection, sql.READING_LISTS, ids=in_list([number]))
    if not lists:
        raise UsageError(f"there is no collection {number}")
    rows = fetch(connection, sql.LIST_ENTRIES, collection_id=number)
    entries = [Entry(paper_id, section, remark, parse_time(at)) for paper_id, at, section, remark in rows]
    return Arrangement(tuple(json.loads(lists[0][5])), tuple(entries)).in_order()


def _collection(row: Sequence[Any]) -> StoredCollection:
    number, reader_id, owner, name, created_at, sections, key = row
    return StoredCollection(
        number, reader_id, owner, name, parse_time(created_at), tuple(json.loads(sections)), key or ""
    )
