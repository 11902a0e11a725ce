"""Imports (one file, sync or look-up each), and undoing them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from broadsheet.catalogue.database import Database, fetch, parse_time
from broadsheet.catalogue.deletion import take_out
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import clean_text
from broadsheet.catalogue.statements import harvest as statements
from broadsheet.kit.errors import UsageError

__all__ = ["Import", "Undone", "begin", "imports", "undo"]


@dataclass(frozen=True, slots=True)
class Import:
    """One file, sync or look-up that brought something."""

    id: int
    at: datetime
    source: str
    records: int  # its records in the library
    papers: int  # papers from this import alone
    undone: bool


@dataclass(frozen=True, slots=True)
class Undone:
    """What undoing an import did. `deletion` restores it; None if nothing was to be taken out."""

    deletion: int | None
    deleted: int
    kept: int  # papers left because somebody saved, rated, tagged or collected them


def begin(database: Database, source: str) -> int:
    """Note that an import begins; its number."""
    with database.write() as connection:
        row = {"at": database.now(), "source": clean_text(source)}
        return int(connection.execute(statements.ADD_IMPORT, row).lastrowid)


def imports(database: Database, limit: int = 200) -> list[Import]:
    """Imports that brought something, newest first."""
    with database.read() as connection:
        rows = fetch(connection, sql.IMPORTS, most=limit)
        alone = {row[0]: len(fetch(connection, sql.IMPORTED_ALONE, import_id=row[0])) for row in rows}
    return [
        Import(number, parse_time(at), source, records, alone[number], undone is not None)
        for number, at, source, records, undone in rows
    ]


def undo(database: Database, import_id: int) -> Undone:
    """Delete the papers that this import alone brought and nobody has taken up since. Raises UsageError.

    Records that joined papers of other origin stay with them.
    """
    with database.write() as connection:
        found = fetch(connection, sql.IMPORT, import_id=import_id)
        if not found:
            raise UsageError(f"no import has the number {import_id}; `broadsheet imports` lists them")
        if found[0][1] is not None:
            raise UsageError(
                f"import {import_id} was undone already; `broadsheet restore {found[0][1]}` brings it back"
            )
        brought = {row[0] for row in fetch(connection, sql.IMPORTED_ALONE, import_id=import_id)}
        used = {row[0] for row in fetch(connection, sql.IMPORTED_IN_USE, import_id=import_id)}
        going = sorted(brought - used)
        if not going:
            return Undone(None, 0, len(used))
        label = f"{len(going):,} papers of {found[0][0]}"
        number = take_out(connection, going, "import", database.now(), label)
        connection.execute(statements.NOTE_UNDONE, {"import_id": import_id, "undone": number})
    return Undone(number, len(going), len(used))
