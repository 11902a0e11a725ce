"""Papers while a batch is applied to them.

After each record a paper is what it would be had the record been stored at once: its sources, what they say together,
and its earlier contents. Only the writing waits for the end of the batch.
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
    """One source's word on a paper. `row` is its number in `source_records`, None until stored."""

    row: int | None
    source: str
    source_id: str
    fetched_at: str
    place: str
    data: Data
    import_id: int | None = None  # where it is new
    position: int = 0  # in the batch, where it is new


@dataclass(slots=True)
class Draft:
    """A paper while a batch is applied to it."""

    paper_id: int
    data: Data  # the merge of its sources
    sources: list[Source]
    only: Item | None = None  # the only record of a new paper
    is_new: bool = False
    touched: bool = False
    absorbing: bool = False  # other papers have become part of it
    joined: bool = False  # since the last record
    versions: list[tuple[int, Data]] = field(default_factory=list)  # (position of what replaced it, earlier data)

    def apply(self, position: int, item: Item, at: str, import_id: int | None) -> str:
        """Take in one record; returns its outcome."""
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
        """Take in what another paper has; the record that shows the two to be one is applied next."""
        self.sources = sorted(self.sources + other.sources, key=lambda s: (s.row is None, s.row or s.position))
        self.versions = sorted([*self.versions, *other.versions], key=lambda one: one[0])
        self.versions.append((position, other.data))
        self.touched = self.absorbing = self.joined = True

    def _take(self, position: int, item: Item, at: str, import_id: int | None) -> str:
        mine = [s for s in self.sources if (s.source, s.source_id) == (item.source, item.source_id)]
        # Two only where one file's number stood for two papers that turned out to be one.
        if any(overlay(source.data, item.data) == source.data for source in mine):
            return "unchanged"
        if mine:
            source = mine[0]
            source.data, source.fetched_at, source.place = overlay(source.data, item.data), at, item.place
            return "updated"
        self.sources.append(_source(position, item, at, import_id))
        return "merged"


class Drafts:
    """The papers that a batch touches. A stored one is read when its state is asked for, or with all at the end."""

    def __init__(self, connection: Reading, at: str, import_id: int | None) -> None:
        """Reads nothing yet."""
        self._connection = connection
        self._at = at
        self._import_id = import_id
        self._drafts: dict[int, Draft] = {}
        self._waiting: dict[int, list[tuple[int, Item]]] = {}  # for stored papers that were not read so far
        self.outcomes: list[str] = []  # per record

    def begin(self, paper_id: int, item: Item) -> None:
        """The next record is a new paper."""
        source = _source(len(self.outcomes), item, self._at, self._import_id)
        self._drafts[paper_id] = Draft(paper_id, item.data, [source], item, is_new=True, touched=True)
        self.outcomes.append("added")

    def put(self, paper_id: int, item: Item) -> None:
        """The next record belongs to this paper."""
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
        """One paper becomes part of another by the next record; returns what was absorbed."""
        gone = self.state(absorbed)
        self.state(survivor).absorb(len(self.outcomes), gone)
        del self._drafts[absorbed]
        return gone

    def finish(self) -> list[Draft]:
        """All papers touched, by number."""
        self._read(self._waiting)
        return [draft for _, draft in sorted(self._drafts.items()) if draft.touched]

    def _read(self, paper_ids: Iterable[int]) -> None:
        wanted = list(paper_ids)
        if not wanted:
            return
        stored = {row[0]: to_data(row) for row in fetch(self._connection, sql.PAPER_ROWS, ids=in_list(wanted))}
        for paper_id, sources in _load_sources(self._connection, stored).items():
            draft = self._drafts[paper_id] = Draft(paper_id, stored[paper_id], sources)
            for position, item in self._waiting.pop(paper_id, ()):
                self.outcomes[position] = draft.apply(position, item, self._at, self._import_id)


def load_sources(connection: Reading, paper_id: int, data: Data) -> list[Source]:
    """The sources of one paper, first one first; `data` is the paper's own."""
    return _load_sources(connection, {paper_id: data})[paper_id]


def _source(position: int, item: Item, at: str, import_id: int | None) -> Source:
    return Source(None, item.source, item.source_id, at, item.place, item.data, import_id, position)


def _load_sources(connection: Reading, papers: dict[int, Data]) -> dict[int, list[Source]]:
    found: dict[int, list[Source]] = {paper_id: [] for paper_id in papers}
    rows = fetch(connection, sql.SOURCES, ids=in_list(papers))
    for paper_id, row, source, source_id, at, place, content in rows:
        data = papers[paper_id] if content is None else json.loads(content)
        found[paper_id].append(Source(row, source, source_id, at, place, data))
    return found
