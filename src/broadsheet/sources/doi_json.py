"""What Crossref and DataCite say about one DOI, brought to our record."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Paper, Person
from broadsheet.sources.ids import arxiv_id, clean_url, identifiers
from broadsheet.sources.names import MAX_AUTHORS, from_parts, parse_name
from broadsheet.sources.text import clean, parse_date, plain_text, year_of

__all__ = ["crossref_paper", "datacite_paper"]

_KINDS = {
    "journal-article": "article", "JournalArticle": "article", "proceedings-article": "inproceedings",
    "ConferencePaper": "inproceedings", "posted-content": "preprint", "Preprint": "preprint", "book": "book",
    "monograph": "book", "Book": "book", "book-chapter": "incollection", "BookChapter": "incollection",
    "dissertation": "phdthesis", "Dissertation": "phdthesis", "report": "techreport", "Report": "techreport",
}  # fmt: skip
_WITHDRAWN = frozenset({"retraction", "withdrawal", "removal"})
# JATS: the heading "Abstract" is no part of the abstract, and paragraphs end words.
_HEADING = re.compile(r"^\s*(?:<jats:sec[^<>]*>\s*)?<jats:title>[^<>]*</jats:title>")
_BLOCK = re.compile(r"</?jats:(?:p|sec|title|list|list-item)\b[^<>]*>")
_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]*:[a-zA-Z][^<>]*>")
_ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]")


def crossref_paper(body: bytes, doi: str) -> Paper:
    """The paper of Crossref's answer to /works/{doi}. Raises RecordError if it is none."""
    work = _dict(_dict(_parsed(body, "Crossref")).get("message"))
    title = _first(work.get("title"))
    if not title:
        raise RecordError(f"Crossref gives no title for {doi}")
    subtitle = _first(work.get("subtitle"))
    urls = _urls(f"https://doi.org/{doi}", _text(_dict(_dict(work.get("resource")).get("primary")).get("URL")))
    issued, year = _issued(work)
    return Paper(
        title=f"{title}: {subtitle}" if subtitle and subtitle.lower() not in title.lower() else title,
        abstract=_unmarked(_string(work.get("abstract"))),
        authors=tuple(filter(None, map(_crossref_person, _list(work.get("author"))[:MAX_AUTHORS]))),
        ids=replace(identifiers(doi=doi), arxiv=_preprint(work)),
        year=year,
        venue=_first(work.get("container-title")) or _text(_dict(work.get("event")).get("name")),
        kind=_KINDS.get(_text(work.get("type")), "misc"),
        keywords=_texts(work.get("subject")),
        submitted=issued,
        urls=urls,
        licence=next((clean_url(_text(_dict(item).get("URL"))) for item in _list(work.get("license"))), ""),
        language=_text(work.get("language"))[:20],
        is_retracted=any(_text(_dict(item).get("type")) in _WITHDRAWN for item in _list(work.get("updated-by"))),
        citations=_count(work.get("is-referenced-by-count")),
        extra={name: text for name in ("publisher", "volume", "issue", "page") if (text := _text(work.get(name)))},
    )


def datacite_paper(body: bytes, doi: str) -> Paper:
    """The paper of DataCite's answer to /dois/{doi}. Raises RecordError if it is none."""
    work = _dict(_dict(_dict(_parsed(body, "DataCite")).get("data")).get("attributes"))
    titles = [_unmarked(_string(_dict(item).get("title"))) for item in _list(work.get("titles"))]
    if not any(titles):
        raise RecordError(f"DataCite gives no title for {doi}")
    abstracts = [item for item in _list(work.get("descriptions")) if _dict(item).get("descriptionType") == "Abstract"]
    dates = {
        _text(_dict(item).get("dateType")): parse_date(_text(_dict(item).get("date")))
        for item in _list(work.get("dates"))
    }
    types, publisher = _dict(work.get("types")), work.get("publisher")
    kind = _text(types.get("resourceTypeGeneral"))
    return Paper(
        title=next(filter(None, titles)),
        abstract=_unmarked(_string(_dict(abstracts[0]).get("description"))) if abstracts else "",
        authors=tuple(filter(None, map(_datacite_person, _list(work.get("creators"))[:MAX_AUTHORS]))),
        ids=identifiers(doi=doi),
        year=year_of(work.get("publicationYear")),
        venue=_text(_dict(work.get("container")).get("title")),
        kind="preprint" if arxiv_id(doi)[0] else _KINDS.get(kind, "misc"),
        keywords=tuple(filter(None, (_text(_dict(item).get("subject")) for item in _list(work.get("subjects"))[:100]))),
        submitted=dates.get("Submitted") or dates.get("Issued") or dates.get("Available"),
        updated=dates.get("Updated"),
        urls=_urls(f"https://doi.org/{doi}", _text(work.get("url"))),
        licence=next((clean_url(_text(_dict(item).get("rightsUri"))) for item in _list(work.get("rightsList"))), ""),
        language=_text(work.get("language"))[:20],
        citations=_count(work.get("citationCount")),
        extra=_named(publisher=_text(publisher) or _text(_dict(publisher).get("name")), type=kind),
    )


