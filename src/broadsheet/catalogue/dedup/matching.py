"""Which paper does an incoming record belong to? Looks everything up once a batch, then decides record by record.

Order: the same source under the same id; the same arXiv id; the same DOI; any other identifier; title, people and
place (see `identity.title_score`). Neither a file's key nor an identifier suffices where title and people are others:
then the record is a paper of its own, and a note says so. Papers that this batch has just brought, and titles it has
just given to a paper, are found like those already stored.

A record whose source id and identifiers lead to several papers shows that these are one, and they become one (see
`bridging`), unless their identifiers clash or somebody has parted them: then the record goes to the first of them and
the other keeps its name. Titles alone never make two stored papers one: two whose titles become equal by an update
stay two, since no record says that they are the same.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from broadsheet.catalogue.database import fetch, in_list
from broadsheet.catalogue.dedup.fingerprint import Fingerprint, identifiers, make_fingerprint
from broadsheet.catalogue.dedup.identity import clash, continues, related, title_score
from broadsheet.catalogue.dedup.merge_sources import is_provider
from broadsheet.catalogue.dedup.title_hashes import normalise_title, title_hashes
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import UNNAMED, Data, clean, clean_text, day_of
from broadsheet.kit.identifiers import SCHEMES, of_scheme
from broadsheet.kit.paper import Record
from broadsheet.kit.paper_json import to_json

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Item", "Match", "Matcher", "made_up_id", "prepare"]

_CROWD = 16  # papers under one gram: more share it than can be compared, and it tells nothing
_NAMESAKES = 64  # papers of one title that are compared


class Item(NamedTuple):
    """A record made ready: its data, canonical identifiers, and what it is compared by."""

    place: str
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
    ids = identifiers(paper) if "ids" in data or "pmcid" in paper.extra else {}
    if given := data.pop("ids", None):
        odd = {scheme: value for scheme, value in given.items() if of_scheme(scheme, value) is None}
        if odd:
            data["extra"] = data.get("extra", {}) | {"unrecognised_ids": odd}
        if named := {scheme: value for scheme, value in ids.items() if scheme != "pmcid"}:
            data["ids"] = named
    data, rest = clean(data)
    title = normalise_title(data["title"])
    source_id = clean_text(record.source_id).strip(UNNAMED + " ") or made_up_id(data)
    hashes = title_hashes(title, data.get("extra", {}))
    return Item(record.place, clean_text(record.source), source_id, data, rest, ids, title, hashes)


def made_up_id(data: Data) -> str:
    """The id of a record whose source gives none: a digest of all that tells it from other records."""
    extra = data.get("extra", {})
    said = [
        normalise_title(data["title"]),
        [normalise_title(author.get("family") or author["name"]) for author in data.get("authors", ())],
        [str(data.get(key, "")) for key in ("year", "venue", "kind", "submitted", "announced")],
        [
            str(extra.get(key, ""))
            for key in ("volume", "issue", "number", "pages", "article_number", "date", "chapter")
        ],
        sorted(data.get("ids", {}).items()),
    ]
    return UNNAMED + hashlib.blake2b(repr(said).encode(errors="replace")).hexdigest()[:24]


def print_of(item: Item) -> Fingerprint:
    """What the record is compared by."""
    data = item.data
    names = tuple([author.get("family") or author["name"] for author in data.get("authors", ())])
    day = day_of(data)
    year = data.get("year") or (date.fromordinal(day).year if day else None)
    named, extra = frozenset(item.ids.items()), data.get("extra", {})
    return make_fingerprint(item.title, names, year, named, data.get("venue", ""), data.get("kind", ""), extra)


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
        self._survivors: dict[int, int] = {}
        self._connection = connection
        self.notes: list[str] = []  # what a reader should know of how records were told apart
        self._load(connection, items)

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
            if len(self._by_hash[value]) <= _NAMESAKES:
                self._by_hash[value].append(paper_id)
        if paper_id not in self._prints:
            self._prints[paper_id] = item
            return
        if self._prints[paper_id].title != item.title:
            self._also[paper_id].append(print_of(item))
        own = {pair for pair in item.ids.items() if self.now(self._by_id[pair]) == paper_id}
        known = self._print(paper_id)
        if not own <= known.ids:
            self._prints[paper_id] = replace(known, ids=known.ids | own)

    def _named(self, item: Item) -> list[int]:
        """The papers that the item's source id and identifiers name, each once, in order of trust."""
        found: list[int] = []
        keyed = [self.now(paper_id) for paper_id in self._by_source.get((item.source, item.source_id), ())]
        if keyed and is_provider(item.source):
            found.append(keyed[0])
        elif keyed:
            mine = print_of(item)
            found += [paper_id for paper_id in keyed if self._under_any(paper_id, mine, continues)][:1]
        strangers: list[tuple[str, int]] = []
        for scheme in SCHEMES if item.ids else ():
            named = self._by_id.get((scheme, item.ids.get(scheme, "")))
            if named is None or self.now(named) in found:
                continue
            if self._under_any(self.now(named), print_of(item), related):
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

    def _under_any(self, paper_id: int, mine: Fingerprint, alike: Callable[[Fingerprint, Fingerprint], bool]) -> bool:
        """Whether the comparison holds under any of the paper's titles."""
        return any(alike(one, mine) for one in (self._print(paper_id), *self._also.get(paper_id, ())))

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
        return fetch(self._connection, sql.PARTED_PAPERS)

    def _by_title(self, item: Item) -> Match | None:
        candidates: set[int] = set()
        for place, value in enumerate(item.hashes):
            papers = self._by_hash.get(value, ())
            if not place or len(papers) <= _CROWD:  # the first is of the whole title
                candidates.update(map(self.now, papers[:_NAMESAKES]))
        if not candidates:
            return None
        mine = print_of(item)
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
            known = self._prints[paper_id] = print_of(known)
        return known

    def _load(self, connection: Connection, items: Sequence[Item]) -> None:
        keys = {(item.source, item.source_id) for item in items}
        found = fetch(connection, sql.MATCH_SOURCES, values=in_list({key[1] for key in keys}))
        for source, source_id, paper_id in found:
            if (source, source_id) in keys and paper_id not in self._by_source[source, source_id]:
                self._by_source[source, source_id].append(paper_id)
        for scheme in SCHEMES:
            if values := {item.ids[scheme] for item in items if scheme in item.ids}:
                found = fetch(connection, sql.PAPERS_BY_IDENTIFIER, values=in_list(values), scheme=scheme)
                self._by_id.update({(scheme, value): paper_id for value, paper_id in found})
        whole = {item.hashes[0] for item in items if item.hashes}
        hashes = in_list({value for item in items for value in item.hashes})
        for value, listed in fetch(connection, sql.MATCH_TITLES, values=hashes, most=_NAMESAKES + 1):
            papers = list(map(int, listed.split(","))) if listed else []
            self._by_hash[value] += papers if value in whole or len(papers) <= _CROWD else [0] * len(papers)
        wanted = {paper_id for group in (*self._by_source.values(), *self._by_hash.values()) for paper_id in group} - {
            0
        }
        self._prints.update(_fingerprints(connection, wanted | set(self._by_id.values())))
        if wanted:
            self._apart.update(fetch(connection, sql.KEPT_APART))


def _fingerprints(connection: Connection, paper_ids: Iterable[int]) -> dict[int, Fingerprint]:
    wanted = in_list(sorted(paper_ids))
    ids: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for paper_id, scheme, value in fetch(connection, sql.IDENTIFIERS, ids=wanted):
        ids[paper_id].add((scheme, value))
    found = {}
    rows = fetch(connection, sql.FINGERPRINTS, ids=wanted)
    for paper_id, title, authors, year, day, venue, kind, extra in rows:
        names = tuple(authors.split("\n")) if authors else ()
        known_year = year or (date.fromordinal(day).year if day else None)
        mine = frozenset(ids.get(paper_id, ()))
        more = json.loads(extra) if extra else {}
        found[paper_id] = make_fingerprint(normalise_title(title), names, known_year, mine, venue, kind or "", more)
    return found
