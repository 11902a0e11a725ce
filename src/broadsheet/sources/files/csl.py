"""Reads an item of CSL-JSON, as written by Zotero and citation processors and returned by Crossref and DataCite."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Identifiers, Paper
from broadsheet.kit.paper_json import person_to_json
from broadsheet.sources.files.csl_custom import with_custom
from broadsheet.sources.files.tabular import plain, text_of
from broadsheet.sources.records.assemble import citation_key
from broadsheet.sources.records.fields import FIELD_OF, KIND, KIND_OF
from broadsheet.sources.records.ids import arxiv_id, clean_url, identifiers
from broadsheet.sources.records.people import people_of
from broadsheet.sources.text.clean import year_of
from broadsheet.sources.text.dates import PublicationDate, read_date
from broadsheet.sources.text.jats import jats_text

__all__ = ["CROSSREF_KINDS", "SEASONS", "csl_paper", "is_csl", "issue_date", "read_kind"]

# Crossref's names of types, which its CSL-JSON has too.
CROSSREF_KINDS = {
    "journal-article": "article", "proceedings-article": "inproceedings", "posted-content": "preprint",
    "monograph": "book", "edited-book": "book", "reference-book": "reference", "book-chapter": "incollection",
    "book-section": "incollection", "book-part": "incollection", "reference-entry": "inreference",
    "dissertation": "phdthesis", "report-component": "techreport", "peer-review": "review",
    "proceedings": "proceedings", "journal": "misc", "journal-issue": "misc", "component": "misc", "other": "misc",
}  # fmt: skip
_USED = frozenset(
    {
        "id", "type", "title", "subtitle", "author", "issued", "DOI", "doi", "URL", "abstract", "container-title",
        "PMID", "custom", "submitted", "keyword", "language", "note", "is-referenced-by-count",
    }
)  # fmt: skip
_SIGNS = frozenset({"container-title", "date-parts", "citation-key", "is-referenced-by-count", "publisher-place"})
_OF_AN_INSTITUTION = frozenset({"phdthesis", "mastersthesis", "thesis", "techreport"})
SEASONS = {"1": "Spring", "2": "Summer", "3": "Autumn", "4": "Winter"}
# Crossref's names of fields → CSL's.
_CROSSREF_NAMES = {
    "publisher-location": "publisher-place", "short-container-title": "container-title-short",
    "short-title": "title-short", "edition-number": "edition", "isbn": "ISBN", "issn": "ISSN",
}  # fmt: skip
_WITHDRAWN = frozenset({"retraction", "withdrawal", "removal"})
_NOTE_ID = re.compile(r"\b(arXiv|PMID|DOI)\s*:\s*(\S+)", re.IGNORECASE)


def is_csl(item: Mapping[str, Any]) -> bool:
    """Whether an object with a title is an item of CSL-JSON or a work of Crossref, rather than a plain row."""
    if "authors" in item or "year" in item:
        return False
    kind = item.get("type")
    is_known = isinstance(kind, str) and (kind in KIND_OF["csl"] or kind in CROSSREF_KINDS)
    return (
        is_known or isinstance(item.get("issued"), Mapping) or bool(_SIGNS & item.keys())
        or isinstance(item.get("author"), list) or ("DOI" in item and isinstance(item["title"], list))
    )  # fmt: skip


def csl_paper(item: Mapping[str, Any]) -> Paper:
    """Make the paper of an item; fields that other formats have too get their canonical names.

    Raises RecordError if it has no title or is nested too deeply.
    """
    item = plain(item)
    title = jats_text(text_of(item.get("title")))
    if not title:
        raise RecordError("the item has no `title`")
    subtitle = jats_text(text_of(item.get("subtitle")))
    kind = read_kind(item)
    authors = people_of(_as_list(item.get("author")), bare_name_is_group=True)
    ids = _identifiers(item)
    publication = issue_date(item)
    url = clean_url(_text(item, "URL"))
    venue, venue_key = _venue(item, kind)
    extra = _extra(item, kind, ids, venue_key) | ({"author": authors.rest} if authors.rest else {})
    extra |= ({"date": publication.text} if publication.text else {}) | ({"et_al": True} if authors.et_al else {})
    paper = Paper(
        f"{title}: {subtitle}" if subtitle and subtitle.lower() not in title.lower() else title,
        jats_text(_text(item, "abstract")),
        authors.people,
        ids,
        publication.year,
        venue,
        kind,
        keywords=_keywords(item),
        submitted=publication.day or _date(item.get("submitted")).day,
        urls=(url,) if url else (),
        licence=_licence(item),
        comments=_text(item, "note"),
        language=_text(item, "language")[:20],
        is_retracted=any(one.get("type") in _WITHDRAWN for one in _objects(item.get("updated-by"))),
        citations=_count(item.get("is-referenced-by-count")),
        extra=extra,
    )
    return with_custom(paper, item.get("custom"))


def read_kind(item: Mapping[str, Any]) -> str:
    """The kind of an item: that in `custom`, else by its `type`; `genre` tells a master's thesis."""
    custom = item.get("custom")
    if isinstance(custom, Mapping) and custom.get("kind") in KIND:
        return str(custom["kind"])
    type_name = _text(item, "type")
    kind = KIND_OF["csl"].get(type_name) or CROSSREF_KINDS.get(type_name, "")
    return "mastersthesis" if kind == "phdthesis" and "master" in _text(item, "genre").lower() else kind