def _parsed(body: bytes, who: str) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{who} answers with something that is no JSON: {error}"[:300]) from error


def _crossref_person(value: object) -> Person | None:
    author = _dict(value)
    person = from_parts(_text(author.get("given")), _text(author.get("family")), _text(author.get("suffix")))
    if not person.name:
        person = Person(_text(author.get("name")))
    places = (_text(_dict(item).get("name")) for item in _list(author.get("affiliation")))
    return (
        replace(person, orcid=_orcid(author.get("ORCID")), affiliations=tuple(filter(None, places)))
        if person.name
        else None
    )


def _datacite_person(value: object) -> Person | None:
    creator = _dict(value)
    name = _text(creator.get("name"))
    if creator.get("nameType") == "Organizational":
        return Person(name) if name else None
    given, family = _text(creator.get("givenName")), _text(creator.get("familyName"))
    person = from_parts(given, family) if family else parse_name(name)
    if not person:
        return None
    orcids = (_orcid(_dict(item).get("nameIdentifier")) for item in _list(creator.get("nameIdentifiers")))
    places = (_text(item) or _text(_dict(item).get("name")) for item in _list(creator.get("affiliation")))
    return replace(person, orcid=next(filter(None, orcids), ""), affiliations=tuple(filter(None, places)))


def _issued(work: Mapping[str, Any]) -> tuple[date | None, int | None]:
    """(day, year) of publication; Crossref may know the year alone."""
    for name in ("issued", "published", "created"):
        parts = _list(_dict(work.get(name)).get("date-parts"))
        numbers = [part for part in _list(parts[0] if parts else None) if isinstance(part, int)]
        if not numbers or not year_of(numbers[0]):
            continue
        try:
            return (date(numbers[0], numbers[1], numbers[2]) if len(numbers) > 2 else None), year_of(numbers[0])
        except (ValueError, OverflowError):
            return None, year_of(numbers[0])
    return None, None


def _preprint(work: Mapping[str, Any]) -> str:
    """The arXiv id of the preprint Crossref relates this work to; "" if none."""
    relation = _dict(work.get("relation"))
    related = [item for name in ("has-preprint", "is-version-of") for item in _list(relation.get(name))]
    return next(filter(None, (arxiv_id(_text(_dict(item).get("id")))[0] for item in related)), "")


def _unmarked(text: str) -> str:
    return plain_text(_TAG.sub("", _BLOCK.sub(" ", _HEADING.sub("", text))))[:50_000]


def _urls(*urls: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(url for url in map(clean_url, urls) if url))


def _orcid(value: object) -> str:
    found = _ORCID.search(_text(value))
    return found[0] if found else ""


def _named(**texts: str) -> dict[str, str]:
    return {name: text for name, text in texts.items() if text}


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value < 2**31 else None


def _first(value: object) -> str:
    return next(filter(None, (_unmarked(_string(item)) for item in _list(value))), "")[:2_000]


def _texts(value: object) -> tuple[str, ...]:
    return tuple(filter(None, (_text(item) for item in _list(value)[:100])))


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _text(value: object) -> str:
    return clean(_string(value)[:5_000])


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
