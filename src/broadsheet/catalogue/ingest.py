"""Adding records to the catalogue: one call is one transaction.

Papers, identifiers, provenance, change log, quarantine and cursor are committed together or not at all.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from broadsheet.catalogue.change_log import log_changes
from broadsheet.catalogue.community.receptions import save_receptions
from broadsheet.catalogue.community.vote_rule import apply_rule
from broadsheet.catalogue.database import Database, insert, next_id
from broadsheet.catalogue.dedup.items import Item, prepare
from broadsheet.catalogue.dedup.matching import Matcher
from broadsheet.catalogue.dedup.merge_papers import AbsorbedPaper, Bridge, merge_into
from broadsheet.catalogue.deletion import deleted_positions
from broadsheet.catalogue.drafts import Draft, Drafts, Source
from broadsheet.catalogue.harvest_state import keep_rejected, set_cursor
from broadsheet.catalogue.paper_row import dumps
from broadsheet.catalogue.statements import dedup as dedup_statements
from broadsheet.catalogue.statements import papers as statements
from broadsheet.catalogue.write_papers import New, insert_papers, replace_papers, write_identifiers
from broadsheet.kit.paper import Record, Rejected

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["AddResult", "add", "keep_versions", "save_sources"]


@dataclass(frozen=True, slots=True)
class AddResult:
    """The outcome of each record, in input order."""

    paper_ids: tuple[int, ...]
    outcomes: tuple[str, ...]  # added | updated | unchanged | merged | deleted (stays deleted: paper 0)
    last_seq: int  # of the change log, after this call
    notes: tuple[str, ...] = ()  # one per record that was kept apart from the paper with the same key or identifier


@dataclass(slots=True)
class _Plan:
    """The decisions about a batch: the paper of each record, and the merges."""

    targets: list[int] = field(default_factory=list)  # the paper of each record
    bridges: list[Bridge] = field(default_factory=list)
    # (paper, record, rule, similarity of the titles, the absorbed paper as JSON)
    merges: list[tuple[int, Item, str, float, str | None]] = field(default_factory=list)


def add(
    database: Database,
    records: Sequence[Record | Item],
    *,
    rejected: Sequence[Rejected] = (),
    cursor: tuple[str, str] | None = None,
    import_id: int | None = None,
    again: bool = False,
) -> AddResult:
    """Store `records`, prepared or not, merged with the stored papers. Adding them again changes nothing.

    Records of deleted papers are skipped unless `again`. `import_id` is stored with each new record.
    """
    with _paused_garbage_collection():
        items = [prepare(record) if isinstance(record, Record) else record for record in records]
        with database.write() as connection:
            at = database.now()
            deleted = deleted_positions(connection, items, again=again)
            live = [item for position, item in enumerate(items) if position not in deleted] if deleted else items
            result = _add(connection, live, at, import_id)
            keep_rejected(connection, rejected, at)
            if cursor:
                set_cursor(connection, *cursor, at)
        return _with_deleted(result, deleted, len(items)) if deleted else result


def _with_deleted(result: AddResult, deleted: set[int], count: int) -> AddResult:
    """The result for all `count` records, with outcome "deleted" at the skipped positions."""
    remaining = zip(result.paper_ids, result.outcomes, strict=True)
    outcomes = [(0, "deleted") if position in deleted else next(remaining) for position in range(count)]
    return replace(result, paper_ids=tuple(one for one, _ in outcomes), outcomes=tuple(one for _, one in outcomes))


def _add(connection: Connection, items: Sequence[Item], at: str, import_id: int | None) -> AddResult:
    drafts = Drafts(connection, at, import_id)
    matcher = Matcher(connection, items, drafts)
    plan = _assign(connection, matcher, drafts, items)
    papers = drafts.finish()
    if plan.bridges:
        merge_into(connection, plan.bridges, at)
    changes = [(bridge.absorbed, "delete") for bridge in plan.bridges if bridge.unstored is None]
    changes += _store(connection, papers, at)
    paper_ids = [matcher.now(paper_id) for paper_id in plan.targets]
    targets = zip(paper_ids, items, strict=True)  # in input order: the first paper with an identifier keeps it
    write_identifiers(connection, [(*pair, paper_id) for paper_id, item in targets for pair in item.ids.items()])
    targets = zip(paper_ids, items, strict=True)
    save_receptions(connection, [(number, item.source, one) for number, item in targets if (one := item.reception)], at)
    merges = [
        (matcher.now(paper_id), item.source, item.source_id, rule, score, at, absorbed)
        for paper_id, item, rule, score, absorbed in plan.merges
    ]
    insert(connection, dedup_statements.LOG_MERGES, merges)
    last_seq = log_changes(connection, changes)
    return AddResult(tuple(paper_ids), tuple(drafts.outcomes), last_seq, tuple(matcher.notes))


@contextmanager
def _paused_garbage_collection() -> Iterator[None]:
    """Pause the garbage collector: a batch makes no reference cycles, and the search took a quarter of the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def save_sources(connection: Connection, paper_id: int, sources: Sequence[Source]) -> None:
    """Update stored sources: their content and their paper. The content of an only source is the paper's own: NULL."""
    is_only = len(sources) == 1
    rows = [
        {
            "row": s.row,
            "paper_id": paper_id,
            "fetched_at": s.fetched_at,
            "place": s.place,
            "content": None if is_only else dumps(s.data),
        }
        for s in sources
        if s.row is not None
    ]
    if rows:
        connection.execute(statements.CHANGE_SOURCE, rows)


