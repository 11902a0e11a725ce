"""A damaged XML document read record by record, so that one of them does not cost the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from broadsheet.sources.text.clean import unescape_entities
from broadsheet.sources.text.xmlstream import DamagedXmlError, RefusedXmlError, elements, tidied

__all__ = ["Apart", "read_apart"]

_START = re.compile(r"<([A-Za-z_][\w.-]*(?::[\w.-]+)?)((?:\s[^<>]*)?)>")
_NAMESPACE = re.compile(r"""\sxmlns(?::([\w.-]+))?\s*=\s*(?:"[^"<]*"|'[^'<]*')""")
_PREFIX = re.compile(r"</?([A-Za-z_][\w.-]*):|\s([A-Za-z_][\w.-]*):[\w.-]+\s*=")
_MOST_FIELDS = 2_000  # of one record that are looked at one by one
_DEEPEST = 4  # levels of fields inside a record
_RECORD = "x"  # the element that is put around one record


@dataclass(frozen=True, slots=True)
class Apart:
    """A document taken apart at its records: their texts, what is around them, and whether it came to its end."""

    around: str
    records: tuple[str, ...]
    is_whole: bool
    namespaces: str

    def read(self, record: str, wanted: frozenset[str]) -> Iterator[Element]:
        """The wanted elements of one record; where its markup is broken, from its fields one by one.

        Raises DamagedXmlError if there is nothing to be read.
        """
        try:
            found = list(elements(self._wrapped(record), wanted))
        except RefusedXmlError:
            raise
        except DamagedXmlError as error:
            mended = self._mended(record)
            if not mended:
                raise
            try:
                found = list(elements(self._wrapped(mended), wanted))
            except DamagedXmlError:
                raise error from None
        yield from found

    def _wrapped(self, text: str) -> str:
        declared = {found[1] for found in _NAMESPACE.finditer(self.namespaces + text)} | {"xml", "xmlns"}
        used = {prefix for found in _PREFIX.finditer(text) if (prefix := found[1] or found[2])}
        missing = "".join(f' xmlns:{prefix}="{prefix}"' for prefix in sorted(used - declared))
        return f"<{_RECORD}{self.namespaces}{missing}>{text}</{_RECORD}>"

    def _mended(self, record: str) -> str:
        """The record with fields whose markup is broken taken as the texts they are; "" if it is not made of fields."""
        start, end = _START.match(record), record.rfind("</")
        budget = iter(range(_MOST_FIELDS))
        fields = self._fields(record[start.end() : end], 0, budget) if start and end > start.end() else None
        return f"{start[0]}{fields}{record[end:]}" if start and fields else ""

    def _fields(self, text: str, depth: int, budget: Iterator[int]) -> str | None:
        """The fields one after the other, each mended; None if there is other text between them, or one has no end."""
        fields, position = [], 0
        while found := _START.search(text, position):
            name, is_empty = found[1], found[2].endswith("/")
            end = found.end() if is_empty else text.find(f"</{name}", found.end())
            close = text.find(">", end) + 1 if not is_empty else end
            if end < 0 or not close or next(budget, None) is None or text[position : found.start()].strip():
                return None
            fields.append(text[found.start() : close] if is_empty else "")
            if not is_empty:
                fields[-1] = f"{found[0]}{self._content(text[found.end() : end], depth + 1, budget)}</{name}>"
            position = close
        return None if not fields or text[position:].strip() else "".join(fields)

    def _content(self, text: str, depth: int, budget: Iterator[int]) -> str:
        try:
            list(elements(self._wrapped(text), frozenset()))
        except DamagedXmlError:
            fields = self._fields(text, depth, budget) if depth < _DEEPEST else None
            return fields or escape(unescape_entities(text.replace("<![CDATA[", "").replace("]]>", "")))
        return text


def read_apart(body: bytes, names: tuple[str, ...]) -> Apart:
    """The document taken apart at elements of these local names; the last record is left out if it is cut short."""
    text = tidied(body)
    root = _START.search(text)
    tag = re.compile(rf"<((?:[\w.-]+:)?(?:{'|'.join(names)}))(?:\s[^<>]*)?>")
    around, records, position, closed = [], [], 0, True
    start = tag.search(text)
    while start:
        following = tag.search(text, start.end())
        limit = following.start() if following else len(text)
        end = start.end() if start[0].endswith("/>") else text.find(f"</{start[1]}", start.end(), limit)
        closed = end >= 0
        if closed and not start[0].endswith("/>"):
            end = text.find(">", end) + 1 or len(text)
        around.append(text[position : start.start()])
        position = end if closed else limit
        if closed or following:
            records.append(text[start.start() : position])
        start = following
    around.append(text[position:])
    is_whole = root is not None and closed and f"</{root[1]}" in around[-1]
    namespaces = "".join(found[0] for found in _NAMESPACE.finditer(root[2])) if root else ""
    return Apart("".join(around), tuple(records), is_whole, namespaces)
