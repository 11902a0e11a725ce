"""Taking out again what an archive brought, unless something of the reader's own hangs on it by now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, and_, bindparam, delete, exists, select, update

from broadsheet.catalogue.community.vote_rule import apply_rule
from broadsheet.catalogue.database import fetch
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.events import BRIDGE
from broadsheet.catalogue.redirects import follow
from broadsheet.catalogue.schema import METADATA, events, takeout_imports, votes
from broadsheet.catalogue.statements.readers import SET_LAST_EVENT
from broadsheet.catalogue.takeout.taking_in import settle

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["take_out"]


def take_out(connection: Connection, import_id: int) -> int:
    """Delete the rows that an import brought; returns their number, 0 where it brought none or was undone."""
    rows = fetch(connection, sql.TAKEOUT_IMPORT, import_id=import_id)
    if not rows or not rows[0][1]:
        return 0
    reader_id, added = rows[0][0], json.loads(rows[0][1])
    count = _take_events(connection, reader_id, added.pop("events", []))
    voted = {row[0] for row in connection.execute(select(votes.c.paper_id).where(votes.c.reader_id == reader_id))}
    for table in reversed(METADATA.sorted_tables):
        if keys := added.get(table.name):
            count += _take_rows(connection, table, keys)
    apply_rule(connection, voted)
    connection.execute(update(takeout_imports).where(takeout_imports.c.import_id == import_id).values(added=""))
    return count


def _take_events(connection: Connection, reader_id: int, spans: list[list[int]]) -> int:
    count = 0
    for first, last in spans:
        which = and_(events.c.reader_id == reader_id, events.c.id.between(first, last))
        papers = {row[0] for row in connection.execute(select(events.c.paper_id).where(which).distinct())}
        connection.execute(delete(events).where(events.c.undoes.between(first, last), ~which))  # of what is gone
        count += connection.execute(delete(events).where(which, events.c.policy != BRIDGE)).rowcount
        connection.execute(delete(events).where(which))  # what bridged them and the reader's own
        settle(connection, reader_id, {paper for paper, live in follow(connection, papers).items() if paper == live})
    if spans:
        last = int(fetch(connection, sql.LAST_ACTION_OF_READER, reader_id=reader_id)[0][0])
        connection.execute(SET_LAST_EVENT, {"reader": reader_id, "last_event": last})
    return count


def _take_rows(connection: Connection, table: Table, keys: list[list[Any]]) -> int:
    """Delete those of these rows on which nothing hangs any more; returns their number."""
    columns = [table.columns["id"]] if "id" in table.columns else list(table.primary_key)
    names = [f"key_{place}" for place in range(len(columns))]
    hanging = [
        exists().where(foreign.parent == foreign.column)
        for other in METADATA.sorted_tables
        if other is not table
        for foreign in other.foreign_keys
        if foreign.column.table is table
    ]
    is_it = [column == bindparam(name) for column, name in zip(columns, names, strict=True)]
    statement = delete(table).where(*is_it, *(~one for one in hanging))
    return sum(connection.execute(statement, dict(zip(names, key, strict=True))).rowcount for key in keys)
