"""Writes RIS records that Zotero, EndNote and Broadsheet's own reader accept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from broadsheet.kit.paper import Paper, Person
from broadsheet.sources.files.ris import KNOWN_TAGS, read_kind
from broadsheet.sources.files.writing import Keys, kind_of, people_in, span_of, texts_in, year_of_paper
from broadsheet.sources.records.fields import FIELDS, KIND, kind_named
from broadsheet.sources.text.clean import clean
from broadsheet.sources.text.dates import read_date
from broadsheet.sources.text.names import inverted, is_group
from broadsheet.sources.text.person_names import names_group

__all__ = ["write_ris"]

_TYPE = re.compile(r"[A-Z]{2,10}")
_MONTH = re.compile(r"(\d{4})-(\d\d)")
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_TEXT_DATE = re.compile(r"(\D+?) (\d{4})")
# Tags of fields that have none in the table.
_TAGS = {"isbn": "SN", "institution": "PB"}
_WRITTEN_BEFORE = frozenset({"pages", "date", "citation_key"})
_RECORD_TAGS = frozenset({"TY", "ER", "ID"})


def write_ris(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield one record at a time, from TY to ER."""
    keys = Keys()
    for paper in papers:
        kind = kind_of(paper)
        lines = [*_lines(paper, kind, keys.of(paper)), *_others(paper.extra)]
        # clean() removes line breaks: the next line of a title must not be read as a tag
        yield "".join(f"{tag}  - {text}\n" for tag, value in lines if (text := clean(value))) + "ER  - \n\n"


def _lines(paper: Paper, kind: str, key: str) -> Iterator[tuple[str, str]]:
    ids, tag = paper.ids, _type(paper, kind)
    yield "TY", tag
    yield "ID", key
    yield "TI", paper.title
    yield from (("AU", _name(person)) for person in paper.authors)
    yield from _dates(paper)
    yield "T2", paper.venue
    yield "AB", paper.abstract
    yield from (("KW", word.replace(";", ",")) for word in paper.keywords)
    yield "DO", ids.doi
    yield "AN", f"arXiv:{ids.arxiv}" if ids.arxiv else ""
    yield from (("C1", f"{scheme}:{value}") for scheme, value in ids.pairs() if scheme not in ("arxiv", "doi"))
    if paper.kind and kind in KIND and read_kind(tag, " ".join(texts_in(paper.extra.get("genre")))) != kind:
        yield "C1", f"kind:{kind}"
    yield from (("UR", url) for url in paper.urls)
    yield "L1", paper.pdf_url
    yield "N1", paper.comments
    yield "LA", paper.language
    for pages in texts_in(paper.extra.get("pages"))[:1]:
        yield from zip(("SP", "EP"), span_of(pages), strict=True)


def _type(paper: Paper, kind: str) -> str:
    """The RIS type with which the paper was imported if it still fits, else that of its kind."""
    original = paper.extra.get("TY")
    if isinstance(original, str) and _TYPE.fullmatch(original) and kind_named("ris", original) == paper.kind:
        return original
    return KIND[kind].ris[0] if kind in KIND else "GEN"


def _dates(paper: Paper) -> Iterator[tuple[str, str]]:
    year, day = year_of_paper(paper), paper.submitted
    texts = texts_in(paper.extra.get("date"))
    yield "PY", str(year) if year else next(iter(texts), "")
    yield "DA", f"{day:%Y/%m/%d}" if day else ""
    yield from (("DA", _date(text)) for text in (texts if year else texts[1:]))


def _date(text: str) -> str:
    """A date in the form of RIS, `2019/05//` or `2019///Spring`, if that is read back as the same date."""
    month, text_date = _MONTH.fullmatch(text), _TEXT_DATE.fullmatch(text)
    ris = f"{month[1]}/{month[2]}//" if month else f"{text_date[2]}///{text_date[1]}" if text_date else text
    return ris if read_date(ris) == read_date(text) else text


def _others(extra: Any) -> Iterator[tuple[str, str]]:
    """Yield the fields of the table under their RIS tags, then values that were imported under another RIS tag."""
    for field in FIELDS:
        value = extra.get(field.name)
        tag = _TAGS.get(field.name) or next(iter(field.ris), "")
        if value is None or not tag or field.name in _WRITTEN_BEFORE:
            continue
        if field.people:
            yield from ((tag, _name(person)) for person in people_in(value))
        else:
            yield from ((tag, _DAY.sub(r"\1/\2/\3", text) if field.is_date else text) for text in texts_in(value))
    for tag, value in extra.items():
        if tag in KNOWN_TAGS and tag not in _RECORD_TAGS:
            yield from ((tag, text) for text in texts_in(value))


def _name(person: Person) -> str:
    """`Family, Given, Suffix`. In a group's name commas are doubled; a comma after it marks it as a group's."""
    if is_group(person):
        name = person.name.replace(",", ",,")
        return name if ",," in name or names_group(name) or not person.is_group else f"{name},"
    family, given, suffix = inverted(person)
    parts = (part.replace(",", "") for part in (family, given, suffix) if part)
    return ", ".join(parts) if given else person.name
