"""Reads the answers of arXiv's query API: an Atom feed of papers, or of one entry that is an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element, tostring

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Paper, Person, Record
from broadsheet.sources.contract import Item
from broadsheet.sources.providers.arxiv_text import arxiv_people, arxiv_text
from broadsheet.sources.records.ids import arxiv_id, arxiv_year, identifiers
from broadsheet.sources.text.clean import clean, parse_date, rejected
from broadsheet.sources.text.names import MAX_AUTHORS, parse_name
from broadsheet.sources.text.xmlstream import DamagedXmlError, child_text, elements, local

__all__ = ["ApiAnswer", "read_answer"]

SOURCE = "arxiv"
# The API mixes ACM and MSC classes with arXiv's own categories; only these begin with a lower-case letter.
_CATEGORY = re.compile(r"[a-z]+(-[a-z]+)*(\.[A-Za-z-]+)?")
_ERROR = re.compile(r"https?://(export\.)?arxiv\.org/api/errors")


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """One answer. `error` is the provider's message, `damage` the reason why the XML could not be read to its end."""

    items: tuple[Item, ...] = ()
    total: int = 0  # matching papers, by the server's count
    error: str = ""
    damage: str = ""


def read_answer(body: bytes) -> ApiAnswer:
    """Read one answer. Raises nothing: errors are fields of the answer."""
    items: list[Item] = []
    total, error, damage = 0, "", ""
    try:
        for element in elements(body, frozenset({"entry", "totalResults"})):
            if local(element) == "totalResults":
                text = (element.text or "").strip()
                total = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
            elif _ERROR.match(child_text(element, "id")):
                error = child_text(element, "summary")[:300] or "error without a message"
            else:
                items.append(_item(element))
    except DamagedXmlError as cut:
        damage = str(cut)
    return ApiAnswer(tuple(items), total, error, damage)


def _item(entry: Element) -> Item:
    identifier = child_text(entry, "id")[:200]
    place = f"arxiv-api {identifier}"
    try:
        paper = _paper(entry, identifier)
    except RecordError as error:
        return rejected(SOURCE, place, str(error), tostring(entry, encoding="unicode"))
    return Record(paper, SOURCE, paper.ids.arxiv, place)


def _paper(entry: Element, identifier: str) -> Paper:
    key, version = arxiv_id(identifier)
    title = arxiv_text(child_text(entry, "title")[:2_000])
    if not key:
        raise RecordError(f"entry id {identifier!r} holds no arXiv identifier")
    if not title:
        raise RecordError(f"{key} has no title")
    submitted = parse_date(child_text(entry, "published"))
    return Paper(
        title=title,
        abstract=arxiv_text(child_text(entry, "summary")[:50_000]),
        authors=arxiv_people(_authors(entry)),
        ids=replace(identifiers(doi=child_text(entry, "doi").partition(" ")[0]), arxiv=key),
        year=submitted.year if submitted else arxiv_year(key),
        venue=arxiv_text(child_text(entry, "journal_ref")),
        kind="preprint",
        categories=_categories(entry),
        submitted=submitted,
        updated=parse_date(child_text(entry, "updated")),
        version=version,
        urls=(f"https://arxiv.org/abs/{key}",),
        pdf_url=f"https://arxiv.org/pdf/{key}",
        comments=arxiv_text(child_text(entry, "comment")),
    )


def _categories(entry: Element) -> tuple[str, ...]:
    terms = [
        child.get("term", "") for name in ("primary_category", "category") for child in entry if local(child) == name
    ]
    return tuple(dict.fromkeys(term for term in terms if len(term) < 40 and _CATEGORY.fullmatch(term)))


def _authors(entry: Element) -> Iterator[Person]:
    for author in [child for child in entry if local(child) == "author"][:MAX_AUTHORS]:
        places = [clean("".join(child.itertext())) for child in author if local(child) == "affiliation"]
        if person := parse_name(child_text(author, "name")):
            yield replace(person, affiliations=tuple(filter(None, places)))
