"""Reads a damaged XML document record by record, so that one damaged record does not affect the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from broadsheet.sources.text.clean import unescape_entities
from broadsheet.sources.text.xmlstream import DamagedXmlError, RefusedXmlError, elements, tidy

__all__ = ["XmlParts", "split_records"]

_START = re.compile(r"<([A-Za-z_][\w.-]*(?::[\w.-]+)?)((?:\s[^<>]*)?)>")
_NAMESPACE = re.compile(r"""\sxmlns(?::([\w.-]+))?\s*=\s*(?:"[^"<]*"|'[^'<]*')""")
_PREFIX = re.compile(r"</?([A-Za-z_][\w.-]*):|\s([A-Za-z_][\w.-]*):[\w.-]+\s*=")
_MOST_FIELDS = 2_000  # fields of one record that are repaired one by one
_DEEPEST = 4  # levels of fields inside a record
_RECORD = "x"  # the element that wraps one record


@dataclass(frozen=True, slots=True)
class XmlParts:
    """The parts of a document: the texts of its records, the text around them, and whether the document is complete."""

    around: str
    records: tuple[str, ...]
    is_whole: bool
    namespaces: str

    def read(self, record: str, wanted: frozenset[str]) -> Iterator[Element]:
        """Yield the wanted elements of one record; if its markup is damaged, its fields are repaired one by one.

        Raises DamagedXmlError if nothing can be read.
        """
        try:
            fields = list(elements(self._wrap(record), wanted))
        except RefusedXmlError:
            raise
        except DamagedXmlError as error:
            repaired = self._repair(record)
            if not repaired:
                raise
            try:
                fields = list(elements(self._wrap(repaired), wanted))
            except DamagedXmlError:
                raise error from None
        yield from fields

    def _wrap(self, text: str) -> str:
        declared = {match[1] for match in _NAMESPACE.finditer(self.namespaces + text)} | {"xml", "xmlns"}
        used = {prefix for match in _PREFIX.finditer(text) if (prefix := match[1] or match[2])}
        missing = "".join(f' xmlns:{prefix}="{prefix}"' for prefix in sorted(used - declared))
        return f"<{_RECORD}{self.namespaces}{missing}>{text}</{_RECORD}>"

    def _repair(self, record: str) -> str:
        """The record with the content of damaged fields escaped as text; "" if it does not consist of fields."""
        start, end = _START.match(record), record.rfind("</")
        budget = iter(range(_MOST_FIELDS))
        fields = self._fields(record[start.end() : end], 0, budget) if start and end > start.end() else None
        return f"{start[0]}{fields}{record[end:]}" if start and fields else ""

    def _fields(self, text: str, depth: int, budget: Iterator[int]) -> str | None:
        """The repaired fields in order; None if there is text between them or a field is not closed."""
        fields, position = [], 0
        while tag := _START.search(text, position):
            name, is_empty = tag[1], tag[2].endswith("/")
            end = tag.end() if is_empty else text.find(f"</{name}", tag.end())
            close = text.find(">", end) + 1 if not is_empty else end
            if end < 0 or not close or next(budget, None) is None or text[position : tag.start()].strip():
                return None
            fields.append(text[tag.start() : close] if is_empty else "")
            if not is_empty:
                fields[-1] = f"{tag[0]}{self._content(text[tag.end() : end], depth + 1, budget)}</{name}>"
            position = close
        return None if not fields or text[position:].strip() else "".join(fields)

    def _content(self, text: str, depth: int, budget: Iterator[int]) -> str:
        try:
            list(elements(self._wrap(text), frozenset()))
        except DamagedXmlError:
            fields = self._fields(text, depth, budget) if depth < _DEEPEST else None
            return fields or escape(unescape_entities(text.replace("<![CDATA[", "").replace("]]>", "")))
        return text


def split_records(body: bytes, names: tuple[str, ...]) -> XmlParts:
    """Split a document at elements with these local names; a truncated last record is left out."""
    text = tidy(body)
    root = _START.search(text)
    tag = re.compile(rf"<((?:[\w.-]+:)?(?:{'|'.join(names)}))(?:\s[^<>]*)?>")
    text_around, records, position, is_closed = [], [], 0, True
    start = tag.search(text)
    while start:
        following = tag.search(text, start.end())
        limit = following.start() if following else len(text)
        end = start.end() if start[0].endswith("/>") else text.find(f"</{start[1]}", start.end(), limit)
        is_closed = end >= 0
        if is_closed and not start[0].endswith("/>"):
            end = text.find(">", end) + 1 or len(text)
        text_around.append(text[position : start.start()])
        position = end if is_closed else limit
        if is_closed or following:
            records.append(text[start.start() : position])
        start = following
    text_around.append(text[position:])
    is_whole = root is not None and is_closed and f"</{root[1]}" in text_around[-1]
    namespaces = "".join(match[0] for match in _NAMESPACE.finditer(root[2])) if root else ""
    return XmlParts("".join(text_around), tuple(records), is_whole, namespaces)
