"""Drafts: the state of papers in memory while a batch of records is applied to them.

After each record a draft equals the paper that would result from storing the record at once: its sources, their merge
and its earlier contents. The drafts are written at the end of the batch.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from broadsheet.catalogue.database import Reading, fetch, in_list
from broadsheet.catalogue.dedup.items import Item
from broadsheet.catalogue.dedup.merge_sources import merge, overlay
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import Data, to_data

__all__ = ["Draft", "Drafts", "Source", "load_sources"]


@dataclass(slots=True)
class Source:
    """The record of one source about a paper. `row` is its id in `source_records`, None until stored."""

    row: int | None
    source: str
    source_id: str
    fetched_at: str
    place: str
    data: Data
    import_id: int | None = None  # of a new record
    position: int = 0  # in the batch, of a new record


@dataclass(slots=True)
class Draft:
    """A paper while a batch is applied to it."""

    paper_id: int
    data: Data  # the merge of its sources
    sources: list[Source]
    only: Item | None = None  # the only record of a new paper
    is_new: bool = False
    touched: bool = False
    absorbing: bool = False  # other papers are merged into it
    joined: bool = False  # another paper was merged into it since the last record
    versions: list[tuple[int, Data]] = field(default_factory=list)  # (position of what replaced it, earlier data)

    def apply(self, position: int, item: Item, at: str, import_id: int | None) -> str:
        """Add one record and merge the sources again; returns the record's outcome."""
        outcome = self._take(position, item, at, import_id)
        if outcome == "unchanged" and not self.joined:
            return outcome
        self.touched, self.joined, self.only = True, False, None
        data = merge([(source.source, source.data) for source in self.sources])
        if data != self.data:
            self.versions.append((position, self.data))
        self.data = data
        return outcome

    def absorb(self, position: int, other: Draft) -> None:
        """Add the sources and versions of another paper; the record that caused this merge is applied next."""
        self.sources = sorted(self.sources + other.sources, key=lambda s: (s.row is None, s.row or s.position))
        self.versions = sorted([*self.versions, *other.versions], key=lambda version: version[0])
        self.versions.append((position, other.data))
        self.touched = self.absorbing = self.joined = True

    def _take(self, position: int, item: Item, at: str, import_id: int | None) -> str:
        own = [s for s in self.sources if (s.source, s.source_id) == (item.source, item.source_id)]
        # There are two only if one file used the same key for two papers that are merged now.
        if any(overlay(source.data, item.data) == source.data for source in own):
            return "unchanged"
        if own:
            source = own[0]
            source.data, source.fetched_at, source.place = overlay(source.data, item.data), at, item.place
            return "updated"
        self.sources.append(_source(position, item, at, import_id))
        return "merged"


class Drafts:
    """The drafts of one batch. A stored paper is read when its state is needed, otherwise with all at the end."""

    def __init__(self, connection: Reading, at: str, import_id: int | None) -> None:
        """Reads nothing from the database yet."""
        self._connection = connection
        self._at = at
        self._import_id = import_id
        self._drafts: dict[int, Draft] = {}
        self._waiting: dict[int, list[tuple[int, Item]]] = {}  # records of stored papers not read yet
        self.outcomes: list[str] = []  # one per record

    def begin(self, paper_id: int, item: Item) -> None:
        """Apply the next record as a new paper."""
        source = _source(len(self.outcomes), item, self._at, self._import_id)
        self._drafts[paper_id] = Draft(paper_id, item.data, [source], item, is_new=True, touched=True)
        self.outcomes.append("added")

    def put(self, paper_id: int, item: Item) -> None:
        """Apply the next record to this paper."""
        position = len(self.outcomes)
        self.outcomes.append("")
        if draft := self._drafts.get(paper_id):
            self.outcomes[position] = draft.apply(position, item, self._at, self._import_id)
        else:
            self._waiting.setdefault(paper_id, []).append((position, item))

    def state(self, paper_id: int) -> Draft:
        """The paper after all records so far."""
        if paper_id not in self._drafts:
            self._read([paper_id])
        return self._drafts[paper_id]

    def join(self, survivor: int, absorbed: int) -> Draft:
        """Merge one paper into another because of the next record; returns the absorbed draft."""
        draft = self.state(absorbed)
        self.state(survivor).absorb(len(self.outcomes), draft)
        del self._drafts[absorbed]
        return draft

    def finish(self) -> list[Draft]:
        """All changed drafts, by paper number."""
        self._read(self._waiting)
        return [draft for _, draft in sorted(self._drafts.items()) if draft.touched]

    def _read(self, paper_ids: Iterable[int]) -> None:
        ids = list(paper_ids)
        if not ids:
            return
        data_of = {row[0]: to_data(row) for row in fetch(self._connection, sql.PAPER_ROWS, ids=in_list(ids))}
        for paper_id, sources in _load_sources(self._connection, data_of).items():
            draft = self._drafts[paper_id] = Draft(paper_id, data_of[paper_id], sources)
            for position, item in self._waiting.pop(paper_id, ()):
                self.outcomes[position] = draft.apply(position, item, self._at, self._import_id)


def load_sources(connection: Reading, paper_id: int, data: Data) -> list[Source]:
    """The sources of one paper, oldest first; `data` is the paper's own data."""
    return _load_sources(connection, {paper_id: data})[paper_id]


def _source(position: int, item: Item, at: str, import_id: int | None) -> Source:
    return Source(None, item.source, item.source_id, at, item.place, item.data, import_id, position)


def _load_sources(connection: Reading, papers: dict[int, Data]) -> dict[int, list[Source]]:
    sources: dict[int, list[Source]] = {paper_id: [] for paper_id in papers}
    rows = fetch(connection, sql.SOURCES, ids=in_list(papers))
    for paper_id, row, source, source_id, at, place, content in rows:
        data = papers[paper_id] if content is None else json.loads(content)
        sources[paper_id].append(Source(row, source, source_id, at, place, data))
    return sources
