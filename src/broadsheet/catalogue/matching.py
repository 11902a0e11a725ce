"""Which paper does an incoming record belong to? Looks everything up once a batch, then decides record by record.

Order: the same source under the same id; the same arXiv id; the same DOI; any other identifier; title and authors
(see `identity.title_score`). Papers that this batch has just brought, and titles it has just given to a paper, are
found like those already stored.

A record whose source id and identifiers lead to several papers shows that these are one, and they become one (see
`bridging`), unless their identifiers clash or somebody has parted them: then the record goes to the first of them and
the other keeps its name. Titles alone never make two stored papers one: two whose titles become equal by an update
stay two, since no record says that they are the same.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import Connection

from broadsheet.catalogue.database import fetch, in_list
from broadsheet.catalogue.identity import (
    Fingerprint,
    canonical,
    clash,
    fingerprint,
    gram_hashes,
    identifiers,
    names_of,
    normalise_title,
    plausible,
    surnames,
    title_grams,
    title_score,
)
from broadsheet.catalogue.merging import is_provider
from broadsheet.catalogue.rows import Data, clean, clean_text
from broadsheet.kit.paper import Record
from broadsheet.kit.paper_json import to_json

__all__ = ["UNNAMED", "Item", "Match", "Matcher", "prepare"]

UNNAMED = "\x1f"  # begins the id we give to a record whose source gives none
_SCHEMES = ("arxiv", "doi", "acl", "openalex", "s2", "pmid", "openreview")  # in order of trust


@dataclass(frozen=True, slots=True)
class Item:
    """A record made ready: its data, canonical identifiers, and what it is compared by."""

    record: Record
    source: str
    source_id: str
    data: Data
    rest: str  # rows.rest_of(data)
    ids: dict[str, str]
    title: str  # normalised
    hashes: list[int]


class Match(NamedTuple):
    """The paper a record belongs to; `score` is set where titles decided."""

    paper_id: int
    score: float | None = None
    absorbed: tuple[int, ...] = ()  # other papers, all younger, that this record shows to be the same


def prepare(record: Record) -> Item:
    """The record ready to be matched and stored; never fails on odd text."""
    paper = record.paper
    data = to_json(paper)
    ids = identifiers(paper) if "ids" in data else {}
    if given := data.pop("ids", None):
        odd = {key: value for key, value in given.items() if (canonical(value) or (key, value))[1] not in ids.values()}
        if odd:
            data["extra"] = data.get("extra", {}) | {"unrecognised_ids": odd}
        if ids:
            data["ids"] = ids
    data, rest = clean(data)
    title = normalise_title(data["title"])
    source_id = clean_text(record.source_id).strip(UNNAMED + " ")
    if not source_id:
        names = sorted(surnames(names_of(paper)))
        digest = hashlib.blake2b(f"{title}|{names}|{paper.year}|{sorted(ids.items())}".encode(errors="replace"))
        source_id = UNNAMED + digest.hexdigest()[:24]
    return Item(record, clean_text(record.source), source_id, data, rest, ids, title, gram_hashes(title_grams(title)))


class Matcher:
    """The memory of one batch.

    `find` says where a record belongs; `join` and `enter` make decisions known to the records still to come.
    """

    def __init__(self, connection: Connection, items: Sequence[Item]) -> None:
        """Looks up, for all items at once, every stored paper that could match one of them."""
        self._by_source: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._by_id: dict[tuple[str, str], int] = {}
        self._by_hash: dict[int, list[int]] = defaultdict(list)
        self._prints: dict[int, Fingerprint | Item] = {}
        self._also: dict[int, list[Fingerprint]] = defaultdict(list)  # by what else this batch calls a paper
        self._apart: set[tuple[int, str, str]] = set()
        self._heirs: dict[int, int] = {}
        self._connection = connection
        self._load(connection, items)

    def find(self, item: Item) -> Match | None:
        """The paper `item` belongs to, or None if it is a new one."""
        found = self._named(item)
        if len(found) > 1:
            return self._bridge(item, found)
        return Match(found[0]) if found else self._by_title(item)

    def now(self, paper_id: int) -> int:
        """The paper that this one is part of; itself if it was not absorbed."""
        while paper_id in self._heirs:
            paper_id = self._heirs[paper_id]
        return paper_id

    def join(self, survivor: int, absorbed: int) -> frozenset[tuple[str, str]]:
        """Note that one paper is part of another from now on; returns the identifiers it had."""
        kept, gone = self._print(survivor), self._print(absorbed)
        self._heirs[absorbed] = survivor
        self._prints[survivor] = replace(kept, ids=kept.ids | gone.ids)
        self._also[survivor] += [gone, *self._also.pop(absorbed, ())]
        self._apart |= {(survivor, source, name) for paper_id, source, name in self._apart if paper_id == absorbed}
        return gone.ids

    def enter(self, item: Item, paper_id: int) -> None:
        """Note that `item` belongs to `paper_id`, for the records still to come."""
        mine = self._by_source[item.source, item.source_id]
        if paper_id not in mine:
            mine.append(paper_id)
        for pair in item.ids.items():
            self._by_id.setdefault(pair, paper_id)
        for value in item.hashes:
            self._by_hash[value].append(paper_id)
        if paper_id not in self._prints:
            self._prints[paper_id] = item
            return
        if self._prints[paper_id].title != item.title:
            self._also[paper_id].append(fingerprint(item.record.paper, item.ids))
        own = {pair for pair in item.ids.items() if self.now(self._by_id[pair]) == paper_id}
        known = self._print(paper_id)
        if not own <= known.ids:
            self._prints[paper_id] = replace(known, ids=known.ids | own)

    def _named(self, item: Item) -> list[int]:
        """The papers that the item's source id and identifiers name, each once, in order of trust."""
        found: list[int] = []
        for paper_id in self._by_source.get((item.source, item.source_id), ()):
            if is_provider(item.source) or plausible(item.title, self._print(self.now(paper_id)).title):
                found.append(self.now(paper_id))
                break
        for scheme in _SCHEMES if item.ids else ():
            named = self._by_id.get((scheme, item.ids.get(scheme, "")))
            if named is not None and self.now(named) not in found:
                found.append(self.now(named))
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
        """Whether these cannot be one paper, or were parted by somebody who knows better."""
        if clash(self._print(one).ids, self._print(other).ids):
            return True
        return any({self.now(a), self.now(b)} == {one, other} for a, b in self._parted)

    @cached_property
    def _parted(self) -> list[tuple[int, int]]:
        """Pairs of papers one of which was told never to take a record of the other."""
        sql = (
            "SELECT DISTINCT k.paper_id, s.paper_id FROM kept_apart k "
            "CROSS JOIN source_records s ON s.source_id = k.source_id AND s.source = k.source"
        )
        return fetch(self._connection, sql)

    def _by_title(self, item: Item) -> Match | None:
        candidates = {self.now(paper_id) for value in item.hashes for paper_id in self._by_hash.get(value, ())}
        if not candidates:
            return None
        mine = fingerprint(item.record.paper, item.ids)
        best: Match | None = None
        for paper_id in sorted(candidates):
            score = self._likeness(mine, paper_id)
            allowed = (paper_id, item.source, item.source_id) not in self._apart
            if score and allowed and (best is None or score > (best.score or 0)):
                best = Match(paper_id, score)
        return best

    def _likeness(self, mine: Fingerprint, paper_id: int) -> float:
        """The best score under any of the paper's titles; its identifiers speak whatever the title."""
        known = self._print(paper_id)
        others = [replace(other, ids=known.ids) for other in self._also.get(paper_id, ())]
        return max(title_score(mine, one) for one in (known, *others))

    def _print(self, paper_id: int) -> Fingerprint:
        known = self._prints[paper_id]
        if isinstance(known, Item):
            known = self._prints[paper_id] = fingerprint(known.record.paper, known.ids)
        return known

    def _load(self, connection: Connection, items: Sequence[Item]) -> None:
        keys = {(item.source, item.source_id) for item in items}
        sql = (
            "SELECT s.source, s.source_id, s.paper_id FROM json_each(?) j "
            "CROSS JOIN source_records s ON s.source_id = j.value ORDER BY s.id"
        )
        for source, source_id, paper_id in fetch(connection, sql, in_list({key[1] for key in keys})):
            if (source, source_id) in keys and paper_id not in self._by_source[source, source_id]:
                self._by_source[source, source_id].append(paper_id)
        for scheme in _SCHEMES:
            sql = (
                "SELECT i.scheme, i.value, i.paper_id FROM json_each(?) j "
                "CROSS JOIN identifiers i ON i.scheme = ? AND i.value = j.value"
            )
            if values := {item.ids[scheme] for item in items if scheme in item.ids}:
                for found, value, paper_id in fetch(connection, sql, in_list(values), scheme):
                    self._by_id[found, value] = paper_id
        sql = "SELECT g.hash, g.paper_id FROM json_each(?) j CROSS JOIN title_grams g ON g.hash = j.value"
        for value, paper_id in fetch(connection, sql, in_list({value for item in items for value in item.hashes})):
            self._by_hash[value].append(paper_id)
        wanted = {paper_id for group in (*self._by_source.values(), *self._by_hash.values()) for paper_id in group}
        self._prints.update(_fingerprints(connection, wanted | set(self._by_id.values())))
        if wanted:
            self._apart.update(fetch(connection, "SELECT paper_id, source, source_id FROM kept_apart"))


def _fingerprints(connection: Connection, paper_ids: Iterable[int]) -> dict[int, Fingerprint]:
    wanted = in_list(sorted(paper_ids))
    ids: dict[int, set[tuple[str, str]]] = defaultdict(set)
    sql = "SELECT i.paper_id, i.scheme, i.value FROM json_each(?) j CROSS JOIN identifiers i ON i.paper_id = j.value"
    for paper_id, scheme, value in fetch(connection, sql, wanted):
        ids[paper_id].add((scheme, value))
    found = {}
    sql = "SELECT p.id, p.title, p.authors, p.year, p.day FROM json_each(?) j CROSS JOIN papers p ON p.id = j.value"
    for paper_id, title, authors, year, day in fetch(connection, sql, wanted):
        names = tuple(authors.split("\n")) if authors else ()
        known_year = year or (date.fromordinal(day).year if day else None)
        mine = frozenset(ids.get(paper_id, ()))
        found[paper_id] = Fingerprint(normalise_title(title), names, known_year, mine)
    return found