def _assign(connection: Connection, matcher: Matcher, drafts: Drafts, items: Sequence[Item]) -> _Plan:
    """Decide record by record which paper it belongs to; nothing is written."""
    new_id = next_id(connection, "papers")
    plan = _Plan()
    for item in items:
        match = matcher.find(item)
        if match is None:
            plan.targets.append(new_id)
            drafts.begin(new_id, item)
            matcher.begin(item, new_id)
            new_id += 1
            continue
        plan.targets.append(match.paper_id)
        for other in match.absorbed:
            ids = matcher.join(match.paper_id, other)
            draft = drafts.join(match.paper_id, other)
            plan.bridges.append(Bridge(match.paper_id, other, draft.data if draft.is_new else None))
            keys = dict.fromkeys((source.source, source.source_id) for source in draft.sources)
            plan.merges.append((match.paper_id, item, "bridge", 1.0, AbsorbedPaper(other, tuple(keys), ids).dumps()))
        if match.score:
            plan.merges.append((match.paper_id, item, "title", match.score, None))
        drafts.put(match.paper_id, item)
        matcher.enter(item, match)
    return plan


def _store(connection: Connection, drafts: Sequence[Draft], at: str) -> list[tuple[int, str]]:
    """Write the new and changed papers; returns the entries for the change log."""
    new = [_new(draft, at) for draft in drafts if draft.is_new]
    changed = [
        New(draft.paper_id, draft.data, at)
        for draft in drafts
        if not draft.is_new and (draft.versions or draft.absorbing)
    ]
    insert_papers(connection, new)
    replace_papers(connection, changed)
    apply_rule(connection, [paper.paper_id for paper in changed])
    new_sources: list[tuple[int, Source, bool]] = []
    for draft in drafts:
        save_sources(connection, draft.paper_id, draft.sources)
        is_only = len(draft.sources) == 1
        new_sources += [(draft.paper_id, source, is_only) for source in draft.sources if source.row is None]
    new_sources.sort(key=lambda row: row[1].position)
    _insert_sources(connection, new_sources)
    keep_versions(connection, [(draft.paper_id, at, dumps(data)) for draft in drafts for _, data in draft.versions])
    return [(paper.paper_id, "add") for paper in new] + [(paper.paper_id, "update") for paper in changed]


def _new(draft: Draft, at: str) -> New:
    """The new paper to write; a paper of one record reuses that record's JSON and hashes."""
    if draft.only:
        return New(draft.paper_id, draft.data, at, draft.only.rest, draft.only.hashes)
    return New(draft.paper_id, draft.data, at)


def keep_versions(connection: Connection, versions: Sequence[tuple[int, str, str]]) -> None:
    """Store (paper, time of replacement, earlier data as JSON) under the next version number of each paper."""
    if versions:
        rows = [{"paper": paper_id, "at": at, "earlier": earlier} for paper_id, at, earlier in versions]
        connection.execute(statements.KEEP_VERSION, rows)


def _insert_sources(connection: Connection, rows: Sequence[tuple[int, Source, bool]]) -> None:
    insert(
        connection,
        statements.ADD_SOURCES,
        [
            (paper_id, s.source, s.source_id, s.fetched_at, s.place, None if is_only else dumps(s.data), s.import_id)
            for paper_id, s, is_only in rows
        ],
    )
