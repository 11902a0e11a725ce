"""Adding records: one call, one transaction.

Papers, identifiers, provenance, change log, quarantine and cursor are committed together or not at all.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from broadsheet.catalogue.change_log import log_changes
from broadsheet.catalogue.database import Database, Reading, fetch, in_list, insert, next_id
from broadsheet.catalogue.dedup.matching import Item, Matcher, prepare
from broadsheet.catalogue.dedup.merge_papers import Absorbed, Bridge, log_bridges, merge_into, records_of
from broadsheet.catalogue.dedup.merge_sources import merge, overlay
from broadsheet.catalogue.deletion import remembered
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.harvest_state import keep_rejected, set_cursor
from broadsheet.catalogue.paper_row import Data, dumps, to_data
from broadsheet.catalogue.statements import dedup as dedup_statements
from broadsheet.catalogue.statements import papers as statements
from broadsheet.catalogue.write_papers import New, insert_papers, replace_papers, write_identifiers
from broadsheet.kit.paper import Record, Rejected

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Added", "Source", "add", "keep_versions", "load_sources", "save_sources"]


@dataclass(frozen=True, slots=True)
class Added:
    """What became of each record, in the order given."""

    paper_ids: tuple[int, ...]
    outcomes: tuple[str, ...]  # added | updated | unchanged | merged | deleted (it was, and stays so: paper 0)
    last_seq: int  # of the change log, after this call
    notes: tuple[str, ...] = ()  # which records were kept apart from a paper that their key or identifier named


@dataclass(slots=True)
class Source:
    """One source's word on a paper. `row` is its number in `source_records`, None until stored."""

    row: int | None
    source: str
    source_id: str
    fetched_at: str
    place: str
    data: Data
    import_id: int | None = None  # where it is new


@dataclass(slots=True)
class _Draft:
    """A paper while a batch is applied to it. `before` is what is stored, None for a new paper."""

    paper_id: int
    before: Data | None = None
    sources: list[Source] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    touched: bool = False
    absorbing: bool = False  # other stored papers have become part of it

    def apply(self, item: Item, at: str, import_id: int | None) -> str:
        """Take in one record; returns its outcome."""
        self.items.append(item)
        mine = [s for s in self.sources if (s.source, s.source_id) == (item.source, item.source_id)]
        # Two only where one file's number stood for two papers that turned out to be one.
        if any(overlay(source.data, item.data) == source.data for source in mine):
            return "unchanged"
        if mine:
            source, self.touched = mine[0], True
            source.data, source.fetched_at, source.place = overlay(source.data, item.data), at, item.place
            return "updated"
        first = not self.sources
        self.sources.append(Source(None, item.source, item.source_id, at, item.place, item.data, import_id))
        self.touched = True
        return "added" if first else "merged"

    def merged(self) -> Data:
        """What the paper's sources say together."""
        return merge([(source.source, source.data) for source in self.sources])


@dataclass(slots=True)
class _Plan:
    """Where the records of a batch go: per item the paper it was given to, and the likeness where titles decided."""

    targets: list[int] = field(default_factory=list)
    scores: list[float | None] = field(default_factory=list)
    fresh: set[int] = field(default_factory=set)  # papers that are new
    bridges: list[Bridge] = field(default_factory=list)


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
    matcher = Matcher(connection, items)
    plan = _assign(connection, matcher, items)
    paper_ids, absorbed, survivors = _bridge(connection, matcher, items, plan, at)
    drafts = {paper_id: _Draft(paper_id) for paper_id in paper_ids}
    _load(connection, drafts, [paper_id for paper_id in drafts if paper_id not in plan.fresh])
    for survivor in survivors.values():
        drafts[survivor].touched = drafts[survivor].absorbing = True
    outcomes = [drafts[paper_id].apply(item, at, import_id) for paper_id, item in zip(paper_ids, items, strict=True)]
    changes = [(old, "delete") for old in survivors] + _store(connection, drafts.values(), at)
    given = zip(paper_ids, items, strict=True)  # in order of arrival: who names a paper first keeps the name
    write_identifiers(connection, [(*pair, paper_id) for paper_id, item in given for pair in item.ids.items()])
    scored = zip(items, paper_ids, plan.scores, strict=True)
    _log_merges(connection, [(item, paper_id, score) for item, paper_id, score in scored if score], at)
    log_bridges(connection, absorbed, at)
    last_seq = log_changes(connection, changes)
    return Added(tuple(paper_ids), tuple(outcomes), last_seq, tuple(matcher.notes))


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