def _identifiers(item: Mapping[str, Any]) -> Identifiers:
    from_note = {name.lower(): value.rstrip(".,;") for name, value in _NOTE_ID.findall(_text(item, "note"))}
    places = (_text(item, "number"), _text(item, "archive_location"), from_note.get("arxiv", ""), _text(item, "id"))
    arxiv = next(filter(None, (arxiv_id(text)[0] for text in places)), "")
    other_ids = {"pmid": _text(item, "PMID") or from_note.get("pmid", "")}
    doi = _text(item, "DOI") or _text(item, "doi") or from_note.get("doi", "")
    return identifiers(arxiv=arxiv, doi=doi, urls=(clean_url(_text(item, "URL")),), other_ids=other_ids)


def _venue(item: Mapping[str, Any], kind: str) -> tuple[str, str]:
    """(venue, its key if that is `institution`). The venue of a preprint is its server."""
    titles = _as_list(item.get("container-title"))
    if titles and (venue := jats_text(text_of(titles[0]))):
        return venue, ""
    keys = ("institution",) if kind == "preprint" else ("event-title", "event") if kind == "inproceedings" else ()
    for key in keys:
        if name := next((text for one in _as_list(item.get(key)) if (text := text_of(one))), ""):
            return name, key if key == "institution" else ""
    return "", ""


def _keywords(item: Mapping[str, Any]) -> tuple[str, ...]:
    words = re.split("[;,]", _text(item, "keyword")) if item.get("keyword") else _as_list(item.get("subject"))[:100]
    return tuple(word for part in words if (word := text_of(part)))


def _licence(item: Mapping[str, Any]) -> str:
    urls = (clean_url(_text(one, "URL")) for one in _objects(item.get("license")))
    return next(filter(None, urls), "")


def _extra(item: Mapping[str, Any], kind: str, ids: Identifiers, venue_key: str) -> dict[str, Any]:
    """Keys that `Paper` has no field for, under canonical names if they have one, and values that fit no field."""
    extra: dict[str, Any] = {}
    skipped = (_USED | {venue_key} | ({"subject"} if not item.get("keyword") else set())) - _unfit_keys(item, kind, ids)
    for key, value in item.items():
        if key in skipped or value in ("", [], {}):
            continue
        name, content = _canonical(key, value, kind)
        if not (name == "report_number" and ids.arxiv and arxiv_id(str(content))[0] == ids.arxiv):
            extra[key if name in extra else name] = content
    type_name, item_id = _text(item, "type"), _text(item, "id")
    if type_name in KIND_OF["csl"] and not (kind in KIND and type_name == KIND[kind].csl[0]):
        extra["type"] = type_name
    if "://" not in item_id:
        extra = citation_key(item_id) | extra
    others = _as_list(item.get("container-title"))[1:]
    return extra | ({"container-title": others} if others else {})


