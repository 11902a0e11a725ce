"""Imports: what one file, sync or look-up brought, and taking it out again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from broadsheet.catalogue.database import Database, fetch, insert, parse_time
from broadsheet.catalogue.deletion import take_out
from broadsheet.catalogue.paper_row import clean_text
from broadsheet.kit.errors import UsageError

__all__ = ["Import", "Undone", "begin", "imports", "undo"]

_BROUGHT = (  # papers all of whose records one import brought
    "SELECT paper_id FROM source_records WHERE import_id = ?1 GROUP BY paper_id HAVING count(*) = "
    "(SELECT count(*) FROM source_records s WHERE s.paper_id = source_records.paper_id)"
)
_IN_USE = (  # of these, those that somebody has done something with, but for the saving that an import does
    f"SELECT b.paper_id FROM ({_BROUGHT}) b WHERE EXISTS (SELECT 1 FROM reader_tags t WHERE t.paper_id = b.paper_id) "
    "OR EXISTS (SELECT 1 FROM collection_papers c WHERE c.paper_id = b.paper_id) "
    "OR EXISTS (SELECT 1 FROM reader_papers r WHERE r.paper_id = b.paper_id AND r.rating <> 0) "
    "OR EXISTS (SELECT 1 FROM reader_papers r JOIN events e ON e.reader_id = r.reader_id AND e.paper_id = r.paper_id "
    "WHERE r.paper_id = b.paper_id AND r.saved_at IS NOT NULL AND e.kind = 'save' AND e.policy <> 'import' "
    "AND e.undoes IS NULL AND NOT EXISTS (SELECT 1 FROM events u WHERE u.undoes = e.id))"
)


@dataclass(frozen=True, slots=True)
class Import:
    """One file, sync or look-up that brought something."""

    id: int
    at: datetime
    source: str
    records: int  # records of it that are in the library
    papers: int  # papers that nothing else has brought
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
        insert(connection, "INSERT INTO imports (at, source)", 2, [(database.now(), clean_text(source))])
        return int(fetch(connection, "SELECT max(id) FROM imports")[0][0])


def imports(database: Database, limit: int = 200) -> list[Import]:
    """Imports that brought something, newest first."""
    sql = (
        "SELECT i.id, i.at, i.source, count(s.id), i.undone FROM imports i "
        "LEFT JOIN source_records s ON s.import_id = i.id "
        "GROUP BY i.id HAVING count(s.id) OR i.undone IS NOT NULL ORDER BY i.id DESC LIMIT ?"
    )
    with database.read() as connection:
        rows = fetch(connection, sql, limit)
        alone = {row[0]: len(fetch(connection, _BROUGHT, row[0])) for row in rows}
    return [
        Import(number, parse_time(at), source, records, alone[number], undone is not None)
        for number, at, source, records, undone in rows
    ]


def undo(database: Database, import_id: int) -> Undone:
    """Delete the papers that this import alone brought and nobody has taken up since. Raises UsageError.

    Records that joined papers of other origin stay with them.
    """
    with database.write() as connection:
        found = fetch(connection, "SELECT source, undone FROM imports WHERE id = ?", import_id)
        if not found:
            raise UsageError(f"no import has the number {import_id}; `broadsheet imports` lists them")
        if found[0][1] is not None:
            raise UsageError(
                f"import {import_id} was undone already; `broadsheet restore {found[0][1]}` brings it back"
            )
        brought = {row[0] for row in fetch(connection, _BROUGHT, import_id)}
        used = {row[0] for row in fetch(connection, _IN_USE, import_id)}
        going = sorted(brought - used)
        if not going:
            return Undone(None, 0, len(used))
        label = f"{len(going):,} papers of {found[0][0]}"
        number = take_out(connection, going, "import", database.now(), label)
        connection.exec_driver_sql("UPDATE imports SET undone = ? WHERE id = ?", (number, import_id))
    return Undone(number, len(going), len(used))
