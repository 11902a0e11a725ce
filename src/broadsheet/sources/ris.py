"""RIS, the tagged format of reference managers: lines `XX  - value`, a record from TY to ER."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Paper, Person, Record
from broadsheet.sources.contract import Item
from broadsheet.sources.ids import arxiv_id, clean_url, identifiers
from broadsheet.sources.names import MAX_AUTHORS, from_parts
from broadsheet.sources.text import clean, decode, parse_date, read_bytes, rejected, year_of

__all__ = ["KINDS", "RisSource"]

_EXPECTED = "RIS records, each from `TY  - ` to `ER  - `"
_TAG = re.compile(r"([A-Z][A-Z0-9]) {0,2}-(?: (.*)|$)")
_START = re.compile(r"^\ufeff?TY {0,2}- ", re.MULTILINE)
KINDS = {
    "JOUR": "article", "EJOU": "article", "MGZN": "article", "CONF": "inproceedings", "CPAPER": "inproceedings",
    "UNPB": "preprint", "BOOK": "book", "EBOOK": "book", "CHAP": "incollection", "THES": "phdthesis",
    "RPRT": "techreport",
}  # fmt: skip
# First tag that is set wins. What is named neither here nor in _paper goes to `extra` under its tag.
_TITLE, _ABSTRACT, _VENUE = ("TI", "T1", "CT"), ("AB", "N2"), ("JO", "JF", "T2", "JA", "BT")
_OTHERS = "TY ER AU A1 PY Y1 DA DO UR L1 KW ID AN C1 N1 LA"
_USED = frozenset({*_TITLE, *_ABSTRACT, *_VENUE, *_OTHERS.split()})

_Fields = dict[str, list[str]]


class RisSource:
    """RIS records; lenient about spacing, line ends, missing ER and text wrapped over lines."""

    name = "ris"
    suffixes = (".ris",)

    def sniff(self, head: bytes) -> bool:
        """A TY line starts some record."""
        return bool(_START.search(decode(head)))

    def read(self, path: Path) -> Iterator[Item]:
        """Every record in order. Raises SourceError if no record starts."""
        source, found = f"ris:{path.name}", False
        for line, lines, complete in _records(decode(read_bytes(path, _EXPECTED))):
            found = True
            yield _item(lines, complete, source, f"{path.name}:{line}")
        if not found:
            raise SourceError(f"{path}: no line starts with `TY  - `; expected {_EXPECTED}")


def _records(text: str) -> Iterator[tuple[int, list[str], bool]]:
    """(line number, lines, whether ER or the next TY ended it) of each record."""
    start, lines = 0, list[str]()
    for number, line in enumerate(text.split("\n"), 1):
        tag = line.lstrip(" \ufeff")[:2]
        if tag == "TY" and _TAG.match(line.lstrip(" \ufeff")):
            if lines:
                yield start, lines, True
            start, lines = number, [line]
        elif lines:
            lines.append(line)
            if tag == "ER" and _TAG.match(line.strip()):
                yield start, lines, True
                lines = []
    if lines:
        yield start, lines, False


def _item(lines: list[str], complete: bool, source: str, place: str) -> Item:
    fields = _fields(lines)
    title = _first(fields, _TITLE)
    raw = "\n".join(lines)
    if not complete:
        return rejected(source, place, "the file ends inside this record: it has no `ER  - ` line", raw)
    if not title:
        return rejected(source, place, "the record has no title (TI or T1)", raw)
    return Record(_paper(title, fields), source, _first(fields, ("ID",)), place)


def _fields(lines: list[str]) -> _Fields:
    """Values by tag; a line without a tag continues the value before it."""
    found: list[tuple[str, list[str]]] = []
    for line in lines:
        tag = _TAG.match(line.lstrip(" \ufeff"))
        if tag:
            found.append((tag[1], [tag[2] or ""]))
        elif found:
            found[-1][1].append(line)
    fields: _Fields = {}
    for name, parts in found:
        fields.setdefault(name, []).append(clean(" ".join(parts)))
    return fields


def _first(fields: _Fields, tags: tuple[str, ...]) -> str:
    return next((value for tag in tags for value in fields.get(tag, ()) if value), "")


def _paper(title: str, fields: _Fields) -> Paper:
    urls = tuple(url for text in fields.get("UR", ()) if (url := clean_url(text)))
    day = _first(fields, ("DA", "Y1"))
    names = [*fields.get("AU", ()), *fields.get("A1", ())][:MAX_AUTHORS]
    accession = fields.get("AN", [])
    given = dict(_scheme(text) for text in fields.get("C1", ()))
    known = {scheme: given[scheme] for scheme in ("acl", "openalex", "s2", "pmid", "openreview") if given.get(scheme)}
    arxiv = next((found for text in accession if (found := arxiv_id(text)[0])), "")
    extra = {tag: values for tag, texts in fields.items() if tag not in _USED and (values := [t for t in texts if t])}
    return Paper(
        title,
        _first(fields, _ABSTRACT),
        tuple(person for name in names if (person := _person(name)).name),
        identifiers(arxiv=arxiv, doi=_first(fields, ("DO",)), urls=urls, given=known),
        year_of(_first(fields, ("PY", "Y1", "DA"))),
        _first(fields, _VENUE),
        KINDS.get(_first(fields, ("TY",)), ""),
        keywords=tuple(word for word in fields.get("KW", ()) if word),
        submitted=parse_date(day),
        urls=urls,
        pdf_url=clean_url(_first(fields, ("L1",))),
        comments=_first(fields, ("N1",)),
        language=_first(fields, ("LA",)),
        extra={tag: values[0] if len(values) == 1 else values for tag, values in extra.items()},
    )


def _person(text: str) -> Person:
    """`Last, First, Suffix`; a name without comma is one we cannot take apart."""
    family, comma, rest = text.partition(",")
    given, _, suffix = rest.partition(",")
    return from_parts(given, family, suffix) if comma else Person(text)


def _scheme(text: str) -> tuple[str, str]:
    scheme, _, value = text.partition(":")
    return scheme.strip().lower(), value.strip()
