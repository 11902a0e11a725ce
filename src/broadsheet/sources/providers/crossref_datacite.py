"""Makes a paper from the answer of Crossref or DataCite for a DOI."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Paper, Person
from broadsheet.sources.files.csl import csl_paper, issue_date
from broadsheet.sources.records.fields import FIELDS
from broadsheet.sources.records.ids import arxiv_id, clean_url, identifiers
from broadsheet.sources.text.clean import clean, parse_date, year_of
from broadsheet.sources.text.jats import jats_text
from broadsheet.sources.text.names import MAX_AUTHORS, from_parts, parse_name

__all__ = ["crossref_paper", "datacite_paper", "datacite_work"]

_KINDS = {
    "JournalArticle": "article", "ConferencePaper": "inproceedings", "Preprint": "preprint", "Book": "book",
    "BookChapter": "incollection", "Dissertation": "phdthesis", "Report": "techreport", "Dataset": "dataset",
    "Software": "software",
}  # fmt: skip
_MOST_REFERENCES = 2000
_ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]")
_CANONICAL = frozenset({field.name for field in FIELDS})


def crossref_paper(body: bytes, doi: str) -> Paper:
    """Make the paper of Crossref's answer to /works/{doi}. Raises RecordError if it is not JSON or has no title."""
    work = _dict(_dict(_parse_json(body, "Crossref")).get("message"))
    if not any(map(_text, _list(work.get("title")))):
        raise RecordError(f"Crossref gives no title for {doi}")
    paper = csl_paper(work)
    created = issue_date({"issued": work.get("created")})
    event = _text(_dict(work.get("event")).get("name"))
    # Fields without a canonical name are Crossref's own administration and are left out.
    extra = {name: value for name, value in paper.extra.items() if name in _CANONICAL or name == "group-title"}
    extra |= _without_empty(references=_joined(_dict(item).get("DOI") for item in _list(work.get("reference"))))
    return replace(
        paper,
        ids=replace(identifiers(doi=doi), arxiv=_preprint(work)),
        year=paper.year or created.year,
        submitted=paper.submitted or (None if paper.year else created.day),
        venue=paper.venue or event,
        kind=paper.kind or "misc",
        urls=_urls(f"https://doi.org/{doi}", _text(_dict(_dict(work.get("resource")).get("primary")).get("URL"))),
        extra=extra,
    )


def datacite_paper(body: bytes, doi: str) -> Paper:
    """Make the paper of DataCite's answer to /dois/{doi}. Raises RecordError if it is not JSON or has no title."""
    return datacite_work(_dict(_dict(_dict(_parse_json(body, "DataCite")).get("data")).get("attributes")), doi)


def datacite_work(work: Mapping[str, Any], doi: str) -> Paper:
    """Make the paper of a DataCite record's attributes. Raises RecordError if it has no title."""
    titles = _titles(work)
    if not titles[""]:
        raise RecordError(f"DataCite gives no title for {doi}")
    abstracts = [item for item in _list(work.get("descriptions")) if _dict(item).get("descriptionType") == "Abstract"]
    dates = {
        _text(_dict(item).get("dateType")): parse_date(_text(_dict(item).get("date")))
        for item in _list(work.get("dates"))
    }
    types, publisher, container = _dict(work.get("types")), work.get("publisher"), _dict(work.get("container"))
    kind, title, subtitle = _text(types.get("resourceTypeGeneral")), titles[""], titles["Subtitle"]
    return Paper(
        title=f"{title}: {subtitle}" if subtitle and subtitle.lower() not in title.lower() else title,
        abstract=jats_text(_string(_dict(abstracts[0]).get("description"))) if abstracts else "",
        authors=tuple(filter(None, map(_datacite_person, _list(work.get("creators"))[:MAX_AUTHORS]))),
        ids=identifiers(doi=doi),
        year=year_of(work.get("publicationYear")),
        venue=_text(container.get("title")),
        kind="preprint" if arxiv_id(doi)[0] else _KINDS.get(kind, "misc"),
        keywords=tuple(filter(None, (_text(_dict(item).get("subject")) for item in _list(work.get("subjects"))[:100]))),
        submitted=dates.get("Submitted") or dates.get("Issued") or dates.get("Available"),
        updated=dates.get("Updated"),
        urls=_urls(f"https://doi.org/{doi}", _text(work.get("url"))),
        licence=next((clean_url(_text(_dict(item).get("rightsUri"))) for item in _list(work.get("rightsList"))), ""),
        language=_text(work.get("language"))[:20],
        citations=_count(work.get("citationCount")),
        extra=_without_empty(
            publisher=_text(publisher) or _text(_dict(publisher).get("name")),
            type=kind,
            translated_title=titles["TranslatedTitle"],
            short_title=titles["AlternativeTitle"],
            volume=_text(container.get("volume")),
            issue=_text(container.get("issue")),
            references=_joined(_cited(work)),
        ),
    )


