"""Reads an entry of arXiv's announcement feeds, in today's format and in that used until January 2024."""

from __future__ import annotations

import re
from datetime import date
from xml.etree.ElementTree import Element

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Paper, Person
from broadsheet.sources.providers.arxiv_text import arxiv_people, arxiv_text, split_with_places
from broadsheet.sources.providers.feed_entry import categories_of, texts_of
from broadsheet.sources.records.ids import arxiv_id, arxiv_year, identifiers
from broadsheet.sources.text.clean import parse_date, plain_text
from broadsheet.sources.text.xmlstream import child_text

__all__ = ["arxiv_announcement", "is_announcement"]

_OAI_PREFIX = "oai:arXiv.org:"
_HEADER = re.compile(r"(?:arXiv:\S+\s+)?Announce Type:\s*(?P<type>[a-z-]+)\s*(?:Abstract:\s*)?", re.IGNORECASE)
_OLD_TITLE = re.compile(
    r"\s*\((?P<id>arXiv:[^\s()]{5,40}) \[(?P<category>[\w.-]{2,40})\](?: (?P<type>UPDATED|CROSS LISTED))?\)$"
)
_OLD_TYPES = {None: "new", "UPDATED": "replace", "CROSS LISTED": "cross"}


def is_announcement(entry: Element, identifier: str) -> bool:
    """Whether the entry is from arXiv, by its id or by the end of its title."""
    return identifier.startswith(_OAI_PREFIX) or _OLD_TITLE.search(child_text(entry, "title")) is not None


def arxiv_announcement(entry: Element, given_id: str) -> Paper:
    """Make the paper of one entry. Raises RecordError without a readable id or title.

    `extra["announce_type"]` is new, cross, replace or replace-cross. The entry's day is the day of announcement of a
    new paper, or of one cross-listed when it was new, and the day of update of a replacement. Authors are provisional:
    the feed has them in one string.
    """
    title = child_text(entry, "title")
    old = _OLD_TITLE.search(title)
    identifier, version = arxiv_id(old["id"] if old else given_id)
    title = arxiv_text(title[: old.start()] if old else title)
    if not identifier or not title:
        raise RecordError(f"an entry of an arXiv feed needs an id and a title; its id is {given_id[:80]!r}")
    summary = child_text(entry, "summary") or child_text(entry, "description")
    header = _HEADER.match(summary)
    kind = child_text(entry, "announce_type") or (header["type"] if header else "")
    if old:
        kind, summary = _OLD_TYPES[old["type"]], plain_text(summary)
    day = parse_date(next((t for name in ("published", "pubDate", "date") if (t := child_text(entry, name))), ""))
    fresh = kind == "new" or (kind == "cross" and version == 1 and _is_recent(identifier, day))
    return Paper(
        title,
        arxiv_text(summary[header.end() :] if header else summary),
        _authors(entry),
        identifiers(arxiv=identifier, doi=child_text(entry, "DOI")),
        arxiv_year(identifier),
        arxiv_text(child_text(entry, "journal_reference")),
        "preprint",
        categories=tuple(dict.fromkeys([*([old["category"]] if old else []), *categories_of(entry)])),
        announced=day if fresh else None,
        updated=day if kind.startswith("replace") else None,
        version=version,
        urls=(f"https://arxiv.org/abs/{identifier}",),
        pdf_url=f"https://arxiv.org/pdf/{identifier}",
        licence=child_text(entry, "rights"),
        extra={"announce_type": kind} if kind else {},
    )


def _authors(entry: Element) -> tuple[Person, ...]:
    return arxiv_people(split_with_places(", ".join(texts_of(entry, "creator"))))


def _is_recent(identifier: str, day: date | None) -> bool:
    """Whether arXiv assigned the identifier in the month of `day` or in the month before."""
    if day is None or "." not in identifier:
        return False
    months = arxiv_year(identifier) * 12 + int(identifier[2:4])
    return 0 <= day.year * 12 + day.month - months <= 1
