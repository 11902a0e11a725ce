"""CSL-JSON, the item format of citation processors and Zotero: one list of objects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from broadsheet.kit.errors import RecordError, SourceError
from broadsheet.kit.paper import Paper, Person, Record
from broadsheet.sources.contract import Item
from broadsheet.sources.ids import arxiv_id, clean_url, identifiers
from broadsheet.sources.names import MAX_AUTHORS, from_parts
from broadsheet.sources.rows import plain
from broadsheet.sources.text import clean, decode, read_bytes, rejected, year_of

__all__ = ["KINDS", "CslSource"]

_EXPECTED = "a CSL-JSON list `[{...}, ...]`"
_BETWEEN = re.compile(r"[\s,]*")
_MARKUP = re.compile(r"</?(?:i|b|sub|sup|sc|span)(?: [^<>]*)?>")  # the rich text CSL allows in titles
KINDS = {
    "article": "preprint", "article-journal": "article", "paper-conference": "inproceedings", "book": "book",
    "chapter": "incollection", "thesis": "phdthesis", "report": "techreport", "dataset": "dataset",
    "software": "software",
}  # fmt: skip
_USED = frozenset(
    {
        "id", "type", "title", "author", "issued", "DOI", "URL", "abstract", "container-title", "number", "PMID",
        "custom", "keyword", "language", "note",
    }
)  # fmt: skip
_SCHEMES = ("acl", "openalex", "s2", "openreview")


class CslSource:
    """A list of CSL-JSON items, read item by item: what stands before a cut is kept."""

    name = "csl"
    suffixes = (".json", ".csljson")

    def sniff(self, head: bytes) -> bool:
        """A JSON list of objects."""
        start = decode(head).lstrip()
        return start.startswith("[") and start[1:].lstrip()[:1] in ("{", "]", "")

    def read(self, path: Path) -> Iterator[Item]:
        """Every item in order. Raises SourceError if the file is no JSON list."""
        source = f"csl:{path.name}"
        text = decode(read_bytes(path, _EXPECTED)).lstrip("\ufeff")
        position = _start(text)
        if position < 0:
            raise SourceError(f"{path}: does not begin with `[`; expected {_EXPECTED}")
        decoder, line, counted = json.JSONDecoder(), 1, 0
        while True:
            position = _skip(text, position)
            line, counted = line + text.count("\n", counted, position), position
            place = f"{path.name}:{line}"
            if text.startswith("]", position):
                return
            try:
                value, end = decoder.raw_decode(text, position)
            except (ValueError, RecursionError) as error:
                reason = f"the list is cut short or damaged here: {error}"
                yield rejected(source, place, reason[:300], text[position : position + 2000])
                return
            yield _item(value, source, place, text[position:end])
            position = end


def _start(text: str) -> int:
    """Where the items begin: after the first bracket, perhaps under a key `items`; -1 if there is none."""
    start = re.match(r'\s*(?:\{\s*"items"\s*:\s*)?\[', text)
    return start.end() if start else -1


def _skip(text: str, position: int) -> int:
    gap = _BETWEEN.match(text, position)
    return gap.end() if gap else position


def _item(value: Any, source: str, place: str, raw: str) -> Item:
    try:
        if not isinstance(value, dict):
            raise RecordError(f"the item is no object but {type(value).__name__}")
        item = plain(value)
        title = _title(item.get("title"))
        if not title:
            raise RecordError("the item has no `title`")
    except RecordError as error:
        return rejected(source, place, str(error), raw)
    return Record(_paper(title, item), source, _text(item, "id"), place)


def _title(value: Any) -> str:
    return clean(_MARKUP.sub("", value)) if isinstance(value, str) else ""


def _text(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else str(value) if type(value) is int else ""


def _paper(title: str, item: Mapping[str, Any]) -> Paper:
    custom = item.get("custom")
    custom = custom if isinstance(custom, dict) else {}
    given = {scheme: _text(custom, scheme) for scheme in _SCHEMES} | {"pmid": _text(item, "PMID")}
    url = clean_url(_text(item, "URL"))
    number = _text(item, "number")
    arxiv = arxiv_id(number)[0]
    year, day = _issued(item.get("issued"))
    extra = {key: value for key, value in item.items() if key not in _USED and value not in ("", [], {})}
    if number and not arxiv:
        extra["number"] = number
    return Paper(
        title,
        _text(item, "abstract"),
        _authors(item.get("author")),
        identifiers(arxiv=arxiv, doi=_text(item, "DOI"), urls=(url,) if url else (), given=given),
        year,
        _text(item, "container-title"),
        KINDS.get(_text(item, "type"), ""),
        keywords=tuple(word for part in re.split("[;,]", _text(item, "keyword")) if (word := part.strip())),
        submitted=day,
        urls=(url,) if url else (),
        comments=_text(item, "note"),
        language=_text(item, "language"),
        extra=extra,
    )


def _authors(value: Any) -> tuple[Person, ...]:
    people = []
    for item in value[:MAX_AUTHORS] if isinstance(value, list) else ():
        if not isinstance(item, dict):
            continue
        family = f"{_text(item, 'non-dropping-particle')} {_text(item, 'family')}".strip()
        given = f"{_text(item, 'given')} {_text(item, 'dropping-particle')}".strip()
        literal = _text(item, "literal")
        person = Person(literal) if literal else from_parts(given, family, _text(item, "suffix"))
        if person.name:
            people.append(person)
    return tuple(people)


def _issued(value: Any) -> tuple[int | None, date | None]:
    """(year, day if the date is whole) of a CSL date: `date-parts`, or text under `raw` or `literal`."""
    if not isinstance(value, dict):
        return None, None
    parts = value.get("date-parts")
    first = parts[0] if isinstance(parts, list) and parts and isinstance(parts[0], list) else []
    try:
        numbers = [int(part) for part in first[:3]]
    except (ValueError, TypeError):
        numbers = []
    if not numbers:
        return year_of(_text(value, "raw") or _text(value, "literal")), None
    year = year_of(numbers[0])
    try:
        return year, date(numbers[0], numbers[1], numbers[2]) if len(numbers) == 3 and year else None
    except ValueError:
        return year, None
