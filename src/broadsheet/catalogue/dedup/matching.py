"""Matching: find the paper that a record belongs to. Queries run once per batch, decisions are made per record.

Evidence in order: the same source and source id; the same arXiv id; the same DOI; any other identifier; title, authors
and venue (see `identity.title_score`). A key of a file or an identifier is not enough if title and authors differ: then
the record becomes a new paper, and a note says so.

Each record is compared with the papers as the records before it leave them, so the division into batches makes no
difference.

If the source id and the identifiers of a record belong to several papers, these are merged (see `merge_papers`), unless
their identifiers conflict or a user has unmerged them: then the record goes to the first paper and the others keep
their identifiers. Titles alone never merge two stored papers.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from broadsheet.catalogue.database import fetch, in_list
from broadsheet.catalogue.dedup.fingerprint import Fingerprint, print_hashes
from broadsheet.catalogue.dedup.identity import compatible, ids_conflict, is_revision, title_score
from broadsheet.catalogue.dedup.items import Item, fingerprint_of
from broadsheet.catalogue.dedup.merge_sources import is_provider
from broadsheet.catalogue.dedup.title_hashes import normalise_title
from broadsheet.catalogue.dedup.title_lists import TitleLists
from broadsheet.catalogue.dedup.titles import is_generic
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.drafts import Drafts
from broadsheet.kit.identifiers import SCHEMES

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Match", "Matcher"]


class Match(NamedTuple):
    """The paper a record belongs to; `score` is set where titles decided."""

    paper_id: int
    score: float | None = None
    absorbed: tuple[int, ...] = ()  # newer papers to merge into `paper_id`


class Matcher:
    """Matches the records of one batch with stored papers and with each other.

    `find` returns the match of a record. After the record is in `drafts`, `begin` (a new paper) or `enter` (a known
    one) makes it visible to the next records; `join` does the same for merged papers.
    """

    def __init__(self, connection: Connection, items: Sequence[Item], drafts: Drafts) -> None:
        """Looks up, for all items at once, every stored paper that could match one of them."""
        self._connection = connection
        self._drafts = drafts
        self._by_source: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._by_id: dict[tuple[str, str], int] = {}
        self._titles = TitleLists(connection, items)
        self._prints: dict[int, Fingerprint | Item] = {}
        self._stale: set[int] = set()  # papers whose fingerprint is outdated, except title and ids
        self._apart: set[tuple[int, str, str]] = set()
        self._survivors: dict[int, int] = {}
        self.notes: list[str] = []  # for the user: records that were kept apart
        self._load(items)

    def find(self, item: Item) -> Match | None:
        """The paper `item` belongs to, or None if it is a new one."""
        paper_ids = self._by_any_id(item)
        if len(paper_ids) > 1:
            return self._bridge(item, paper_ids)
        return Match(paper_ids[0]) if paper_ids else self._by_title(item)

    def now(self, paper_id: int) -> int:
        """The paper into which this one is merged; itself if it is not merged."""
        while paper_id in self._survivors:
            paper_id = self._survivors[paper_id]
        return paper_id

    def join(self, survivor: int, absorbed: int) -> frozenset[tuple[str, str]]:
        """Merge one paper into another; returns the identifiers of the absorbed paper."""
        survivor_print, absorbed_print = self._print(survivor), self._print(absorbed)
        self._survivors[absorbed] = survivor
        self._titles.remove(absorbed, print_hashes(absorbed_print))
        self._prints[survivor] = replace(survivor_print, ids=survivor_print.ids | absorbed_print.ids)
        self._stale.add(survivor)
        self._apart |= {(survivor, source, name) for paper_id, source, name in self._apart if paper_id == absorbed}
        return absorbed_print.ids

    def begin(self, item: Item, paper_id: int) -> None:
        """Add `item` as a new paper."""
        own_ids = self._claim_ids(item, paper_id)
        owns_all = len(own_ids) == len(item.ids)
        self._prints[paper_id] = item if owns_all else fingerprint_of(item.data, item.title, own_ids)
        self._titles.add(paper_id, item.hashes)

    def enter(self, item: Item, match: Match) -> None:
        """Add `item` to the paper it matches."""
        paper_id = match.paper_id
        own_ids = self._claim_ids(item, paper_id)
        current = self._cached_print(paper_id)
        if not own_ids <= current.ids:
            self._prints[paper_id] = replace(current, ids=current.ids | own_ids)
        self._stale.add(paper_id)
        if match.absorbed or item.title != current.title or is_generic(item.title):
            self._renew(paper_id)  # its title may have changed

    def _claim_ids(self, item: Item, paper_id: int) -> set[tuple[str, str]]:
        """Give the paper the record's identifiers that no other paper owns; returns the record's ids that it owns."""
        papers = self._by_source[item.source, item.source_id]
        if paper_id not in papers:
            papers.append(paper_id)
        return {pair for pair in item.ids.items() if self.now(self._by_id.setdefault(pair, paper_id)) == paper_id}

    def _by_any_id(self, item: Item) -> list[int]:
        """The papers with the item's source id or identifiers, each once, the strongest evidence first."""
        papers: list[int] = []
        with_source_id = [self.now(paper_id) for paper_id in self._by_source.get((item.source, item.source_id), ())]
        if with_source_id and is_provider(item.source):
            papers.append(with_source_id[0])
        elif with_source_id:
            record = _print_of(item)
            papers += [paper_id for paper_id in with_source_id if is_revision(self._print(paper_id), record)][:1]
        conflicts: list[tuple[str, int]] = []
        for scheme in SCHEMES if item.ids else ():
            owner = self._by_id.get((scheme, item.ids.get(scheme, "")))
            if owner is None or self.now(owner) in papers:
                continue
            if compatible(self._print(self.now(owner)), _print_of(item)):
                papers.append(self.now(owner))
            else:
                conflicts.append((f"the {scheme} id {item.ids[scheme]}", self.now(owner)))
        if with_source_id and not papers:
            conflicts.append((f"the key {item.source_id}", with_source_id[0]))
        # A record under its own key belongs to its paper, whatever identifiers are new in it.
        if conflicts and not (papers and papers[:1] == with_source_id):
            name, paper_id = conflicts[0]
            where = item.place or item.source
            self.notes.append(f"{where}: {name} is another work's, paper {paper_id}; kept apart from it")
        return papers

    def _bridge(self, item: Item, paper_ids: Sequence[int]) -> Match:
        """Match the first of these papers, merged with those that can be the same paper; the oldest survives."""
        group = [paper_ids[0]]
        for other in paper_ids[1:]:
            conflicts = ids_conflict(item.ids.items(), self._print(other).ids)
            if not conflicts and not any(self._must_stay_apart(member, other) for member in group):
                group.append(other)
        survivor, *absorbed = sorted(group)
        return Match(survivor, absorbed=tuple(absorbed))

    def _must_stay_apart(self, first: int, second: int) -> bool:
        """Whether two papers must not be merged: their identifiers conflict, or a user has unmerged them."""
        if ids_conflict(self._print(first).ids, self._print(second).ids):
            return True
        pairs = chain(self._unmerged, self._unmerged_in_batch())
        return any({self.now(a), self.now(b)} == {first, second} for a, b in pairs)

    @cached_property
    def _unmerged(self) -> list[tuple[int, int]]:
        """Pairs of stored papers that a user has unmerged."""
        return fetch(self._connection, sql.PARTED_PAPERS)

    def _unmerged_in_batch(self) -> Iterator[tuple[int, int]]:
        """Pairs of unmerged papers that result from the records of this batch."""
        for paper_id, source, source_id in self._apart:
            for other in self._by_source.get((source, source_id), ()):
                yield paper_id, other

    def _by_title(self, item: Item) -> Match | None:
        candidates = self._titles.candidates(item)
        if not candidates:
            return None
        record = _print_of(item)
        best: Match | None = None
        for paper_id in sorted(candidates):
            score = title_score(record, self._print(paper_id))
            allowed = (paper_id, item.source, item.source_id) not in self._apart
            if score and allowed and (best is None or score > (best.score or 0)):
                best = Match(paper_id, score)
        return best

    def _print(self, paper_id: int) -> Fingerprint:
        """The paper's fingerprint after all records up to now."""
        if paper_id in self._stale:
            self._renew(paper_id)
        return self._cached_print(paper_id)

    def _cached_print(self, paper_id: int) -> Fingerprint:
        if paper_id not in self._prints:
            self._prints.update(_fingerprints(self._connection, [paper_id]))
        entry = self._prints[paper_id]
        if isinstance(entry, Item):
            entry = self._prints[paper_id] = _print_of(entry)
        return entry

    def _renew(self, paper_id: int) -> None:
        """Recompute the fingerprint and title hashes of a paper from its draft."""
        current, data = self._cached_print(paper_id), self._drafts.state(paper_id).data
        self._stale.discard(paper_id)
        updated = self._prints[paper_id] = fingerprint_of(data, normalise_title(data["title"]), current.ids)
        old, new = set(print_hashes(current)), set(print_hashes(updated))
        self._titles.remove(paper_id, old - new)
        self._titles.add(paper_id, new - old)

    def _load(self, items: Sequence[Item]) -> None:
        keys = {(item.source, item.source_id) for item in items}
        rows = fetch(self._connection, sql.MATCH_SOURCES, values=in_list({key[1] for key in keys}))
        for source, source_id, paper_id in rows:
            if (source, source_id) in keys and paper_id not in self._by_source[source, source_id]:
                self._by_source[source, source_id].append(paper_id)
        for scheme in SCHEMES:
            if values := {item.ids[scheme] for item in items if scheme in item.ids}:
                rows = fetch(self._connection, sql.PAPERS_BY_IDENTIFIER, values=in_list(values), scheme=scheme)
                self._by_id.update({(scheme, value): paper_id for value, paper_id in rows})
        paper_ids = self._titles.likely().union(self._by_id.values(), *self._by_source.values())
        self._prints.update(_fingerprints(self._connection, paper_ids))
        if paper_ids:
            self._apart.update(fetch(self._connection, sql.KEPT_APART))


def _print_of(item: Item) -> Fingerprint:
    return fingerprint_of(item.data, item.title, item.ids.items())


def _fingerprints(connection: Connection, paper_ids: Iterable[int]) -> dict[int, Fingerprint]:
    """The fingerprints of stored papers."""
    id_list = in_list(sorted(paper_ids))
    ids: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for paper_id, scheme, value in fetch(connection, sql.IDENTIFIERS, ids=id_list):
        ids[paper_id].add((scheme, value))
    prints = {}
    for paper_id, title, year, venue, content in fetch(connection, sql.FINGERPRINTS, ids=id_list):
        data = json.loads(content) | {"year": year, "venue": venue}
        prints[paper_id] = fingerprint_of(data, normalise_title(title), ids.get(paper_id, ()))
    return prints
