"""Reads a saved page of arXiv's listings (/list/cs.IR/new, …/recent, a month or a search), as HTML or as its text.

HTML ──► lines of text, one a block ──► entries that begin with "[1] arXiv:2603.01234 [pdf, …]"
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

from broadsheet.kit.errors import RecordError, SourceError
from broadsheet.kit.paper import Record
from broadsheet.sources.contract import Item
from broadsheet.sources.files.arxiv_mail import listed_paper
from broadsheet.sources.text.clean import clean, decode, read_bytes, rejected
from broadsheet.sources.text.dates import read_date

__all__ = ["ArxivListingSource"]

_EXPECTED = "a saved page of arXiv's listings"
_ENTRY = re.compile(r"^\[(\d{1,5})\]\s*(?:<[^>]*>\s*)*arXiv:\s*(\S+)(?P<rest>.*)$")
_IN_HTML = re.compile(r"<d[lt]\b[^>]*>.{0,400}?/abs/(?:\d{4}\.|[a-z-]+/)", re.DOTALL | re.IGNORECASE)
_IN_TEXT = re.compile(r"^\s*\[\d{1,5}\]\s*arXiv:\s*\d{4}\.\d{4,6}\b", re.MULTILINE)
_DAY = re.compile(r"(?:listings for|^)\s*\w{3,9},? (\d{1,2} [A-Z][a-z]{2,8} \d{4})")
_LABEL = re.compile(r"(Title|Authors?|Comments|Journal-ref|Subjects|DOI|Report number|MSC-class|ACM-class)\s*:\s*(.*)")
_CODE = re.compile(r"\(([a-z-]+(?:\.[A-Za-z-]+)?)\)")
_KINDS = {"new": "new", "cross": "cross", "replacement": "replace"}
_HEADING = re.compile(r"(New|Cross|Replacement)[ -](?:submissions|lists|listings)?", re.IGNORECASE)
_BLOCKS = frozenset({"dt", "dd", "div", "p", "h1", "h2", "h3", "dl", "li", "br"})
_LONGEST = 50_000  # characters of an entry


class ArxivListingSource:
    """Every entry of a page; `announced` is the day that the page names, for papers that are new on it."""

    name = "arxiv-listing"
    suffixes = (".html", ".htm", ".txt")

    def sniff(self, head: bytes) -> bool:
        """Whether a listing's entry is near the top."""
        text = decode(head)
        return bool(_IN_TEXT.search(text)) or ("arxiv" in text.lower() and bool(_IN_HTML.search(text)))

    def read(self, path: Path) -> Iterator[Item]:
        """Yield every entry in order. Raises SourceError if there is none."""
        text = decode(read_bytes(path, _EXPECTED))
        has_entries = False
        for item in _items(_lines(text), path.name):
            has_entries = True
            yield item
        if not has_entries:
            raise SourceError(f"{path}: holds no entry; expected {_EXPECTED}")


def _lines(text: str) -> list[str]:
    """The text in lines, those of a page of HTML by its blocks."""
    if "<dt" not in text.lower():
        return [clean(line) for line in text.split("\n")]
    flat = _Flat()
    flat.feed(text)
    flat.close()
    return [clean(line) for line in "".join(flat.parts).split("\n")]


class _Flat(HTMLParser):
    """The text of a page, a line a block; scripts and styles are left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        """A block begins a line; a term of the list begins an entry."""
        self._silent += tag in {"script", "style"}
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """A block ends its line."""
        self._silent -= tag in {"script", "style"} and self._silent > 0
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        """Line ends within a block are spaces."""
        if not self._silent:
            self.parts.append(re.sub(r"\s+", " ", data))


def _items(lines: list[str], file: str) -> Iterator[Item]:
    kind, day = "", None
    entry: tuple[str, str, int, str, date | None] | None = None
    block: list[str] = []
    for number, line in enumerate(lines, 1):
        started = _ENTRY.match(line)
        heading = None if started else _HEADING.match(line)
        if entry and (started or heading):
            yield _item(*entry, block, file)
            entry = None
        if started:
            entry, block = (started[2], kind, number, started["rest"], day), []
        elif heading:
            kind = _KINDS[heading[1].lower()]
        elif entry:
            block.append(line)
        elif match := _DAY.search(line):
            day = read_date(match[1]).day
    if entry:
        yield _item(*entry, block, file)


def _item(identifier: str, kind: str, number: int, rest: str, day: date | None, lines: list[str], file: str) -> Item:
    source, place = f"arxiv-listing:{file}", f"{file}:{number}"
    fields, abstract = _fields(lines)
    if "(cross-list" in rest:
        kind = "cross"
    try:
        paper = listed_paper(identifier, fields, abstract[:_LONGEST])
    except RecordError as error:
        return rejected(source, place, str(error), "\n".join(lines))
    announced = day if kind == "new" else None
    paper = replace(paper, announced=announced, extra={"announce_type": kind} if kind else {})
    return Record(paper, source, paper.ids.arxiv, place)


def _fields(lines: list[str]) -> tuple[dict[str, str], str]:
    """(the fields by the names that a mail has, the abstract); authors stand unnamed below the title."""
    fields: dict[str, str] = {}
    abstract: list[str] = []
    after = ""
    for line in filter(None, lines):
        match = _LABEL.match(line)
        if match:
            after = "Authors" if match[1].startswith("Author") else match[1]
            fields[after] = match[2]
        elif after in {"Title", "Authors", "Comments", "Subjects", "Journal-ref"} and not fields[after]:
            fields[after] = line
        elif "Authors" not in fields and "Title" in fields:
            fields["Authors"], after = line, "Authors"
        elif after == "Authors" and fields["Authors"].endswith(","):
            fields["Authors"] += f" {line}"
        elif "Subjects" in fields:
            abstract.append(line)
    fields["Categories"] = " ".join(_CODE.findall(fields.pop("Subjects", "")))
    return fields, " ".join(abstract)
