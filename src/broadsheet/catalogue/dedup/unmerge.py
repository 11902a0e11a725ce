"""Listing and undoing merges: of a record by title, or of two papers by a bridge (see `merge_papers`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from broadsheet.catalogue.change_log import log_changes
from broadsheet.catalogue.community.vote_rule import apply_rule
from broadsheet.catalogue.database import Database, fetch, insert, next_id, parse_time
from broadsheet.catalogue.dedup.merge_papers import AbsorbedPaper
from broadsheet.catalogue.dedup.merge_sources import merge
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.drafts import Source, load_sources
from broadsheet.catalogue.ingest import keep_versions, save_sources
from broadsheet.catalogue.paper_row import UNNAMED, Data, dumps, to_data
from broadsheet.catalogue.redirects import change_redirect
from broadsheet.catalogue.statements import dedup as statements
from broadsheet.catalogue.write_papers import New, insert_papers, replace_papers
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Merge", "split_off"]


@dataclass(frozen=True)
class Merge:
    """A record that was merged into a paper by title and authors, or that caused the merge of two papers."""

    id: int
    paper_id: int
    source: str
    source_id: str
    rule: str  # title | bridge
    score: float  # Jaccard of the titles' word 3-grams; 1 for a bridge
    at: datetime
    undone: bool
    absorbed: int | None = None  # the paper that a bridge merged into this one, if it had a number


def merges(database: Database) -> list[Merge]:
    """All merges by title and by bridge, newest first."""
    with database.read() as connection:
        rows = fetch(connection, sql.MERGES)
    return [
        Merge(
            number,
            paper_id,
            source,
            _source_id(name),
            rule,
            float(score),
            parse_time(at),
            undone is not None,
            AbsorbedPaper.loads(absorbed).paper if absorbed else None,
        )
        for number, paper_id, source, name, rule, score, at, undone, absorbed in rows
    ]


def undo_merge(database: Database, merge_id: int) -> int:
    """Move the merged record to a new paper and return its number; the two are never merged again.

    After a bridge all records of the absorbed paper move, and its old number is redirected to the new paper. Records
    that belong to the paper only through the identifiers of moved records move too. Reader history stays with the old
    paper. Raises UsageError if there is no such merge, or nothing left to split.
    """
    with database.write() as connection:
        paper_id, key, absorbed = _find(connection, merge_id)
        row = fetch(connection, sql.PAPER_ROW, paper_id=paper_id)[0]
        before = to_data(row)
        sources = load_sources(connection, paper_id, before)
        leaving = (
            _linked_records(sources, key)
            if absorbed is None
            else _absorbed_records(connection, paper_id, sources, key, absorbed)
        )
        remaining = [source for source in sources if source not in leaving]
        if not leaving or not remaining:
            raise UsageError(f"merge {merge_id}: the record is no longer part of paper {paper_id}; nothing to undo")
        at = database.now()
        extra_names = absorbed.ids if absorbed else frozenset()
        new_id = split_off(connection, paper_id, before, sources, leaving, at, extra_names)
        if absorbed and absorbed.paper is not None:
            change_redirect(connection, absorbed.paper, new_id)
        connection.execute(statements.NOTE_UNDONE, {"merge_id": merge_id, "undone_at": at})
    return new_id


def split_off(
    connection: Connection,
    paper_id: int,
    before: Data,
    sources: Sequence[Source],
    leaving: Sequence[Source],
    at: str,
    extra_names: frozenset[tuple[str, str]] = frozenset(),
) -> int:
    """Move some of a paper's records to a new paper, for good; returns its number.

    `extra_names` are identifiers that move in addition to those of the records.
    """
    remaining = [source for source in sources if source not in leaving]
    new_id = next_id(connection, "papers")
    insert_papers(connection, [New(new_id, _merge_sources(leaving), at)])
    save_sources(connection, new_id, leaving)
    save_sources(connection, paper_id, remaining)
    keep_versions(connection, [(paper_id, at, dumps(before))])
    replace_papers(connection, [New(paper_id, _merge_sources(remaining), at)])
    apply_rule(connection, [paper_id])
    _move_names(connection, paper_id, new_id, leaving, remaining, extra_names)
    apart = [(paper_id, s.source, s.source_id) for s in leaving] + [(new_id, s.source, s.source_id) for s in remaining]
    insert(connection, statements.KEEP_APART, apart)
    log_changes(connection, [(new_id, "add"), (paper_id, "update")])
    return new_id


def _find(connection: Connection, merge_id: int) -> tuple[int, tuple[str, str], AbsorbedPaper | None]:
    """(paper, the merged record, the absorbed paper of a bridge)."""
    rows = fetch(connection, sql.MERGE, merge_id=merge_id)
    if not rows:
        raise UsageError(f"no merge has the number {merge_id}; `broadsheet merges` lists them")
    paper_id, source, source_id, undone, absorbed = rows[0]
    if undone:
        raise UsageError(f"merge {merge_id} was undone already")
    return paper_id, (source, source_id), AbsorbedPaper.loads(absorbed) if absorbed else None


def _linked_records(sources: Sequence[Source], key: tuple[str, str]) -> list[Source]:
    """The record `key` and the records that share an identifier with it, but none with the paper's first record."""
    records = [source for source in sources[1:] if (source.source, source.source_id) == key]
    first = _names(sources[0].data)
    while True:
        linking = {name for source in records for name in _names(source.data)} - first
        more = [s for s in sources[1:] if s not in records and linking & _names(s.data) and not first & _names(s.data)]
        if not more:
            return sorted(records, key=lambda source: source.row or 0)
        records += more


def _absorbed_records(
    connection: Connection, paper_id: int, sources: Sequence[Source], key: tuple[str, str], absorbed: AbsorbedPaper
) -> list[Source]:
    """The records of the absorbed paper, and later records that have its identifiers only.

    The record `key` that caused the bridge has identifiers of both papers and stays, unless it was the absorbed one's.
    """
    names = set(fetch(connection, sql.IDENTIFIERS_OF_PAPER, paper_id=paper_id))
    others = names - absorbed.ids

    def belongs(source: Source) -> bool:
        record = source.source, source.source_id
        own_names = _names(source.data)
        return record in absorbed.records or (
            record != key and bool(own_names & absorbed.ids) and not own_names & others
        )

    return [source for source in sources if belongs(source)]


def _move_names(
    connection: Connection,
    paper_id: int,
    new_id: int,
    leaving: Sequence[Source],
    remaining: Sequence[Source],
    extra_names: frozenset[tuple[str, str]],
) -> None:
    """Move the identifiers and merges of the leaving records, and the identifiers `extra_names`, to the new paper."""
    remaining_names = {name for source in remaining for name in _names(source.data)}
    move: dict[str, int | str] = {"old_id": paper_id, "new_id": new_id}
    names = ({name for source in leaving for name in _names(source.data)} - remaining_names) | extra_names
    if names:
        rows = [move | {"of_scheme": scheme, "of_value": value} for scheme, value in sorted(names)]
        connection.execute(statements.MOVE_IDENTIFIER, rows)
    rows = [move | {"of_source": source.source, "of_source_id": source.source_id} for source in leaving]
    connection.execute(statements.MOVE_MERGES_OF_RECORD, rows)


def _names(data: Data) -> set[tuple[str, str]]:
    return set(data.get("ids", {}).items())


def _merge_sources(sources: Sequence[Source]) -> Data:
    return merge([(source.source, source.data) for source in sources])


def _source_id(source_id: str) -> str:
    return "" if source_id.startswith(UNNAMED) else source_id
