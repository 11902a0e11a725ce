"""Matching: the paper an incoming record belongs to. Look-ups are made once per batch, decisions per record.

Order: the same source under the same id; the same arXiv id; the same DOI; any other identifier; title, people and
place (see `identity.title_score`). Neither a file's key nor an identifier suffices where title and people are others:
then the record is a paper of its own, and a note says so.

A record is compared with the papers as they would be had each record before it been stored at once, so it makes no
difference how records are divided into batches.

A record whose source id and identifiers lead to several papers shows that these are one, and they become one (see
`merge_papers`), unless their identifiers clash or somebody has parted them: then the record goes to the first of them
and the other keeps its name. Titles alone never make two stored papers one: two whose titles become equal by an update
stay two, since no record says that they are the same.
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
from broadsheet.catalogue.dedup.identity import clash, continues, related, title_score
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
    absorbed: tuple[int, ...] = ()  # other papers, all younger, that this record shows to be the same


class Matcher:
    """The memory of one batch.

    `find` says where a record belongs. Once it is among the `drafts`, `begin` or `enter` make that known to the records
    still to come; `join` does for papers that become one.
    """

    def __init__(self, connection: Connection, items: Sequence[Item], drafts: Drafts) -> None:
        """Looks up, for all items at once, every stored paper that could match one of them."""
        self._connection = connection
        self._drafts = drafts
        self._by_source: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._by_id: dict[tuple[str, str], int] = {}
        self._titles = TitleLists(connection, items)
        self._prints: dict[int, Fingerprint | Item] = {}
        self._stale: set[int] = set()  # papers whose fingerprint is of before a record; title and ids are right
        self._apart: set[tuple[int, str, str]] = set()
        self._survivors: dict[int, int] = {}
        self.notes: list[str] = []  # what a reader should know of how records were told apart
        self._load(items)

    def find(self, item: Item) -> Match | None:
        """The paper `item` belongs to, or None if it is a new one."""
        found = self._named(item)
        if len(found) > 1:
            return self._bridge(item, found)
        return Match(found[0]) if found else self._by_title(item)

    def now(self, paper_id: int) -> int:
        """The paper that this one is part of; itself if it was not absorbed."""
        while paper_id in self._survivors:
            paper_id = self._survivors[paper_id]
        return paper_id

    def join(self, survivor: int, absorbed: int) -> frozenset[tuple[str, str]]:
        """Note that one paper is part of another from now on; returns the identifiers it had."""
        kept, gone = self._print(survivor), self._print(absorbed)
        self._survivors[absorbed] = survivor
        self._titles.remove(absorbed, print_hashes(gone))
        self._prints[survivor] = replace(kept, ids=kept.ids | gone.ids)
        self._stale.add(survivor)
        self._apart |= {(survivor, source, name) for paper_id, source, name in self._apart if paper_id == absorbed}
        return gone.ids

    def begin(self, item: Item, paper_id: int) -> None:
        """Note that `item` is a new paper."""
        own = self._name(item, paper_id)
        whole = len(own) == len(item.ids)
        self._prints[paper_id] = item if whole else fingerprint_of(item.data, item.title, own)
        self._titles.add(paper_id, item.hashes)

    def enter(self, item: Item, match: Match) -> None:
        """Note that `item` belongs to a paper that was there before it."""
        paper_id = match.paper_id
        own = self._name(item, paper_id)
        known = self._as_known(paper_id)
        if not own <= known.ids:
            self._prints[paper_id] = replace(known, ids=known.ids | own)
        self._stale.add(paper_id)
        if match.absorbed or item.title != known.title or is_generic(item.title):
            self._renew(paper_id)  # it may be found by another title

    def _name(self, item: Item, paper_id: int) -> set[tuple[str, str]]:
        """Give the paper the names of a record that are free; returns those that are the paper's own."""
        mine = self._by_source[item.source, item.source_id]
        if paper_id not in mine:
            mine.append(paper_id)
        return {pair for pair in item.ids.items() if self.now(self._by_id.setdefault(pair, paper_id)) == paper_id}

    def _named(self, item: Item) -> list[int]:
        """The papers that the item's source id and identifiers name, each once, in order of trust."""
        found: list[int] = []
        keyed = [self.now(paper_id) for paper_id in self._by_source.get((item.source, item.source_id), ())]
        if keyed and is_provider(item.source):
            found.append(keyed[0])
        elif keyed:
            mine = _print_of(item)
            found += [paper_id for paper_id in keyed if continues(self._print(paper_id), mine)][:1]
        strangers: list[tuple[str, int]] = []
        for scheme in SCHEMES if item.ids else ():
            named = self._by_id.get((scheme, item.ids.get(scheme, "")))
            if named is None or self.now(named) in found:
                continue
            if related(self._print(self.now(named)), _print_of(item)):
                found.append(self.now(named))
            else:
                strangers.append((f"the {scheme} id {item.ids[scheme]}", self.now(named)))
        if keyed and not found:
            strangers.append((f"the key {item.source_id}", keyed[0]))
        if strangers and not (found and found[:1] == keyed):  # under its own key it is known, whatever ids it gains
            what, paper_id = strangers[0]
            where = item.place or item.source
            self.notes.append(f"{where}: {what} is another work's, paper {paper_id}; kept apart from it")
        return found

    def _bridge(self, item: Item, found: Sequence[int]) -> Match:
        """The first of these papers and those that may be one with it, as the oldest of them."""
        group = [found[0]]
        for other in found[1:]:
            if clash(item.ids.items(), self._print(other).ids) or any(self._two(one, other) for one in group):
                continue
            group.append(other)
        survivor, *absorbed = sorted(group)
        return Match(survivor, absorbed=tuple(absorbed))

    def _two(self, one: int, other: int) -> bool:
        """Whether these cannot be one paper, or were unmerged by a user."""
        if clash(self._print(one).ids, self._print(other).ids):
            return True
        return any({self.now(a), self.now(b)} == {one, other} for a, b in chain(self._parted, self._newly_parted()))

    @cached_property
    def _parted(self) -> list[tuple[int, int]]:
        """Pairs of papers one of which was told never to take a record of the other."""
        return fetch(self._connection, sql.PARTED_PAPERS)

    def _newly_parted(self) -> Iterator[tuple[int, int]]:
        """Such pairs by records of this batch."""
        for paper_id, source, source_id in self._apart:
            for other in self._by_source.get((source, source_id), ()):
                yield paper_id, other

    def _by_title(self, item: Item) -> Match | None:
        candidates = self._titles.candidates(item)
        if not candidates:
            return None
        mine = _print_of(item)
        best: Match | None = None
        for paper_id in sorted(candidates):
            score = title_score(mine, self._print(paper_id))
            allowed = (paper_id, item.source, item.source_id) not in self._apart
            if score and allowed and (best is None or score > (best.score or 0)):
                best = Match(paper_id, score)
        return best

    def _print(self, paper_id: int) -> Fingerprint:
        """The paper's fingerprint after all records so far."""
        if paper_id in self._stale:
            self._renew(paper_id)
        return self._as_known(paper_id)

    def _as_known(self, paper_id: int) -> Fingerprint:
        if paper_id not in self._prints:
            self._prints.update(_fingerprints(self._connection, [paper_id]))
        known = self._prints[paper_id]
        if isinstance(known, Item):
            known = self._prints[paper_id] = _print_of(known)
        return known

    def _renew(self, paper_id: int) -> None:
        """Compare the paper from now on by what its sources say together after all records so far."""
        known, data = self._as_known(paper_id), self._drafts.state(paper_id).data
        self._stale.discard(paper_id)
        renewed = self._prints[paper_id] = fingerprint_of(data, normalise_title(data["title"]), known.ids)
        old, new = set(print_hashes(known)), set(print_hashes(renewed))
        self._titles.remove(paper_id, old - new)
        self._titles.add(paper_id, new - old)

    def _load(self, items: Sequence[Item]) -> None:
        keys = {(item.source, item.source_id) for item in items}
        found = fetch(self._connection, sql.MATCH_SOURCES, values=in_list({key[1] for key in keys}))
        for source, source_id, paper_id in found:
            if (source, source_id) in keys and paper_id not in self._by_source[source, source_id]:
                self._by_source[source, source_id].append(paper_id)
        for scheme in SCHEMES:
            if values := {item.ids[scheme] for item in items if scheme in item.ids}:
                found = fetch(self._connection, sql.PAPERS_BY_IDENTIFIER, values=in_list(values), scheme=scheme)
                self._by_id.update({(scheme, value): paper_id for value, paper_id in found})
        wanted = self._titles.likely().union(self._by_id.values(), *self._by_source.values())
        self._prints.update(_fingerprints(self._connection, wanted))
        if wanted:
            self._apart.update(fetch(self._connection, sql.KEPT_APART))


def _print_of(item: Item) -> Fingerprint:
    return fingerprint_of(item.data, item.title, item.ids.items())


def _fingerprints(connection: Connection, paper_ids: Iterable[int]) -> dict[int, Fingerprint]:
    """The fingerprints of stored papers."""
    wanted = in_list(sorted(paper_ids))
    ids: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for paper_id, scheme, value in fetch(connection, sql.IDENTIFIERS, ids=wanted):
        ids[paper_id].add((scheme, value))
    found = {}
    for paper_id, title, year, venue, content in fetch(connection, sql.FINGERPRINTS, ids=wanted):
        data = json.loads(content) | {"year": year, "venue": venue}
        found[paper_id] = fingerprint_of(data, normalise_title(title), ids.get(paper_id, ()))
    return found
