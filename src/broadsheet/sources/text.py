"""Bytes and text as they come from outside, made safe to keep: size caps, encodings, stray characters."""

from __future__ import annotations

import codecs
import re
from datetime import date
from email.utils import parsedate_to_datetime
from html import unescape
from pathlib import Path

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Rejected

__all__ = ["MAX_FILE", "MAX_RAW", "clean", "decode", "parse_date", "read_bytes", "rejected", "strip_html", "year_of"]

MAX_FILE = 256 * 2**20  # bytes of a file that must be held whole; 100,000 BibTeX entries are about 100 MiB
MAX_RAW = 2000  # characters of an unreadable record kept in quarantine: enough to recognise it

_UNWANTED = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ufffe\uffff\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_TAG = re.compile(r"<(/?)([a-zA-Z!?][a-zA-Z0-9]*)[^<>]*>")
_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_ISO = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)")
_BLOCKS = frozenset({"p", "br", "div", "li", "tr", "td", "h1", "h2", "h3", "h4", "ul", "ol"})


def read_bytes(path: Path, expected: str, limit: int = MAX_FILE) -> bytes:
    """The whole file. Raises SourceError if it is missing, unreadable, empty or larger than `limit` bytes."""
    try:
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except IsADirectoryError:
        raise SourceError(f"{path}: is a folder; name the files in it") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); expected {expected}") from error
    if len(data) > limit:
        raise SourceError(f"{path}: larger than {limit // 2**20} MiB; split it, or convert it to JSON lines")
    if not data.strip():
        raise SourceError(f"{path}: is empty; expected {expected}")
    return data


def decode(data: bytes) -> str:
    """Text from bytes: UTF-8 or UTF-16 with a byte order mark, UTF-8, else line by line UTF-8 or Windows-1252.

    A character cut in half at the very end is dropped: the file was truncated there. Line ends become `\\n`.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16", errors="replace")
    else:
        try:
            text = codecs.getincrementaldecoder("utf-8-sig")().decode(data)
        except UnicodeDecodeError:
            text = "\n".join(_decode_line(line) for line in data.removeprefix(codecs.BOM_UTF8).split(b"\n"))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decode_line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def clean(text: str) -> str:
    """One line of storable text: control characters and lone surrogates gone, whitespace collapsed."""
    if text.isprintable() and "  " not in text:  # the common case, at memory speed
        return text.strip()
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
    return " ".join(_UNWANTED.sub("", text).split())


def rejected(source: str, place: str, reason: str, raw: str = "") -> Rejected:
    """A Rejected whose raw text is cut to MAX_RAW characters and can be stored."""
    return Rejected(source, place, clean(reason), _SURROGATE.sub("\ufffd", raw[:MAX_RAW]).replace("\0", ""))


def strip_html(text: str) -> str:
    """The words of an HTML fragment: tags dropped, `script` and `style` with their content. Linear in its length."""
    parts: list[str] = []
    position, hidden = 0, ""
    for tag in _TAG.finditer(text):
        name = tag[2].lower()
        if not hidden:
            parts.append(text[position : tag.start()])
            parts.append(" " if name in _BLOCKS else "")
            hidden = name if not tag[1] and name in ("script", "style") else ""
        elif tag[1] and name == hidden:
            hidden = ""
        position = tag.end()
    if not hidden:
        parts.append(text[position:])
    return clean(unescape("".join(parts)))


def parse_date(text: str) -> date | None:
    """The calendar day named by an ISO 8601 or RFC 822 date, in its own time zone; None if it names none."""
    iso = _ISO.match(text.strip())
    try:
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        return parsedate_to_datetime(text).date()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def year_of(value: object) -> int | None:
    """The year 1000..2999 in a number or a text such as `2019`, `2019.0` or `May 2019`; None if there is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None
    elif isinstance(value, str):
        found = _YEAR.search(value)
        value = int(found[1]) if found else None
    return value if isinstance(value, int) and 1000 <= value <= 2999 else None
