"""Reads the saved text of a "Daily Papers" page: titles, abstracts and, if the page has them, facts about each paper.

A page has one of two layouts. In one, titles and abstracts alternate; in the other each pair is followed by the number
of authors or the organisation, the date, and the votes:

    Title, a blank line, the abstract, a blank line
      • 4 authors
    ·
    Jul 26, 2022 2
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Paper, Record
from broadsheet.sources.contract import Item
from broadsheet.sources.text.clean import clean, decode, read_bytes, rejected

__all__ = ["ListingSource"]

_SOURCE = "listing:daily-papers"
_EXPECTED = 'the text of a saved "Daily Papers" page'
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905
_DAY = rf"(?P<day>(?P<month>{'|'.join(_MONTHS)}) (?P<number>\d{{1,2}}))(?:, (?P<year>\d{{4}}))?"
_HEADER_DAY = re.compile(rf"{_DAY}$")
_FACTS_DAY = re.compile(rf"{_DAY}(?: (?P<votes>\d{{1,6}}))?$")
_AUTHORS = re.compile(r"•\s*(\d{1,5}) authors?$")
# The page identifies itself by its makers, or by its name with the day of the page on the next line.
_SIGNATURE = re.compile(
    rf"^[ \t]*(?:by\s?AK and the research community|Daily Papers[ \t]*\n\s*{_DAY})[ \t]*$", re.MULTILINE
)
_NAVIGATION = frozenset(
    {
        "new", "get trending papers in your email inbox!", "subscribe", "daily papers",
        "byak and the research community", "by ak and the research community", "previous", "next", "company", "tos",
        "privacy", "about", "careers", "website", "models", "datasets", "spaces", "pricing", "docs", "system theme",
        "back to top",
    }
)  # fmt: skip
_ABSTRACT_LENGTH = 200  # characters; titles are shorter, abstracts longer
_SENTENCE_WORDS = 25  # a shorter block is an abstract if it has this many words and ends like a sentence


@dataclass(slots=True)
class _Entry:
    line: int
    title: str
    abstract: list[str] = field(default_factory=list)
    facts: list[str] | None = None


class ListingSource:
    """Every entry of a saved page, including repeated ones.

    `extra` has author_count, votes, organisation, the day of an entry if the page does not give its year, and the day
    of the page.
    """

    name = "listing"
    suffixes = (".txt",)

    def sniff(self, head: bytes) -> bool:
        """Whether the page identifies itself near its top."""
        return bool(_SIGNATURE.search(decode(head)))

    def read(self, path: Path) -> Iterator[Item]:
        """Yield every entry in order. Raises SourceError if the text is not such a page or has no entry."""
        text = decode(read_bytes(path, _EXPECTED))
        if not _SIGNATURE.search(text):
            raise SourceError(f"{path}: the page does not identify itself; expected {_EXPECTED}")
        blocks = _blocks(text)
        page_day = next((text for _, lines in blocks if _HEADER_DAY.match(text := lines[0])), "")
        has_entries = False
        for entry in _entries(blocks):
            has_entries = True
            yield _item(entry, page_day, path.name)
        if not has_entries:
            raise SourceError(f"{path}: holds no entry; expected {_EXPECTED}")


def _blocks(text: str) -> list[tuple[int, list[str]]]:
    """(line number, lines) of each block of text between blank lines, without the page's navigation."""
    blocks: list[tuple[int, list[str]]] = []
    open_block = False
    for number, raw in enumerate(text.split("\n"), 1):
        line = clean(raw)
        if not line:
            open_block = False
        elif line.lower() not in _NAVIGATION:
            if open_block:
                blocks[-1][1].append(line)
            else:
                blocks.append((number, [line]))
            open_block = True
    return blocks


def _entries(blocks: list[tuple[int, list[str]]]) -> Iterator[_Entry]:
    entry: _Entry | None = None
    for index, (line, lines) in enumerate(blocks):
        text = " ".join(lines)
        if _is_facts(lines):
            if entry:
                entry.facts = lines
                yield entry
                entry = None
        elif entry is None:
            if not _HEADER_DAY.match(text):
                entry = _Entry(line, text)
        elif _is_abstract(text) or (
            not entry.abstract and index + 1 < len(blocks) and _is_facts(blocks[index + 1][1])
        ):  # the text between a title and its facts is the abstract, however short
            entry.abstract.append(text)
        else:
            yield entry
            entry = _Entry(line, text)
    if entry:
        yield entry


def _is_facts(lines: list[str]) -> bool:
    return "·" in lines or bool(_AUTHORS.match(lines[0]))


def _is_abstract(text: str) -> bool:
    return len(text) >= _ABSTRACT_LENGTH or (text.endswith(".") and len(text.split()) >= _SENTENCE_WORDS)


def _item(entry: _Entry, page_day: str, file: str) -> Item:
    place = f"{file}:{entry.line}"
    if not entry.abstract and entry.facts is None:
        return rejected(_SOURCE, place, "neither an abstract nor facts follow this title", entry.title)
    extra, submitted = _facts(entry.facts or [])
    if page_day:
        extra["page_day"] = page_day
    year = submitted.year if submitted else None
    paper = Paper(entry.title, " ".join(entry.abstract), year=year, submitted=submitted, extra=extra)
    return Record(paper, _SOURCE, "", place)


def _facts(lines: list[str]) -> tuple[dict[str, Any], date | None]:
    """(`extra`, the date if the year is given) from the lines under an entry."""
    extra: dict[str, Any] = {}
    submitted: date | None = None
    for line in lines:
        if authors := _AUTHORS.match(line):
            extra["author_count"] = int(authors[1])
        elif day := _FACTS_DAY.match(line):
            submitted = _date(day)
            if submitted is None:
                extra["listed"] = day[0].removesuffix(f" {day['votes']}")
            if day["votes"]:
                extra["votes"] = int(day["votes"])
        elif line != "·":
            handle, _, name = line.partition(" ")  # an organisation's handle, then its name
            extra["organisation"] = name or handle
    return extra, submitted


def _date(day: re.Match[str]) -> date | None:
    try:
        return date(int(day["year"]), _MONTHS.index(day["month"]) + 1, int(day["number"])) if day["year"] else None
    except ValueError:
        return None
