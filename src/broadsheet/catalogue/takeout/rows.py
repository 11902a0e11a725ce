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
            write = _writer(table, places, key_of)
            archived = [write(row) for row in table_rows]
            if "id" in table.columns:
                archived.sort(key=lambda row: row["id"])
            else:
                archived.sort(key=lambda row: [str(value) for value in row.values()])
            yield name, archived


def _writer(
    table: Table, places: Mapping[str, Mapping[int, int]], key_of: Callable[[int], str]
) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """What makes an archive's row of a row of this table."""
    papers = set(paper_columns(table))
    write: list[tuple[str, Callable[[Any], Any]]] = []
    for column in columns_of(table):
        target = target_of(table, column)
        if column.name == "id" and table.name in places:
            write.append((column.name, places[table.name].get))
        elif column.name in ("reader_id", "account_id"):
            write.append((column.name, lambda value: MINE if value is not None else None))
        elif column.name in papers:
            write.append((column.name, lambda value: key_of(value) if value else None))
        elif target:
            write.append((column.name, places.get(target, {}).get))
        else:
            write.append((column.name, lambda value: value))
    searches = places.get("saved_searches", {})

    def archived(row: Mapping[str, Any]) -> dict[str, Any]:
        out = {name: change(row.get(name)) for name, change in write}
        if table.name == "alerts" and row["kind"] == "search":
            out["target"] = str(searches.get(int(row["target"] or 0), 0))
        return out

    return archived
