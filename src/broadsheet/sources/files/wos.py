"""Reads Web of Science's tagged files (`.ciw`, `savedrecs.txt`): `TI text`, continuation lines indented, PT to ER."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from broadsheet.kit.paper import Person, Record
from broadsheet.sources.contract import Item
from broadsheet.sources.files.tagged import Grammar, Lines, Pair, column_pairs, read_tagged, records_from
from broadsheet.sources.records.assemble import Roles, add_extra, paper_of
from broadsheet.sources.records.fields import kind_named
from broadsheet.sources.records.fieldset import FieldSet
from broadsheet.sources.records.tagged_people import person_of
from broadsheet.sources.text.clean import decode, plain_text
from broadsheet.sources.text.person_names import group

__all__ = ["WosSource"]

_TAG = re.compile(r"([A-Z][A-Z0-9])(?: (.*)|$)")
_TAGS = (
    "AB AE AF AR AU BA BE BF BN BP BS C1 C3 CA CL CR CT CY D2 DA DE DI DT EA EF EI EM EP ER ES EY FN FU FX GA GP HC "
    "HO HP ID IS J9 JI LA MA MC MI MQ NR OA OI P2 PA PC PD PG PI PM PN PS PT PU PY RI RP SC SE SI SN SO SP SU TA TC "
    "TI TS U1 U2 UT VL VR WC WE Z1 Z2 Z3 Z8 Z9 ZA ZB ZS"
)
_KNOWN = frozenset(_TAGS.split())
_HEAD = re.compile(r"^\ufeff?FN .*(?:\n+VR \d|Clarivate|Thomson|ISI |Web of)", re.IGNORECASE)
_START = re.compile(r"^\ufeff?PT (?:[A-Z]|Journal|Book|Series|Patent)[ \t]*$", re.MULTILINE)
_TITLE = re.compile(r"^(?:TI|AU|SO|UT) \S", re.MULTILINE)
_ROLES = Roles(
    "wos",
    title=("TI",),
    abstract=("AB",),
    venue=("SO",),
    abbreviation=("JI", "J9"),
    year=("PY",),
    dates=("PD",),
    doi=("DI",),
    possible_doi=("D2",),
    urls=("DL", "UR"),
    keywords=("DE", "ID"),
    language=("LA",),
    pages=("BP", "EP"),
    numbers=("SN", "EI", "BN"),
)
_ADDRESS = re.compile(r"\[([^\[\]]*)\]\s*(.+)")
_ORCID = re.compile(r"([^;/]+)/\s*(\d{4}-\d{4}-\d{4}-\d{3}[\dX])")
_BY_LINE = ("CR",)  # one reference per line


class WosSource:
    """Records of Web of Science; addresses and ORCIDs are assigned to the authors that they name."""

    name = "wos"
    suffixes = (".ciw", ".txt")

    def sniff(self, head: bytes) -> bool:
        """Whether the file names Web of Science at its top, or has a PT line and fields of its records."""
        text = decode(head)
        return bool(_HEAD.match(text.lstrip("\ufeff\n ")) or (_START.search(text) and _TITLE.search(text)))

    def read(self, path: Path) -> Iterator[Item]:
        """Yield every record in order. Raises SourceError if there is no PT line."""
        return read_tagged(path, _GRAMMAR)


def _split(text: str) -> Iterator[Lines]:
    lines = text.split("\n")
    return records_from(
        lines,
        lambda index, _: lines[index].startswith("PT") and _TAG.match(lines[index]),
        lambda index: lines[index].strip() in ("ER", "EF"),
    )


def _pairs(lines: list[str]) -> list[Pair]:
    return column_pairs(lines, _TAG, _KNOWN)


def _read(fields: FieldSet) -> Record:
    publication = fields.first("PT")
    accession = fields.first("UT")
    extra: dict[str, Any] = {"accession_number": accession} if accession else {}
    types = [name for text in fields.texts("DT") for name in re.split(r"\s*;\s*", text)]
    add_extra(extra, "genre", types)
    for tag in ("DE", "ID"):
        fields.put(tag, fields.texts(tag))  # a keyword may continue on the next line
    if not fields.peek("PY"):
        fields.put("PY", [*fields.texts("EY"), *fields.peek("EA")][:1])  # not in an issue yet
    for name in ("ED", "BE"):
        for _, lines in fields.take(name):
            for person in _split_people(lines):
                fields.put(name, [person])
    for name in _BY_LINE:
        for _, lines in fields.take(name):
            add_extra(extra, name, map(plain_text, lines))
    citations = fields.first("TC")
    authors = _authors(fields, extra)
    paper = paper_of(
        fields,
        _ROLES,
        kind=_kind(publication, types),
        authors=authors,
        known_ids={"pmid": fields.first("PM")},
        extra=extra,
        citations=int(citations) if citations.isdecimal() and len(citations) < 10 else None,
    )
    return Record(paper, "", accession)


def _kind(publication: str, types: list[str]) -> str:
    """The kind by the document types; a proceedings paper in a journal is an article."""
    kinds = [kind for name in types if (kind := kind_named("wos", name))]
    if publication[:1] == "J" and kinds:
        return "preprint" if "preprint" in kinds else "dataset" if "dataset" in kinds else "article"
    specific = [kind for kind in kinds if kind != "article"]
    default = {"J": "article", "B": "book", "P": "patent"}.get(publication[:1], "")
    return next(iter(specific or kinds), default)


def _split_people(lines: tuple[str, ...]) -> list[str]:
    return [name for line in lines for part in plain_text(line).split(";") if (name := part.strip())]


def _authors(fields: FieldSet, extra: dict[str, Any]) -> list[Person]:
    """Authors by full name if all have one, then groups, with their addresses and ORCIDs."""
    people: list[Person] = []
    for short, full in (("AU", "AF"), ("BA", "BF")):
        names = [name for _, lines in fields.take(short) for name in _split_people(lines)]
        full_names = [name for _, lines in fields.take(full) for name in _split_people(lines)]
        if names and full_names and len(names) != len(full_names):
            add_extra(extra, short, names)
        people += [person_of(name) for name in full_names or names]
        fields.put("short names", names if len(names) == len(full_names) else [])
    short_names = [name for _, lines in fields.take("short names") for name in lines]
    people += [group(name) for _, lines in fields.take("CA", "GP") for name in _split_people(lines)]
    index: dict[str, int] = {}
    for position, person in enumerate(people):
        for name in (f"{person.family}, {person.given}", person.name):
            index.setdefault(_key(name), position)
    for position, name in enumerate(short_names[: len(people)]):
        index.setdefault(_key(name), position)
    _place(fields, people, index)
    _identify(fields, people, index)
    return people


def _key(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def _place(fields: FieldSet, people: list[Person], index: dict[str, int]) -> None:
    """Assign addresses, `[Other, Ann; Stone, Bob] Univ, City`, to authors; others stay in `fields`."""
    for _, lines in fields.take("C1"):
        for line in lines:
            match = _ADDRESS.match(line.strip())
            names = [index.get(_key(plain_text(name))) for name in match[1].split(";")] if match else []
            positions = [position for position in names if position is not None]
            for position in positions if match else ():
                place = plain_text(match[2]).rstrip(".") if match else ""
                people[position] = replace(people[position], affiliations=(*people[position].affiliations, place))
            if not positions or len(positions) < len(names):
                fields.put("C1", [line])


def _identify(fields: FieldSet, people: list[Person], index: dict[str, int]) -> None:
    """Assign ORCIDs, `Other, Ann/0000-0001-2345-678X; …`, to authors; others stay in `fields`."""
    for _, lines in fields.take("OI"):
        for entry in filter(None, (part.strip() for part in " ".join(lines).split(";"))):
            match = _ORCID.fullmatch(entry)
            position = index.get(_key(match[1])) if match else None
            if match and position is not None and not people[position].orcid:
                people[position] = replace(people[position], orcid=match[2])
            else:
                fields.put("OI", [entry])


_GRAMMAR = Grammar("wos", "Web of Science records, each from `PT ` to `ER`", _split, _pairs, _read)
