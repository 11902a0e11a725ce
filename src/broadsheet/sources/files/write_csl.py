"""Writes CSL-JSON of schema 1.0.2. Fields that the schema does not have go to `custom`, where the reader finds them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from datetime import date
from typing import Any

from broadsheet.kit.paper import Identifiers, Paper, Person
from broadsheet.kit.paper_json import to_json
from broadsheet.sources.files.csl import SEASONS, read_kind
from broadsheet.sources.files.writing import Keys, kind_of, people_in, texts_in, year_of_paper
from broadsheet.sources.records.fields import FIELDS, KIND, KIND_OF
from broadsheet.sources.records.ids import arxiv_id
from broadsheet.sources.text.dates import read_date
from broadsheet.sources.text.names import inverted, is_group

__all__ = ["write_csl"]

# Variables of the standard that the table of fields does not have; items from other programs may have them.
_NAMES = (
    "chair compiler composer container-author contributor curator director editorial-director executive-producer guest "
    "host interviewer illustrator narrator organizer original-author performer producer recipient reviewed-author "
    "script-writer series-creator"
)
_DATES = "available-date original-date submitted"
_TEXTS = (
    "archive_collection archive-place authority citation-label collection-number dimensions division jurisdiction "
    "medium original-publisher original-publisher-place page-first part part-title printing references "
    "reviewed-genre reviewed-title scale status supplement version volume-title year-suffix"
)
_NAME_VARIABLES, _DATE_VARIABLES, _TEXT_VARIABLES = (frozenset(names.split()) for names in (_NAMES, _DATES, _TEXTS))
_SEPARATORS = {"issn": ", ", "isbn": ", ", "affiliations": "; "}
# Not written by `_table`: other functions write them. `article-number` is Crossref's name; the schema has none.
_WRITTEN_BEFORE = frozenset({"citation_key", "date", "publisher", "institution", "report_number", "article_number"})
_OWN = frozenset(field.name for kind in (Paper, Identifiers) for field in fields(kind))  # keys of a paper in `custom`
_RANGE = re.compile(r"(\d{4}(?:-\d\d){0,2})/(\d{4}(?:-\d\d){0,2})")
_SEASON_OF = {name: int(number) for number, name in SEASONS.items()}


def write_csl(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield a JSON list, one item at a time."""
    keys = Keys()
    separator = "[\n"
    for paper in papers:
        yield separator + json.dumps(_item(paper, keys.of(paper)), ensure_ascii=False, allow_nan=False)
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def _item(paper: Paper, key: str) -> dict[str, Any]:
    kind, ids = kind_of(paper), paper.ids
    extra = dict(to_json(replace(paper, authors=())).get("extra", {}))
    item: dict[str, Any] = {"id": key, "type": _type(paper, kind)}
    if extra.pop("citation_key", None) == key:
        item["citation-key"] = key
    day, year = paper.submitted, year_of_paper(paper)
    item |= {
        "title": paper.title,
        "author": [_name(person) for person in paper.authors],
        # the day only if it is in the same year
        "issued": _issue_date(year, day, extra),
        "submitted": _date_parts(day) if day and day.year != year else None,
        "container-title": paper.venue,
        "DOI": ids.doi,
        "PMID": ids.pmid,
        "URL": _url(paper),
        "abstract": paper.abstract,
        "keyword": ", ".join(paper.keywords),
        "note": paper.comments,
        "language": paper.language,
    }
    _number(item, paper, kind, extra)
    _table(item, extra)
    _standard(item, extra)
    item["custom"] = _custom(item, paper, kind, extra)
    return {name: value for name, value in item.items() if value}


def _type(paper: Paper, kind: str) -> str:
    """The CSL type with which the paper was imported if it still fits, else that of its kind."""
    original = paper.extra.get("type")
    if isinstance(original, str) and KIND_OF["csl"].get(original) == paper.kind:
        return original
    return KIND[kind].csl[0] if kind in KIND else "document"


def _number(item: dict[str, Any], paper: Paper, kind: str, extra: dict[str, Any]) -> None:
    """Add the publisher (or the institution of a thesis or report) and the report number (or the arXiv id)."""
    for name in ("institution", "publisher"):
        if "publisher" not in item and (texts := texts_in(extra.get(name))):
            item["publisher"] = "; ".join(texts)
            del extra[name]
    if texts := texts_in(extra.get("report_number")):
        item["number"] = "; ".join(texts)
        del extra["report_number"]
    elif paper.ids.arxiv:
        item["number"] = f"arXiv:{paper.ids.arxiv}"
        if kind == "preprint":
            item.setdefault("publisher", "arXiv")