def load_sources(connection: Reading, paper_id: int, data: Data) -> list[Source]:
    """The sources of one paper, first one first; `data` is the paper's own."""
    return _load_sources(connection, {paper_id: data})[paper_id]


def save_sources(connection: Connection, paper_id: int, sources: Sequence[Source]) -> None:
    """Store what was changed or joined; a paper's only source is not stored twice."""
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
    _insert_sources(connection, [(paper_id, s, alone) for s in sources if s.row is None])


def _assign(connection: Connection, matcher: Matcher, items: Sequence[Item]) -> _Plan:
    """Decide record by record; nothing is written."""
    following = next_id(connection, "papers")
    plan = _Plan()
    for position, item in enumerate(items):
        match = matcher.find(item)
        if match is None:
            paper_id, following = following, following + 1
            plan.fresh.add(paper_id)
        else:
            paper_id = match.paper_id
            for other in match.absorbed:
                plan.bridges.append(Bridge(position, paper_id, other, matcher.join(paper_id, other)))
        plan.scores.append(match.score if match else None)
        plan.targets.append(paper_id)
        matcher.enter(item, paper_id)
    return plan


def _bridge(
    connection: Connection, matcher: Matcher, items: Sequence[Item], plan: _Plan, at: str
) -> tuple[list[int], list[tuple[int, Item, Absorbed]], dict[int, int]]:
    """Make stored papers one where the plan says so.

    Returns per item the paper it goes to; what is to be kept of each bridge; and absorbed stored paper to survivor.
    """
    if not plan.bridges:
        return plan.targets, [], {}
    records = records_of(connection, plan.bridges, items, plan.targets)
    survivors = {b.absorbed: matcher.now(b.absorbed) for b in plan.bridges if b.absorbed not in plan.fresh}
    absorbed = [
        (
            matcher.now(b.survivor),
            items[b.position],
            Absorbed(b.absorbed if b.absorbed in survivors else None, keys, b.ids),
        )
        for b, keys in zip(plan.bridges, records, strict=True)
    ]
    if survivors:
        merge_into(connection, plan.bridges, survivors, at)
    return [matcher.now(paper_id) for paper_id in plan.targets], absorbed, survivors


def _load(connection: Connection, drafts: dict[int, _Draft], paper_ids: Sequence[int]) -> None:
    if not paper_ids:
        return
    stored = {row[0]: to_data(row) for row in fetch(connection, sql.PAPER_ROWS, ids=in_list(paper_ids))}
    for paper_id, sources in _load_sources(connection, stored).items():
        drafts[paper_id].before = stored[paper_id]
        drafts[paper_id].sources = sources


def _load_sources(connection: Reading, papers: dict[int, Data]) -> dict[int, list[Source]]:
    found: dict[int, list[Source]] = {paper_id: [] for paper_id in papers}
    rows = fetch(connection, sql.SOURCES, ids=in_list(papers))
    for paper_id, row, source, source_id, at, place, content in rows:
        data = papers[paper_id] if content is None else json.loads(content)
        found[paper_id].append(Source(row, source, source_id, at, place, data))
    return found


def _store(connection: Connection, drafts: Iterable[_Draft], at: str) -> list[tuple[int, str]]:
    """Write what has changed; returns the entries for the change log."""
    new: list[New] = []
    changed: list[New] = []
    versions: list[tuple[int, str, str]] = []
    arrived: list[tuple[int, Source, bool]] = []
    for draft in drafts:
        if not draft.touched:
            continue
        data = draft.merged()
        if draft.before is None:
            alone = len(draft.items) == 1
            first = draft.items[0]
            new.append(New(draft.paper_id, data, at, *((first.rest, first.hashes) if alone else ())))
            arrived += [(draft.paper_id, source, len(draft.sources) == 1) for source in draft.sources]
            continue
        save_sources(connection, draft.paper_id, draft.sources)
        if data != draft.before or draft.absorbing:
            changed.append(New(draft.paper_id, data, at))
        if data != draft.before:
            versions.append((draft.paper_id, at, dumps(draft.before)))
    insert_papers(connection, new)
    keep_versions(connection, versions)
    replace_papers(connection, changed)
    _insert_sources(connection, arrived)
    return [(paper.paper_id, "add") for paper in new] + [(paper.paper_id, "update") for paper in changed]


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


def _log_merges(connection: Connection, merges: Sequence[tuple[Item, int, float]], at: str) -> None:
    rows = [(paper_id, item.source, item.source_id, "title", score, at) for item, paper_id, score in merges]
    insert(connection, dedup_statements.LOG_TITLE_MERGES, rows)
