"""Merges by title and by bridge: listing and undoing them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from broadsheet.catalogue.change_log import log_changes
from broadsheet.catalogue.database import Database, fetch, insert, next_id, parse_time
from broadsheet.catalogue.dedup.merge_papers import Absorbed
from broadsheet.catalogue.dedup.merge_sources import merge
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.drafts import Source, load_sources
from broadsheet.catalogue.ingest import keep_versions, save_sources
from broadsheet.catalogue.paper_row import UNNAMED, Data, dumps, to_data
from broadsheet.catalogue.redirects import turn
from broadsheet.catalogue.statements import dedup as statements
from broadsheet.catalogue.write_papers import New, insert_papers, replace_papers
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Merge", "split_off"]


@dataclass(frozen=True)
class Merge:
    """A record that joined a paper because of its title and authors, or showed two papers to be one."""

    id: int
    paper_id: int
    source: str
    source_id: str
    rule: str  # title | bridge
    score: float  # Jaccard of the titles' word 3-grams; 1 where identifiers decided
    at: datetime
    undone: bool
    absorbed: int | None = None  # the paper that became part of this one by a bridge, if it had a number


def merges(database: Database) -> list[Merge]:
    """All merges by title and by bridge, newest first."""
    with database.read() as connection:
        rows = fetch(connection, sql.MERGES)
    return [
        Merge(
            number,
            paper_id,
            source,
            _shown(name),
            rule,
            float(score),
            parse_time(at),
            undone is not None,
            Absorbed.loads(absorbed).paper if absorbed else None,
        )
        for number, paper_id, source, name, rule, score, at, undone, absorbed in rows
    ]


def undo_merge(database: Database, merge_id: int) -> int:
    """Give the merged record a paper of its own and return its number; the two are not joined like that again.

    Of a bridge all that had been the absorbed paper goes, and its number leads to the new paper. Records that had come
    to the paper by the identifiers of what goes, go with it. What readers did stays with the old paper. Raises
    UsageError if there is no such merge, or nothing left to part.
    """
    with database.write() as connection:
        paper_id, key, absorbed = _find(connection, merge_id)
        row = fetch(connection, sql.PAPER_ROW, paper_id=paper_id)[0]
        before = to_data(row)
        sources = load_sources(connection, paper_id, before)
        going = _going(sources, key) if absorbed is None else _parted(connection, paper_id, sources, key, absorbed)
        staying = [source for source in sources if source not in going]
        if not going or not staying:
            raise UsageError(f"merge {merge_id}: the record is no longer part of paper {paper_id}; nothing to undo")
        at = database.now()
        had = absorbed.ids if absorbed else frozenset()
        new_id = split_off(connection, paper_id, before, sources, going, at, had)
        if absorbed and absorbed.paper is not None:
            turn(connection, absorbed.paper, new_id)
        connection.execute(statements.NOTE_UNDONE, {"merge_id": merge_id, "undone_at": at})
    return new_id


def split_off(
    connection: Connection,
    paper_id: int,
    before: Data,
    sources: Sequence[Source],
    going: Sequence[Source],
    at: str,
    had: frozenset[tuple[str, str]] = frozenset(),
) -> int:
    """Give some of a paper's records a paper of their own, for good; its number. `had`: names that go with them."""
    staying = [source for source in sources if source not in going]
    new_id = next_id(connection, "papers")
    insert_papers(connection, [New(new_id, _together(going), at)])
    save_sources(connection, new_id, going)
    save_sources(connection, paper_id, staying)
    keep_versions(connection, [(paper_id, at, dumps(before))])
    replace_papers(connection, [New(paper_id, _together(staying), at)])
    _move_names(connection, paper_id, new_id, going, staying, had)
    apart = [(paper_id, s.source, s.source_id) for s in going] + [(new_id, s.source, s.source_id) for s in staying]
    insert(connection, statements.KEEP_APART, apart)
    log_changes(connection, [(new_id, "add"), (paper_id, "update")])
    return new_id


def _find(connection: Connection, merge_id: int) -> tuple[int, tuple[str, str], Absorbed | None]:
    """(paper, the record that was merged, what the paper absorbed if it was a bridge)."""
    found = fetch(connection, sql.MERGE, merge_id=merge_id)
    if not found:
        raise UsageError(f"no merge has the number {merge_id}; `broadsheet merges` lists them")
    paper_id, source, source_id, undone, absorbed = found[0]
    if undone:
        raise UsageError(f"merge {merge_id} was undone already")
    return paper_id, (source, source_id), Absorbed.loads(absorbed) if absorbed else None


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


def _parted(
    connection: Connection, paper_id: int, sources: Sequence[Source], key: tuple[str, str], absorbed: Absorbed
) -> list[Source]:
    """The records of the absorbed paper, and those that came later under its identifiers alone.

    The record `key` that showed the bridge carries names of both and stays, unless it had been the absorbed paper's.
    """
    names = set(fetch(connection, sql.IDENTIFIERS_OF_PAPER, paper_id=paper_id))
    others = names - absorbed.ids

    def goes(source: Source) -> bool:
        here = source.source, source.source_id
        mine = _names(source.data)
        return here in absorbed.records or (here != key and bool(mine & absorbed.ids) and not mine & others)

    return [source for source in sources if goes(source)]


def _move_names(
    connection: Connection,
    paper_id: int,
    new_id: int,
    going: Sequence[Source],
    staying: Sequence[Source],
    had: frozenset[tuple[str, str]],
) -> None:
    """Identifiers and other merges that belong to the records that go; `had`: what went with them when they came."""
    kept = {name for source in staying for name in _names(source.data)}
    move: dict[str, int | str] = {"old_id": paper_id, "new_id": new_id}
    names = ({name for source in going for name in _names(source.data)} - kept) | had
    if names:
        rows = [move | {"of_scheme": scheme, "of_value": value} for scheme, value in sorted(names)]
        connection.execute(statements.MOVE_IDENTIFIER, rows)
    rows = [move | {"of_source": source.source, "of_source_id": source.source_id} for source in going]
    connection.execute(statements.MOVE_MERGES_OF_RECORD, rows)


def _names(data: Data) -> set[tuple[str, str]]:
    return set(data.get("ids", {}).items())


def _together(sources: Sequence[Source]) -> Data:
    return merge([(source.source, source.data) for source in sources])


def _shown(source_id: str) -> str:
    return "" if source_id.startswith(UNNAMED) else source_id
