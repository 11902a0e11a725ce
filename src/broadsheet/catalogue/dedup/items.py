"""Records prepared for matching and storing, and their fingerprints. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from broadsheet.catalogue.dedup.fingerprint import Fingerprint, identifiers, make_fingerprint
from broadsheet.catalogue.dedup.title_hashes import normalise_title, title_hashes
from broadsheet.catalogue.paper_row import UNNAMED, Data, clean, clean_text, day_of
from broadsheet.kit.identifiers import of_scheme
from broadsheet.kit.paper import Record
from broadsheet.kit.paper_json import to_json

__all__ = ["Item", "fingerprint_of", "made_up_id", "prepare"]


class Item(NamedTuple):
    """A prepared record: its data, canonical identifiers and fingerprint."""

    place: str
    source: str
    source_id: str
    data: Data
    rest: str  # rows.rest_of(data)
    ids: dict[str, str]
    title: str  # normalised
    hashes: list[int]


def prepare(record: Record) -> Item:
    """Prepare a record for matching and storing; never fails on odd text."""
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
    """The id of a record whose source gives none: a digest of its content."""
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


def fingerprint_of(data: Data, title: str, ids: Iterable[tuple[str, str]]) -> Fingerprint:
    """What a record or a paper is compared by; `title` is normalised, `ids` are the identifiers that are its own."""
    names = tuple([author.get("family") or author["name"] for author in data.get("authors", ())])
    day = day_of(data)
    year = data.get("year") or (date.fromordinal(day).year if day else None)
    extra = data.get("extra", {})
    return make_fingerprint(title, names, year, frozenset(ids), data.get("venue", ""), data.get("kind", ""), extra)
