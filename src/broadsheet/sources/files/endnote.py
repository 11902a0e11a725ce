"""Reads EndNote's tagged files, also called Refer (`.enw`): lines `%T value`, records from `%0` or a blank line on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from broadsheet.kit.paper import Person, Record
from broadsheet.sources.contract import Item
from broadsheet.sources.files.tagged import Grammar, Lines, Pair, gather, read_tagged, records_from
from broadsheet.sources.records.assemble import Roles, add_extra, citation_key, paper_of
from broadsheet.sources.records.fields import KINDS, kind_named
from broadsheet.sources.records.fieldset import FieldSet
from broadsheet.sources.records.tagged_people import people_of
from broadsheet.sources.records.venues import abbreviates
from broadsheet.sources.text.clean import decode
from broadsheet.sources.text.names import parse_name

__all__ = ["EndnoteSource", "kind_and_type"]

_TAG = re.compile(r"[ \t]*%([0-9A-Za-z@!#$&()*+<=>?\[\]^~.,:;-])(?:[ \t]+(.*)|$)")
_TITLE = re.compile(r"^[ \t\ufeff]*%[TB][ \t]+\S", re.MULTILINE)
_OTHER = re.compile(r"^[ \t\ufeff]*%[0AEDJPIKUX][ \t]+\S", re.MULTILINE)
_ROLES = Roles(
    "refer",
    title=("%T",),
    abstract=("%X",),
    venue=("%J", "%B"),
    year=("%D",),
    dates=("%8",),
    doi=("%R",),
    possible_doi=("%3", "%M", "%Z"),
    urls=("%U",),
    files=("%>",),
    keywords=("%K",),
    notes=("%Z",),
    language=("%G",),
    numbers=("%@",),
    accession=("%M",),
    database=("%~", "%W"),
)
_EXPORT_TYPES = {kind.name: kind.endnote[0] for kind in KINDS if kind.endnote}


class EndnoteSource:
    """Records in EndNote's tagged format, which many sites offer for download."""

    name = "endnote"
    suffixes = (".enw", ".refer", ".endnote")

    def sniff(self, head: bytes) -> bool:
        """Whether the first line has one of EndNote's tags, and others hold a title and another field."""
        text = decode(head)
        first = next((line for line in text.lstrip("\ufeff").split("\n") if line.strip()), "")
        return bool(_TAG.match(first) and _TITLE.search(text) and _OTHER.search(text))

    def read(self, path: Path) -> Iterator[Item]:
        """Yield every record in order. Raises SourceError if no line has a tag."""
        return read_tagged(path, _GRAMMAR)


def _split(text: str) -> Iterator[Lines]:
    """Split a file at `%0` if that is its first tag, else at every tag after a blank line."""
    lines = text.split("\n")
    first = next((tag[1] for line in lines if (tag := _TAG.match(line))), "")

    def starts(index: int, _: bool) -> bool:
        tag = _TAG.match(lines[index])
        is_apart = not index or not lines[index - 1].strip()
        return tag is not None and (tag[1] == "0" if first == "0" else is_apart)

    return records_from(lines, starts)


def _pairs(lines: list[str]) -> list[Pair]:
    return gather(lines, lambda line, _: (f"%{tag[1]}", tag[2] or "") if (tag := _TAG.match(line)) else None)


def kind_and_type(name: str) -> tuple[str, dict[str, Any]]:
    """(kind, `extra`): `extra` has EndNote's type if an export of the kind would not give that type."""
    kind = kind_named("endnote", name)
    return kind, {} if not name or name == _EXPORT_TYPES.get(kind) else {"endnote_type": name}


def _read(fields: FieldSet) -> Record:
    kind, extra = kind_and_type(fields.first("%0"))
    label = fields.first("%F")
    extra |= citation_key(label)
    authors = [person for _, lines in fields.take("%A") for person in _people(list(lines))]
    for text in fields.peek("%O"):
        if any(abbreviates(text, venue) for venue in fields.peek("%J", "%B")[:1]):
            add_extra(extra, "journal_abbreviation", [text])
            fields.discard(text, "%O")
    return Record(paper_of(fields, _ROLES, kind=kind, authors=authors, extra=extra), "", label)


def _people(lines: list[str]) -> list[Person]:
    """Read names in the form `Last, First` of EndNote or `First Last` of Refer."""
    people = people_of(lines)
    return [
        parse_name(person.name) or person if not (person.family or person.is_group) else person for person in people
    ]


_GRAMMAR = Grammar("endnote", "EndNote's tagged records, with lines such as `%T Title`", _split, _pairs, _read)
