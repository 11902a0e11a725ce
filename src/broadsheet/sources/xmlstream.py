"""Whole elements out of an XML answer that may be huge, hostile, or cut off in the middle."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from broadsheet.kit.errors import RecordError
from broadsheet.sources.text import clean

__all__ = ["DamagedXmlError", "child_text", "elements", "local"]

MAX_DEPTH = 32  # levels of nesting; provider answers have fewer than ten
MAX_ELEMENTS = 20_000  # in one wanted element; a paper with 5,000 authors has 15,000
_CONTROLS = bytes(set(range(32)) - {9, 10, 13})
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\x00", b"<\x00")
_OTHER_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["'](?!utf-?8["'])""", re.IGNORECASE)


class DamagedXmlError(RecordError):
    """The XML ends too early, is none, or is not taken (entities, nesting); what came before it was whole."""


def elements(body: bytes, wanted: frozenset[str]) -> Iterator[Element]:
    """Each element whose local name is in `wanted`, complete, in document order; valid until the next is taken.

    Memory stays bounded by one wanted element: all others are dropped as they end. A wanted element inside
    another is part of that one. Raises DamagedXmlError after the last complete one if the rest cannot be read.
    """
    open_elements: list[Element] = []
    inside, count = 0, 0  # depth of the wanted element we are in; elements seen in or since the last one
    try:
        for event, element in iterparse(io.BytesIO(_tidied(body)), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                count += 1
                open_elements.append(element)
                if len(open_elements) > MAX_DEPTH or count > MAX_ELEMENTS:
                    raise DamagedXmlError(f"more than {MAX_DEPTH} levels or {MAX_ELEMENTS:,} elements; refused")
                if not inside and local(element) in wanted:
                    inside = len(open_elements)
                continue
            open_elements.pop()
            if inside and len(open_elements) >= inside:
                continue
            if inside:
                inside, count = 0, 0
                yield element
            if open_elements:
                open_elements[-1].remove(element)
    except DefusedXmlException as error:
        raise DamagedXmlError(f"document type or entity declarations are not taken ({error})"[:300]) from error
    except (ParseError, ValueError, LookupError) as error:
        raise DamagedXmlError(f"not whole XML: {error}"[:300]) from error


def _tidied(body: bytes) -> bytes:
    """Without bytes that XML forbids: one stray byte must not cost the thousands of records around it."""
    if body.startswith(_WIDE):
        return body
    body = body.translate(None, _CONTROLS)
    if _OTHER_ENCODING.match(body[:200]):
        return body
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("utf-8", errors="replace").encode()
    return body


def local(element: Element) -> str:
    """The element's name without namespace."""
    return element.tag.rpartition("}")[2]


def child_text(element: Element, name: str) -> str:
    """All text of the first child of that local name, on one line; "" without one."""
    for child in element:
        if local(child) == name:
            return clean("".join(child.itertext()))
    return ""