def _unfit_keys(item: Mapping[str, Any], kind: str, ids: Identifiers) -> set[str]:
    """The keys whose values do not fit the field of `Paper`."""
    unfit = set() if kind else {"type"}
    if not ids.doi and not arxiv_id(_text(item, "DOI"))[0]:
        unfit.add("DOI")
    return unfit if clean_url(_text(item, "URL")) else unfit | {"URL"}


def _canonical(key: str, value: Any, kind: str) -> tuple[str, Any]:
    """(canonical name, value) of a field; the key and value unchanged if it has no canonical name or is not text."""
    field = FIELD_OF["csl"].get(key) or FIELD_OF["csl"].get(_CROSSREF_NAMES.get(key, ""))
    if field is None:
        return key, value
    if field.people:
        people, rest, et_al = people_of(_as_list(value), bare_name_is_group=True)
        return (key, value) if rest or et_al or not people else (field.name, [person_to_json(one) for one in people])
    if field.is_date:
        publication = _date(value)
        text = publication.day.isoformat() if publication.day else publication.text or str(publication.year or "")
        return (field.name, text) if text else (key, value)
    texts = [jats_text(text) for one in _as_list(value) if (text := text_of(one))]
    if not texts or len(texts) != len(_as_list(value)):
        return key, value
    name = "institution" if field.name == "publisher" and kind in _OF_AN_INSTITUTION else field.name
    return name, texts[0] if len(texts) == 1 else texts


def issue_date(item: Mapping[str, Any]) -> PublicationDate:
    """The date of publication: the first of the item's dates that is not empty."""
    dates = [_date(item.get(name)) for name in ("issued", "published", "published-print", "published-online")]
    return next((publication for publication in dates if publication != PublicationDate()), PublicationDate())


def _date(value: Any) -> PublicationDate:
    """Read a CSL date: `date-parts` (two for a range), text under `raw` or `literal`, or a plain text."""
    if not isinstance(value, dict):
        return read_date(text_of(value))
    dates = [_numbers(part) for part in _as_list(value.get("date-parts"))]
    dates = [span for span in dates if span and year_of(span[0])]
    if not dates:
        return read_date(next((text for key in ("raw", "literal", "date-time") if (text := _text(value, key))), ""))
    words = next((text for key in ("literal", "raw") if (text := _text(value, key))), "")
    if words and (extra := read_date(words)).text and extra.year in (None, dates[0][0]):
        return PublicationDate(dates[0][0], _day(dates[0]), extra.text)
    texts = ["-".join([f"{span[0]:04}", *(f"{part:02}" for part in span[1:])]) for span in dates[:2]]
    season = _text(value, "season")
    if len(texts) > 1 and texts[1] != texts[0]:
        return PublicationDate(dates[0][0], None, "/".join(texts))
    if season and len(dates[0]) == 1:
        return PublicationDate(dates[0][0], None, f"{SEASONS.get(season, season)} {dates[0][0]}")
    if len(dates[0]) == 3:
        day = _day(dates[0])
        return PublicationDate(dates[0][0], day, "" if day else texts[0])
    return read_date(texts[0])


def _day(numbers: list[int]) -> date | None:
    """The day for (year, month, day); None if a part is missing or there is no such day."""
    try:
        return date(*numbers) if len(numbers) == 3 else None
    except ValueError:
        return None


def _numbers(parts: Any) -> list[int]:
    """Year, month and day in `date-parts`, up to the first missing or impossible number."""
    numbers: list[int] = []
    for part in _as_list(parts)[:3]:
        text = text_of(part)
        if not text.isdecimal() or not int(text):
            break
        numbers.append(int(text))
    return numbers


def _text(item: Mapping[str, Any], key: str) -> str:
    return text_of(item.get(key))


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value in (None, "", {}) else [value]


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in _as_list(value) if isinstance(one, dict)]


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 2**31 else None
