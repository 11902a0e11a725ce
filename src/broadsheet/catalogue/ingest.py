"""Adding records: one call, one transaction.

Papers, identifiers, provenance, change log, quarantine and cursor are committed together or not at all.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from broadsheet.catalogue.change_log import log_changes
from broadsheet.catalogue.database import Database, insert, next_id
from broadsheet.catalogue.dedup.items import Item, prepare
from broadsheet.catalogue.dedup.matching import Matcher
from broadsheet.catalogue.dedup.merge_papers import Absorbed, Bridge, merge_into
from broadsheet.catalogue.deletion import remembered
from broadsheet.catalogue.drafts import Draft, Drafts, Source
from broadsheet.catalogue.harvest_state import keep_rejected, set_cursor
from broadsheet.catalogue.paper_row import dumps
from broadsheet.catalogue.statements import dedup as dedup_statements
from broadsheet.catalogue.statements import papers as statements
from broadsheet.catalogue.write_papers import New, insert_papers, replace_papers, write_identifiers
from broadsheet.kit.paper import Record, Rejected

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Added", "add", "keep_versions", "save_sources"]


@dataclass(frozen=True, slots=True)
class Added:
    """The outcome of each record, in input order."""

    paper_ids: tuple[int, ...]
    outcomes: tuple[str, ...]  # added | updated | unchanged | merged | deleted (it was, and stays so: paper 0)
    last_seq: int  # of the change log, after this call
    notes: tuple[str, ...] = ()  # which records were kept apart from a paper that their key or identifier named


@dataclass(slots=True)
class _Plan:
    """The papers that the records of a batch go to."""

    targets: list[int] = field(default_factory=list)  # per record the paper it was given to
    bridges: list[Bridge] = field(default_factory=list)
    # paper, record, rule, likeness of the titles, what was absorbed
    merges: list[tuple[int, Item, str, float, str | None]] = field(default_factory=list)


def add(
    database: Database,
    records: Sequence[Record | Item],
    *,
    rejected: Sequence[Rejected] = (),
    cursor: tuple[str, str] | None = None,
    import_id: int | None = None,
    again: bool = False,
) -> Added:
    """Store `records`, prepared or not, merged with what is there. Adding them again changes nothing.

    Records of deleted papers stay out unless `again` is said. `import_id` is noted with what is new.
    """
    with _collector_paused():
        items = [prepare(one) if isinstance(one, Record) else one for one in records]
        with database.write() as connection:
            at = database.now()
            held = remembered(connection, items, again=again)
            live = [item for place, item in enumerate(items) if place not in held] if held else items
            added = _add(connection, live, at, import_id)
            keep_rejected(connection, rejected, at)
            if cursor:
                set_cursor(connection, *cursor, at)
        return _with_held(added, held, len(items)) if held else added


def _with_held(added: Added, held: set[int], count: int) -> Added:
    """The outcomes in the order given, with those that stayed out."""
    results = zip(added.paper_ids, added.outcomes, strict=True)
    whole = [(0, "deleted") if place in held else next(results) for place in range(count)]
    return replace(added, paper_ids=tuple(one for one, _ in whole), outcomes=tuple(one for _, one in whole))


def _add(connection: Connection, items: Sequence[Item], at: str, import_id: int | None) -> Added:
    drafts = Drafts(connection, at, import_id)
    matcher = Matcher(connection, items, drafts)
    plan = _assign(connection, matcher, drafts, items)
    papers = drafts.finish()
    if plan.bridges:
        merge_into(connection, plan.bridges, at)
    changes = [(bridge.absorbed, "delete") for bridge in plan.bridges if bridge.unstored is None]
    changes += _store(connection, papers, at)
    paper_ids = [matcher.now(paper_id) for paper_id in plan.targets]
    given = zip(paper_ids, items, strict=True)  # in order of arrival: who names a paper first keeps the name
    write_identifiers(connection, [(*pair, paper_id) for paper_id, item in given for pair in item.ids.items()])
    merges = [
        (matcher.now(paper_id), item.source, item.source_id, rule, score, at, absorbed)
        for paper_id, item, rule, score, absorbed in plan.merges
    ]
    insert(connection, dedup_statements.LOG_MERGES, merges)
    last_seq = log_changes(connection, changes)
    return Added(tuple(paper_ids), tuple(drafts.outcomes), last_seq, tuple(matcher.notes))


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No search for reference cycles during a batch: it makes none, and looking took a quarter of the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def save_sources(connection: Connection, paper_id: int, sources: Sequence[Source]) -> None:
    """Store what stored sources say now, and that they are this paper's; an only source is not stored twice."""
    alone = len(sources) == 1
    old = [
        {
            "row": s.row,
            "paper_id": paper_id,
            "fetched_at": s.fetched_at,
            "place": s.place,
            "content": None if alone else dumps(s.data),
        }
        for s in sources
        if s.row is not None
    ]
    if old:
        connection.execute(statements.CHANGE_SOURCE, old)


