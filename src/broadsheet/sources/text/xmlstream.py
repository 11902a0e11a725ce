"""Streams complete elements from an XML document that may be huge, hostile, wrongly encoded or truncated."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from html import unescape
from html.entities import html5
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from broadsheet.kit.errors import RecordError
from broadsheet.sources.text.clean import clean, decode, wide_encoding

__all__ = ["DamagedXmlError", "RefusedXmlError", "child_text", "elements", "local", "tidy"]

MAX_DEPTH = 32  # levels of nesting; provider answers have fewer than ten
MAX_ELEMENTS = 20_000  # in one wanted element; a paper with 5,000 authors has 15,000
_BEFORE = 10_000  # characters in which the root element must begin
_ROOT = re.compile(r"<(?:[\w.-]+:)?(?:rss|feed|RDF|OAI-PMH)[\s>]")
_ENCODING = re.compile(rb"""<\?xml[^<>]*?encoding\s*=\s*["']([\w.:-]{1,40})["']""", re.IGNORECASE)
# Declared encoding → its superset, which programs that declare it really use.
_WIDER = {"iso8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949"}
_DECLARATION = re.compile(r"<\?xml\b[^<>]*\?>")
_DOCTYPE = re.compile(r"<!DOCTYPE\s[^\[\]<>]*>", re.IGNORECASE)  # a document type without declarations
_PROLOG = re.compile(r"(?:\s|<\?[^<>]*\?>|<!--.*?-->)*", re.DOTALL)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|&(?:(?P<number>#(?:[xX][0-9a-fA-F]+|\d+))|(?P<name>[a-zA-Z]\w*));|&",
    re.DOTALL,
)
_KNOWN = frozenset({"amp", "lt", "gt", "quot", "apos"})


class DamagedXmlError(RecordError):
    """The XML is truncated, invalid or refused (entities, nesting); the elements before that point are complete."""


class RefusedXmlError(DamagedXmlError):
    """The XML declares entities or is nested too deeply: nothing after that point may be read."""


def elements(body: bytes | str, wanted: frozenset[str]) -> Iterator[Element]:
    """Yield each element whose local name is in `wanted`, complete, in document order; valid until the next one.

    Only one wanted element is in memory: all others are dropped when they end. A wanted element inside another is part
    of that one. Text after the root element is not read. Raises DamagedXmlError after the last complete element if the
    rest cannot be read, RefusedXmlError if it must not be read.
    """
    open_elements: list[Element] = []
    inside, count = 0, 0  # depth of the current wanted element; number of elements since the last one
    ended = False
    text = body if isinstance(body, str) else tidy(body)
    try:
        for event, element in iterparse(io.BytesIO(text.encode()), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                count += 1
                open_elements.append(element)
                if len(open_elements) > MAX_DEPTH or count > MAX_ELEMENTS:
                    raise RefusedXmlError(f"more than {MAX_DEPTH} levels or {MAX_ELEMENTS:,} elements; refused")
                if not inside and local(element) in wanted:
                    inside = len(open_elements)
                continue
            open_elements.pop()
            ended = not open_elements
            if inside and len(open_elements) >= inside:
                continue
            if inside:
                inside, count = 0, 0
                yield element
            if open_elements:
                open_elements[-1].remove(element)
    except DefusedXmlException as error:
        raise RefusedXmlError(f"document type or entity declarations are not accepted ({error})"[:300]) from error
    except (ParseError, ValueError, LookupError) as error:
        if not ended:
            raise DamagedXmlError(f"not whole XML: {error}"[:300]) from error


def tidy(body: bytes) -> str:
    """The text of an XML document without what XML forbids, so that one bad character does not make it unreadable.

    Removes text before the root element, the declaration of an encoding, control characters and references to them.
    References that only HTML defines become characters; unknown ones stay as text.
    """
    text = _decode(body)
    root = _ROOT.search(text, 0, _BEFORE)
    prolog = _PROLOG.match(text, 0, root.start()) if root else None
    before = text[: root.start()] if root else text[:_BEFORE]
    if root and prolog and prolog.end() < root.start() and "<!DOCTYPE" not in before.upper():
        text = text[root.start() :]
    text = _DOCTYPE.sub("", _DECLARATION.sub("", text, count=1), count=1).lstrip()
    text = _FORBIDDEN.sub("", text)
    return _REFERENCE.sub(_mend_reference, text) if "&" in text else text


def _decode(body: bytes) -> str:
    """Decode as UTF-8 if valid, even if another encoding is declared; else as declared; else like other files."""
    declaration = _ENCODING.search(body, 0, _BEFORE)
    name = declaration[1].decode().lower() if declaration else ""
    if wide_encoding(body) or not name:
        return decode(body)
    try:
        if not name.startswith("iso-2022"):  # it encodes letters as ASCII bytes, so it is valid UTF-8
            return codecs.getincrementaldecoder("utf-8-sig")().decode(body)
    except UnicodeDecodeError:
        pass
    try:
        codec = codecs.lookup(name).name
        if not codec.startswith(("utf", "ascii")):
            return body.decode(_WIDER.get(codec, codec), errors="replace")
    except (LookupError, ValueError):
        pass
    return decode(body)


def _mend_reference(reference: re.Match[str]) -> str:
    source, name = reference[0], reference["name"]
    if reference["number"]:
        char = unescape(source)
        return (
            "" if _FORBIDDEN.fullmatch(char) or char in ("", "\ufffd") else char if char not in "&<>\r\n\t" else source
        )
    if name:
        text = html5.get(f"{name};", "")
        return source if name in _KNOWN else text if text and not set(text) & set("&<>") else f"&amp;{name};"
    return "&amp;" if source == "&" else source


def local(element: Element) -> str:
    """The element's name without namespace."""
    return element.tag.rpartition("}")[2]


def child_text(element: Element, name: str) -> str:
    """All text of the first child with that local name, on one line; "" if there is none."""
    for child in element:
        if local(child) == name:
            return clean("".join(child.itertext()))
    return ""
