"""Reads a record of arXiv's metadata snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Paper, Person
from broadsheet.sources.providers.arxiv_text import arxiv_people, arxiv_text
from broadsheet.sources.records.ids import arxiv_id, identifiers
from broadsheet.sources.text.clean import clean, parse_date
from broadsheet.sources.text.latex import to_unicode
from broadsheet.sources.text.names import MAX_AUTHORS, from_parts, split_authors

__all__ = ["is_snapshot", "snapshot_paper"]


def is_snapshot(row: Mapping[str, Any]) -> bool:
    """Whether the object has the keys that are specific to the snapshot."""
    return "authors_parsed" in row and ("versions" in row or "update_date" in row)


def snapshot_paper(row: Mapping[str, Any]) -> tuple[Paper, str]:
    """(paper, its arXiv id); dates and version come from its versions. Raises RecordError without id or title."""

    def text(key: str) -> str:
        value = row.get(key)
        return clean(value) if isinstance(value, str) else ""

    identifier, _ = arxiv_id(text("id"))
    title = arxiv_text(text("title"))
    if not identifier or not title:
        raise RecordError(f"a snapshot line needs `id` and `title`; its id is {row.get('id')!r:.80}")
    days = [parse_date(str(v.get("created", ""))) for v in _list(row.get("versions")) if isinstance(v, dict)]
    submitted = days[0] if days else None
    paper = Paper(
        title,
        arxiv_text(text("abstract")),
        _authors(row),
        identifiers(arxiv=identifier, doi=text("doi").partition(" ")[0]),
        submitted.year if submitted else None,
        arxiv_text(text("journal-ref")),
        "preprint",
        categories=tuple(text("categories").split()),
        submitted=submitted,
        updated=(days[-1] if days else None) or parse_date(text("update_date")),
        version=len(days) or None,
        urls=(f"https://arxiv.org/abs/{identifier}",),
        pdf_url=f"https://arxiv.org/pdf/{identifier}",
        licence=text("license"),
        comments=arxiv_text(text("comments")),
        extra={"report_no": report} if (report := text("report-no")) else {},
    )
    return paper, identifier


def _authors(row: Mapping[str, Any]) -> tuple[Person, ...]:
    people = []
    for parts in _list(row.get("authors_parsed"))[:MAX_AUTHORS]:
        names = [to_unicode(part) if isinstance(part, str) else "" for part in _list(parts)] + ["", "", ""]
        person = from_parts(names[1], names[0], names[2])
        if person.name:
            people.append(person)
    authors = row.get("authors")
    return arxiv_people(people or (split_authors(authors)[0] if isinstance(authors, str) else ()))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