def _assign(connection: Connection, matcher: Matcher, drafts: Drafts, items: Sequence[Item]) -> _Plan:
    """Decide record by record; nothing is written."""
    following = next_id(connection, "papers")
    plan = _Plan()
    for item in items:
        match = matcher.find(item)
        if match is None:
            plan.targets.append(following)
            drafts.begin(following, item)
            matcher.begin(item, following)
            following += 1
            continue
        plan.targets.append(match.paper_id)
        for other in match.absorbed:
            ids = matcher.join(match.paper_id, other)
            gone = drafts.join(match.paper_id, other)
            plan.bridges.append(Bridge(match.paper_id, other, gone.data if gone.is_new else None))
            keys = dict.fromkeys((source.source, source.source_id) for source in gone.sources)
            plan.merges.append((match.paper_id, item, "bridge", 1.0, Absorbed(other, tuple(keys), ids).dumps()))
        if match.score:
            plan.merges.append((match.paper_id, item, "title", match.score, None))
        drafts.put(match.paper_id, item)
        matcher.enter(item, match)
    return plan


def _store(connection: Connection, drafts: Sequence[Draft], at: str) -> list[tuple[int, str]]:
    """Write what has changed; returns the entries for the change log."""
    new = [_new(draft, at) for draft in drafts if draft.is_new]
    changed = [
        New(draft.paper_id, draft.data, at)
        for draft in drafts
        if not draft.is_new and (draft.versions or draft.absorbing)
    ]
    insert_papers(connection, new)
    replace_papers(connection, changed)
    arrived: list[tuple[int, Source, bool]] = []
    for draft in drafts:
        save_sources(connection, draft.paper_id, draft.sources)
        alone = len(draft.sources) == 1
        arrived += [(draft.paper_id, source, alone) for source in draft.sources if source.row is None]
    arrived.sort(key=lambda one: one[1].position)
    _insert_sources(connection, arrived)
    keep_versions(connection, [(draft.paper_id, at, dumps(data)) for draft in drafts for _, data in draft.versions])
    return [(paper.paper_id, "add") for paper in new] + [(paper.paper_id, "update") for paper in changed]


def _new(draft: Draft, at: str) -> New:
    """A new paper to be written; of one record, it is worked out."""
    if draft.only:
        return New(draft.paper_id, draft.data, at, draft.only.rest, draft.only.hashes)
    return New(draft.paper_id, draft.data, at)


def keep_versions(connection: Connection, versions: Sequence[tuple[int, str, str]]) -> None:
    """Store (paper, moment it was replaced, earlier data as JSON) under the next number of each paper."""
    if versions:
        rows = [{"paper": paper_id, "at": at, "earlier": earlier} for paper_id, at, earlier in versions]
        connection.execute(statements.KEEP_VERSION, rows)


def _insert_sources(connection: Connection, rows: Sequence[tuple[int, Source, bool]]) -> None:
    insert(
        connection,
        statements.ADD_SOURCES,
        [
            (paper_id, s.source, s.source_id, s.fetched_at, s.place, None if alone else dumps(s.data), s.import_id)
            for paper_id, s, alone in rows
        ],
    )
