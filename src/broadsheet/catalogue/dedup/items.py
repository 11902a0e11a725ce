"""Items: records prepared for matching and storing, and their fingerprints. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from broadsheet.catalogue.dedup.fingerprint import Fingerprint, identifiers, make_fingerprint
from broadsheet.catalogue.dedup.title_hashes import normalise_title, title_hashes
from broadsheet.catalogue.paper_row import UNNAMED, Data, clean, clean_text, day_of
from broadsheet.kit.identifiers import of_scheme
from broadsheet.kit.paper import Reception, Record
from broadsheet.kit.paper_json import to_json

__all__ = ["Item", "content_id", "fingerprint_of", "prepare"]


class Item(NamedTuple):
    """A prepared record: its data, canonical identifiers and fingerprint."""

    place: str
    source: str
    source_id: str
    data: Data
    rest: str  # paper_row.rest_of(data)
    ids: dict[str, str]
    title: str  # normalised
    hashes: list[int]
    reception: Reception | None = None
    tags: tuple[str, ...] = ()  # groups that the source puts it in


def prepare(record: Record) -> Item:
    """Prepare a record for matching and storing; never raises on malformed text."""
    paper = record.paper
    data = to_json(paper)
    ids = identifiers(paper) if "ids" in data or "pmcid" in paper.extra else {}
    if raw_ids := data.pop("ids", None):
        unrecognised = {scheme: value for scheme, value in raw_ids.items() if of_scheme(scheme, value) is None}
        if unrecognised:
            data["extra"] = data.get("extra", {}) | {"unrecognised_ids": unrecognised}
        if recognised := {scheme: value for scheme, value in ids.items() if scheme != "pmcid"}:
            data["ids"] = recognised
    data, rest = clean(data)
    title = normalise_title(data["title"])
    source_id = clean_text(record.source_id).strip(UNNAMED + " ") or content_id(data)
    hashes = title_hashes(title, data.get("extra", {}))
    tags = tuple(name for tag in record.tags if (name := clean_text(tag).strip()))
    source = clean_text(record.source)
    return Item(record.place, source, source_id, data, rest, ids, title, hashes, record.reception, tags)


def content_id(data: Data) -> str:
    """The id of a record whose source gives none: a digest of its content."""
    extra = data.get("extra", {})
    fields = [
        normalise_title(data["title"]),
        [normalise_title(author.get("family") or author["name"]) for author in data.get("authors", ())],
        [str(data.get(key, "")) for key in ("year", "venue", "kind", "submitted", "announced")],
        [
            str(extra.get(key, ""))
            for key in ("volume", "issue", "number", "pages", "article_number", "date", "chapter")
        ],
        sorted(data.get("ids", {}).items()),
    ]
    return UNNAMED + hashlib.blake2b(repr(fields).encode(errors="replace")).hexdigest()[:24]


def fingerprint_of(data: Data, title: str, ids: Iterable[tuple[str, str]]) -> Fingerprint:
    """The fingerprint of a record or paper; `title` is normalised, `ids` are the identifiers that it owns."""
    names = tuple([author.get("family") or author["name"] for author in data.get("authors", ())])
    day = day_of(data)
    year = data.get("year") or (date.fromordinal(day).year if day else None)
    extra = data.get("extra", {})
    return make_fingerprint(title, names, year, frozenset(ids), data.get("venue", ""), data.get("kind", ""), extra)
