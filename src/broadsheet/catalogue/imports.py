"""Imports: listing and undoing them. One import is one file, one sync or one look-up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from broadsheet.catalogue.database import Database, fetch, parse_time
from broadsheet.catalogue.deletion import delete_live
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import clean_text
from broadsheet.catalogue.statements import harvest as statements
from broadsheet.kit.errors import UsageError

__all__ = ["Import", "Undone", "begin", "imports", "undo"]


@dataclass(frozen=True, slots=True)
class Import:
    """One file, sync or look-up that added records."""

    id: int
    at: datetime
    source: str
    records: int  # the library's records that it added
    papers: int  # papers all of whose records it added
    undone: bool


@dataclass(frozen=True, slots=True)
class Undone:
    """The result of undoing an import. Restoring `deletion` reverts it; None if no paper was deleted."""

    deletion: int | None
    deleted: int
    kept: int  # papers not deleted because a reader saved, rated, tagged or collected them
    rows: int = 0  # what else it brought: saves, tags, notes and all that an archive holds


def begin(database: Database, source: str) -> int:
    """Store a new import; returns its number."""
    with database.write() as connection:
        row = {"at": database.now(), "source": clean_text(source)}
        return int(connection.execute(statements.ADD_IMPORT, row).lastrowid)


def imports(database: Database, limit: int = 200) -> list[Import]:
    """The imports that added records, newest first."""
    with database.read() as connection:
        rows = fetch(connection, sql.IMPORTS, most=limit)
        counts = {row[0]: len(fetch(connection, sql.IMPORTED_ALONE, import_id=row[0])) for row in rows}
    return [
        Import(number, parse_time(at), source, records, counts[number], undone is not None)
        for number, at, source, records, undone in rows
    ]


def undo(database: Database, import_id: int) -> Undone:
    """Delete the papers that come from this import alone and that no reader uses. Raises UsageError.

    A paper that also has records of another origin stays whole. What an archive brought for a reader goes first.
    """
    with database.write() as connection:
        rows = fetch(connection, sql.IMPORT, import_id=import_id)
        if not rows:
            raise UsageError(f"no import has the number {import_id}; `broadsheet imports` lists them")
        if rows[0][1] is not None:
            raise UsageError(f"import {import_id} was undone already; `broadsheet restore {rows[0][1]}` brings it back")
        from broadsheet.catalogue.takeout.undoing import take_out  # imported here: few imports are archives

        taken = take_out(connection, import_id)
        papers = {row[0] for row in fetch(connection, sql.IMPORTED_ALONE, import_id=import_id)}
        in_use = {row[0] for row in fetch(connection, sql.IMPORTED_IN_USE, import_id=import_id)}
        deletable = sorted(papers - in_use)
        if not deletable:
            return Undone(None, 0, len(in_use), taken)
        label = f"{len(deletable):,} papers of {rows[0][0]}"
        number = delete_live(connection, deletable, "import", database.now(), label)
        connection.execute(statements.NOTE_UNDONE, {"import_id": import_id, "undone": number})
    return Undone(number, len(deletable), len(in_use), taken)
