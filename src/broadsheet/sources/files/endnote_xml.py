"""Reads EndNote's XML exports (of EndNote 8 and later, Zotero and others)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from broadsheet.kit.errors import RecordError, SourceError
from broadsheet.kit.paper import Record
from broadsheet.sources.contract import Item
from broadsheet.sources.files.endnote import kind_and_type
from broadsheet.sources.records.assemble import Roles, paper_of
from broadsheet.sources.records.fieldset import FieldSet
from broadsheet.sources.text.clean import clean, read_bytes, rejected
from broadsheet.sources.text.xmlstream import DamagedXmlError, elements, local

__all__ = ["EndnoteXmlSource"]

_EXPECTED = "EndNote XML, `<xml><records><record>…`"
_ROOT = re.compile(
    r"^\ufeff?\s*(?:<\?xml[^>]*>\s*)?(?:<!DOCTYPE[^<>\[]*(?:\[.*?\]\s*)?>\s*)?(?:<!--.*?-->\s*)*"
    r"(?:<xml>\s*)?<records[\s>]",
    re.DOTALL,
)
_RECORD = re.compile(r"<record[\s>].*?<(?:ref-type|rec-number|contributors|titles|source-app)[\s>]", re.DOTALL)
_WANTED = frozenset({"record"})
# Elements of lists; a list's name is used for them.
_ITEMS = frozenset({"author", "url", "keyword", "date", "key"})
_LINES = re.compile(r"\r\n?|\n")
_ROLES = Roles(
    "endnote_xml",
    title=("title",),
    abstract=("abstract",),
    venue=("full-title", "secondary-title"),
    abbreviation=("alt-title", "abbr-1"),
    year=("year",),
    dates=("pub-dates",),
    authors=("authors",),
    doi=("electronic-resource-num", "doi"),
    possible_doi=("custom3", "notes", "label"),
    urls=("related-urls", "web-urls", "text-urls"),
    files=("pdf-urls",),
    keywords=("keywords",),
    notes=("notes",),
    language=("language",),
    numbers=("isbn", "issn"),
    accession=("accession-num",),
    database=("remote-database-name", "remote-database-provider"),
)


class EndnoteXmlSource:
    """Records of an EndNote library; text in several `style` elements is concatenated."""

    name = "endnote-xml"
    suffixes = (".xml",)

    def sniff(self, head: bytes) -> bool:
        """Whether the root element holds records, and the first record has elements of EndNote."""
        wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
        text = head.decode("utf-16" if wide else "utf-8", errors="replace")
        return bool(_ROOT.search(text) and _RECORD.search(text))

    def read(self, path: Path) -> Iterator[Item]:
        """Yield every record in order, of a damaged file those before the damage. Raises SourceError for other XML."""
        data = read_bytes(path, _EXPECTED)
        if not self.sniff(data[:8192]):
            raise SourceError(
                f"{path}: is not an EndNote library: no element `records` at its top; expected {_EXPECTED}"
            )
        source, number = f"{self.name}:{path.name}", 0
        try:
            for element in elements(data.lstrip(), _WANTED):
                number += 1
                yield _item(element, source, f"{path.name}:record {number}")
        except DamagedXmlError as error:
            yield rejected(source, f"{path.name}:after record {number}", str(error))


def _item(element: Element, source: str, place: str) -> Item:
    try:
        fields = FieldSet(_pairs(element, ""))
        kind_name = next((child.get("name", "") for child in element if local(child) == "ref-type"), "")
        kind, extra = kind_and_type(clean(kind_name))
        number = fields.first("rec-number")
        fields.take("ref-type", "foreign-keys", "database", "source-app")
        paper = paper_of(fields, _ROLES, kind=kind, extra=extra)
        return Record(paper, source, f"{library}:{number}" if (library := _library(element)) and number else "", place)
    except RecordError as error:
        return rejected(source, place, str(error), " | ".join(t for t in map(clean, element.itertext()) if t))


def _pairs(element: Element, parent: str) -> Iterator[tuple[str, list[str]]]:
    """(name, lines) of each element with text; an element of a list has the name of the list."""
    for child in element:
        name = local(child)
        if all(local(part) == "style" for part in child):
            text = "".join(child.itertext())
            yield (parent if name in _ITEMS and parent else name), _LINES.split(text)
        else:
            yield from _pairs(child, name)


def _library(element: Element) -> str:
    """The id of the library that numbered the record; "" if it is missing, and then the number means nothing."""
    return next((clean(part.get("db-id", "")) for part in element.iter() if local(part) == "key"), "")
