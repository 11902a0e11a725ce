"""Merges that rested on titles alone: listing them, and parting two papers that were wrongly joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from broadsheet.catalogue.database import Database, fetch, insert, now, parse_time
from broadsheet.catalogue.ingest import Source, keep_versions, load_sources, save_sources
from broadsheet.catalogue.matching import UNNAMED
from broadsheet.catalogue.merging import merge
from broadsheet.catalogue.rows import COLUMNS, Data, dumps, to_data
from broadsheet.catalogue.writing import New, insert_papers, log_changes, next_id, replace_papers
from broadsheet.kit.errors import UsageError

__all__ = ["Merge"]


@dataclass(frozen=True)
class Merge:
    """A record that joined a paper because of its title and authors."""

    id: int
    paper_id: int
    source: str
    source_id: str
    rule: str
    score: float  # Jaccard of the titles' word 3-grams
    at: datetime
    undone: bool


def merges(database: Database) -> list[Merge]:
    """All merges by title, newest first."""
    with database.read() as connection:
        sql = "SELECT id, paper_id, source, source_id, rule, score, at, undone_at FROM merges ORDER BY id DESC"
        rows = fetch(connection, sql)
    return [
        Merge(number, paper_id, source, _shown(name), rule, float(score), parse_time(at), undone is not None)
        for number, paper_id, source, name, rule, score, at, undone in rows
    ]


def undo_merge(database: Database, merge_id: int) -> int:
    """Give the merged record a paper of its own and return its number; the two are not joined by title again.

    Records that had come to the paper by the identifiers of that record go with it. What readers did stays with
    the old paper. Raises UsageError if there is no such merge, or nothing left to part.
    """
    with database.write() as connection:
        paper_id, key = _find(connection, merge_id)
        row = fetch(connection, f"SELECT {COLUMNS} FROM papers WHERE id = ?", paper_id)[0]
        before = to_data(row)
        sources = load_sources(connection, paper_id, before)
        going = _going(sources, key)
        staying = [source for source in sources if source not in going]
        if not going or not staying:
            raise UsageError(f"merge {merge_id}: the record is no longer part of paper {paper_id}; nothing to undo")
        at = now()
        new_id = next_id(connection, "papers")
        insert_papers(connection, [New(new_id, _together(going), at)])
        save_sources(connection, new_id, going)
        save_sources(connection, paper_id, staying)
        keep_versions(connection, [(paper_id, at, dumps(before))])
        replace_papers(connection, [New(paper_id, _together(staying), at)])
        _move_names(connection, paper_id, new_id, going, staying)
        apart = [(paper_id, s.source, s.source_id) for s in going] + [(new_id, s.source, s.source_id) for s in staying]
        insert(connection, "INSERT OR IGNORE INTO kept_apart (paper_id, source, source_id)", 3, apart)
        connection.exec_driver_sql("UPDATE merges SET undone_at = ? WHERE id = ?", (at, merge_id))
        log_changes(connection, [(new_id, "add"), (paper_id, "update")])
    return new_id


def _find(connection: Connection, merge_id: int) -> tuple[int, tuple[str, str]]:
    found = fetch(connection, "SELECT paper_id, source, source_id, undone_at FROM merges WHERE id = ?", merge_id)
    if not found:
        raise UsageError(f"no merge has the number {merge_id}; `broadsheet merges` lists them")
    paper_id, source, source_id, undone = found[0]
    if undone:
        raise UsageError(f"merge {merge_id} was undone already")
    return paper_id, (source, source_id)


def _going(sources: Sequence[Source], key: tuple[str, str]) -> list[Source]:
    """The record named `key`, and those tied to it, and not to the paper's first record, by an identifier."""
    going = [source for source in sources[1:] if (source.source, source.source_id) == key]
    first = _names(sources[0].data)
    while True:
        tied = {name for source in going for name in _names(source.data)} - first
        more = [s for s in sources[1:] if s not in going and tied & _names(s.data) and not first & _names(s.data)]
        if not more:
            return sorted(going, key=lambda source: source.row or 0)
        going += more


def _move_names(
    connection: Connection, paper_id: int, new_id: int, going: Sequence[Source], staying: Sequence[Source]
) -> None:
    """Identifiers and other merges that belong to the records that go."""
    kept = {name for source in staying for name in _names(source.data)}
    names = {name for source in going for name in _names(source.data)} - kept
    if names:
        sql = "UPDATE identifiers SET paper_id = ? WHERE scheme = ? AND value = ? AND paper_id = ?"
        connection.exec_driver_sql(sql, [(new_id, *name, paper_id) for name in sorted(names)])
    sql = "UPDATE merges SET paper_id = ? WHERE paper_id = ? AND source = ? AND source_id = ? AND undone_at IS NULL"
    connection.exec_driver_sql(sql, [(new_id, paper_id, s.source, s.source_id) for s in going])


def _names(data: Data) -> set[tuple[str, str]]:
    return set(data.get("ids", {}).items())


def _together(sources: Sequence[Source]) -> Data:
    return merge([(source.source, source.data) for source in sources])


def _shown(source_id: str) -> str:
    return "" if source_id.startswith(UNNAMED) else source_id
