"""A reader's rows as an archive has them: the same whatever library they come from.

A paper is named by its key in the archive, another row of the reader by its place among those of its table, the reader
by one word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Table

from broadsheet.catalogue.schema import METADATA
from broadsheet.catalogue.takeout.shape import MINE, columns_of, is_archived, paper_columns, target_of

__all__ = ["archived_rows", "papers_in"]

Rows = Mapping[str, list[dict[str, Any]]]


def papers_in(rows: Rows) -> list[int]:
    """The numbers of the papers that rows of a reader name."""
    found: set[int] = set()
    for name, table_rows in rows.items():
        for column in paper_columns(METADATA.tables[name]):
            found |= {row[column] for row in table_rows if row[column]}
    return sorted(found)


def archived_rows(rows: Rows, key_of: Callable[[int], str]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """(table, rows) of what `Belongings.all` read; `key_of` gives the key of a paper."""
    places = {
        name: {row["id"]: place for place, row in enumerate(sorted(table_rows, key=lambda row: row["id"]), 1)}
        for name, table_rows in rows.items()
        if table_rows and "id" in table_rows[0]
    }
    for name, table_rows in sorted(rows.items()):
        table = METADATA.tables[name]
        if is_archived(table):
            archived = [_archived(table, row, places, key_of) for row in table_rows]
            if "id" in table.columns:
                archived.sort(key=lambda row: row["id"])
            else:
                archived.sort(key=lambda row: [str(value) for value in row.values()])
            yield name, archived


def _archived(
    table: Table, row: Mapping[str, Any], places: Mapping[str, Mapping[int, int]], key_of: Callable[[int], str]
) -> dict[str, Any]:
    papers = set(paper_columns(table))
    out: dict[str, Any] = {}
    for column in columns_of(table):
        value: Any = row.get(column.name)
        if column.name == "id" and table.name in places:
            value = places[table.name][value]
        elif column.name in ("reader_id", "account_id"):
            value = MINE if value is not None else None
        elif column.name in papers:
            value = key_of(value) if value else None
        elif target := target_of(table, column):
            value = places.get(target, {}).get(value)
        out[column.name] = value
    if table.name == "alerts" and row["kind"] == "search":
        out["target"] = str(places.get("saved_searches", {}).get(int(row["target"] or 0), 0))
    return out
