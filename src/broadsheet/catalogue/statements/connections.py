"""Statements for connections and their items."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, func, select, update

from broadsheet.catalogue.dialects.building import insert, into, upsert
from broadsheet.catalogue.schema import connection_items, connections, events, readers
from broadsheet.catalogue.statements.elements import any_of

_NUMBER = bindparam("number", type_=connections.c.id.type)
_OF = connection_items.c.connection_id == bindparam("connection_id")
_connection = select(
    *connections.c["id", "reader_id", "kind", "library", "write_to", "created_at", "state", "synced_at", "error"],
    readers.c.name,
).join(readers, readers.c.id == connections.c.reader_id)
_item = select(*connection_items.c["item_key", "paper_id", "version", "parent", "marks", "content"])

ALL_CONNECTIONS = _connection.order_by(connections.c.id)
CONNECTIONS_OF_READER = _connection.where(connections.c.reader_id == bindparam("reader_id")).order_by(connections.c.id)
ADD_CONNECTION = insert(connections)
CHANGE_CONNECTION = update(connections).where(connections.c.id == _NUMBER)
DELETE_CONNECTION = delete(connections).where(connections.c.id == _NUMBER)
FORGET_CONNECTIONS = delete(connections).where(connections.c.reader_id == bindparam("reader_id"))

CONNECTION_ITEMS = _item.where(_OF, any_of(connection_items.c.item_key, "keys"))
CONNECTION_ITEMS_OF_PAPERS = _item.where(_OF, any_of(connection_items.c.paper_id, "ids"))
CONNECTION_ITEMS_WITH_MARKS = _item.where(_OF, connection_items.c.marks != "[]")
CONNECTION_NOTES = _item.where(_OF, any_of(connection_items.c.parent, "keys"))
CONNECTION_VERSIONS = select(connection_items.c.item_key, connection_items.c.version).where(_OF)
CONNECTION_COUNTS = select(
    func.count(connection_items.c.paper_id.distinct()),
    func.count().filter(connection_items.c.parent != "", connection_items.c.version >= 0),
).where(_OF, connection_items.c.version >= 0)
CONNECTED_PAPERS = select(connection_items.c.paper_id).where(_OF, connection_items.c.paper_id.is_not(None)).distinct()
PUT_CONNECTION_ITEM = upsert(
    into(
        connection_items,
        *("connection_id", "item_key", "reader_id", "paper_id", "version", "parent", "marks", "content", "at"),
    ),
    *("paper_id", "version", "parent", "marks", "content"),
)
MARK_EVENTS = (  # what was said last of a mark is its last row
    select(*events.c["paper_id", "kind", "value", "policy"])
    .where(
        events.c.reader_id == bindparam("reader_id"),
        any_of(events.c.paper_id, "ids"),
        events.c.kind.in_(("save", "unsave", "tag", "untag")),
    )
    .order_by(events.c.id)
)