def _cited(work: Mapping[str, Any]) -> Iterator[object]:
    """The identifiers of what a DataCite record cites."""
    for item in map(_dict, _list(work.get("relatedIdentifiers"))):
        if item.get("relationType") in ("Cites", "References"):
            yield item.get("relatedIdentifier")


def _joined(identifiers: Iterable[object]) -> str:
    """Identifiers of what a work cites in the form of CSL's field for them, a text."""
    return "; ".join(filter(None, map(_text, islice(identifiers, _MOST_REFERENCES))))


def _titles(work: Mapping[str, Any]) -> dict[str, str]:
    """The first title of each type. Under "" is the main title, which has no type, or the first title of any type."""
    titles = {"": "", "Subtitle": "", "TranslatedTitle": "", "AlternativeTitle": ""}
    typed_titles = [
        (_text(_dict(item).get("titleType")), _string(_dict(item).get("title"))) for item in _list(work.get("titles"))
    ]
    for title_type, text in typed_titles:
        kind = title_type if title_type in titles else ""
        titles[kind] = titles[kind] or jats_text(text)
    if not titles[""]:
        kind = next((kind for kind, text in titles.items() if text), "")
        titles[""], titles[kind] = titles[kind], ""
    return titles


def _parse_json(body: bytes, who: str) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{who} answers with something that is no JSON: {error}"[:300]) from error


def _datacite_person(value: object) -> Person | None:
    creator = _dict(value)
    name = _text(creator.get("name"))
    if creator.get("nameType") == "Organizational":
        return Person(name, is_group=True) if name else None
    given, family = _text(creator.get("givenName")), _text(creator.get("familyName"))
    person = from_parts(given, family) if family else parse_name(name)
    if not person:
        return None
    orcids = (_orcid(_dict(item).get("nameIdentifier")) for item in _list(creator.get("nameIdentifiers")))
    places = (_text(item) or _text(_dict(item).get("name")) for item in _list(creator.get("affiliation")))
    return replace(person, orcid=next(filter(None, orcids), ""), affiliations=tuple(filter(None, places)))


def _preprint(work: Mapping[str, Any]) -> str:
    """The arXiv id of the preprint that Crossref relates to this work; "" if none."""
    relation = _dict(work.get("relation"))
    related_works = [item for name in ("has-preprint", "is-version-of") for item in _list(relation.get(name))]
    return next(filter(None, (arxiv_id(_text(_dict(item).get("id")))[0] for item in related_works)), "")


def _urls(*urls: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(url for url in map(clean_url, urls) if url))


def _orcid(value: object) -> str:
    match = _ORCID.search(_text(value))
    return match[0] if match else ""


def _without_empty(**texts: str) -> dict[str, str]:
    return {name: text for name, text in texts.items() if text}


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value < 2**31 else None


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _text(value: object) -> str:
    return clean(_string(value)[:5_000])


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