def _table(item: dict[str, Any], extra: dict[str, Any]) -> None:
    """Move the fields of the table from `extra` to the item, under their CSL names."""
    for field in FIELDS:
        name, value = next(iter(field.csl), ""), extra.get(field.name)
        if value is None or not name or name in item or field.name in _WRITTEN_BEFORE:
            continue
        content: Any
        if field.people:
            content = [_name(person) for person in people_in(value)]
        elif field.is_date:
            content = _date("; ".join(texts_in(value)))
        else:
            content = _SEPARATORS.get(field.name, "; ").join(texts_in(value))
        if content:
            item[name] = content
            del extra[field.name]


def _standard(item: dict[str, Any], extra: dict[str, Any]) -> None:
    """Move fields that only the CSL standard has from `extra` to the item."""
    for name in list(extra):
        value = extra[name]
        fits = (
            (name in _TEXT_VARIABLES and isinstance(value, (str, int)))
            or (name in _DATE_VARIABLES and isinstance(value, dict))
            or (name in _NAME_VARIABLES and isinstance(value, list) and all(isinstance(one, dict) for one in value))
        )
        if fits and name not in item:
            item[name] = extra.pop(name)


def _custom(item: dict[str, Any], paper: Paper, kind: str, extra: dict[str, Any]) -> dict[str, Any]:
    """Fields that the standard does not have, in the form of `paper_json`, and the remaining fields of `extra`."""
    full = to_json(paper)
    ids = {scheme: value for scheme, value in paper.ids.pairs() if scheme not in ("doi", "pmid")}
    if arxiv_id(str(item.get("number", "")))[0] == paper.ids.arxiv:
        ids.pop("arxiv", None)
    custom: dict[str, Any] = dict(ids)
    for name in (
        "summary",
        "categories",
        "announced",
        "updated",
        "version",
        "pdf_url",
        "licence",
        "is_retracted",
        "citations",
    ):
        if name in full:
            custom[name] = full[name]
    if re.search("[,;]", "".join(paper.keywords)):
        custom["keywords"] = full["keywords"]
    if len(paper.urls) > 1:
        custom["urls"] = full["urls"]
    if any(person.orcid or person.affiliations for person in paper.authors):
        custom["authors"] = full["authors"]
    if paper.kind and read_kind(item) != kind:
        custom["kind"] = kind
    if extra.get("type") == item["type"]:
        del extra["type"]
    custom |= {name: value for name, value in extra.items() if name not in _OWN}
    if clashing := {name: value for name, value in extra.items() if name in _OWN}:
        custom["extra"] = clashing
    return custom


def _url(paper: Paper) -> str:
    if paper.urls:
        return paper.urls[0]
    return f"https://openreview.net/forum?id={paper.ids.openreview}" if paper.ids.openreview else ""


def _issue_date(year: int | None, day: date | None, extra: dict[str, Any]) -> dict[str, Any] | None:
    """The date of publication: the day, or the year with the text in `extra["date"]`, which is removed."""
    text = "; ".join(texts_in(extra.pop("date", None)))
    if day and day.year == year:
        return _date_parts(day) | ({"literal": text} if text else {})
    out: dict[str, Any] = _date(text) if text else {}
    if year and not str(out.get("date-parts", "")).startswith(f"[[{year}"):
        out = {"date-parts": [[year]]} | ({"literal": text} if text else {})
    return out


def _date(text: str) -> dict[str, Any]:
    """The CSL date that `csl` reads back as this text."""
    if match := _RANGE.fullmatch(text):
        return {"date-parts": [[int(part) for part in side.split("-")] for side in match.groups()]}
    publication = read_date(text)
    word = text.removesuffix(f" {publication.year}")
    if publication.day:
        return _date_parts(publication.day)
    if publication.year and word in _SEASON_OF:
        return {"date-parts": [[publication.year]], "season": _SEASON_OF[word]}
    if publication.year and re.fullmatch(r"\d{4}(-\d\d)?", text):
        return {"date-parts": [[int(part) for part in text.split("-")]]}
    return {"literal": text} if text else {}


def _date_parts(day: date) -> dict[str, Any]:
    return {"date-parts": [[day.year, day.month, day.day]]}


def _name(person: Person) -> dict[str, str]:
    if person.is_group or (is_group(person) and " " in person.name):
        return {"literal": person.name}
    family, given, suffix = inverted(person)
    return {name: part for name, part in (("family", family), ("given", given), ("suffix", suffix)) if part}
