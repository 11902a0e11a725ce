"""Reads an OAI-PMH answer of arXiv: records in the `arXiv` format, the token of the next page, or an error."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import Element, tostring

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Identifiers, Paper, Person, Record
from broadsheet.sources.contract import Item
from broadsheet.sources.providers.arxiv_text import arxiv_people, arxiv_text
from broadsheet.sources.records.ids import arxiv_id, arxiv_year, clean_doi
from broadsheet.sources.text.clean import clean, parse_date, rejected
from broadsheet.sources.text.latex import to_unicode
from broadsheet.sources.text.names import from_parts
from broadsheet.sources.text.xmlrecovery import split_records
from broadsheet.sources.text.xmlstream import DamagedXmlError, RefusedXmlError, child_text, elements, local

__all__ = ["OaiAnswer", "read_answer"]

SOURCE = "arxiv"
MAX_TITLE = 2_000  # characters; real titles stay under 300
MAX_ABSTRACT = 50_000  # arXiv accepts 1,920
MAX_AUTHORS = 6_000
_WANTED = frozenset({"responseDate", "error", "record", "resumptionToken"})
_IDENTIFIER = re.compile(r"<identifier>([^<>]{1,100})<")


@dataclass(frozen=True, slots=True)
class OaiAnswer:
    """One page. `token` is "" at the end of a list; `oldest` and `newest` are the range of its datestamps (ISO).

    `damage` is the reason why the page could not be read to its end; the items are those before that point.
    """

    items: tuple[Item, ...] = ()
    deleted: int = 0
    oldest: str = ""
    newest: str = ""
    token: str = ""
    response_date: str = ""
    error: tuple[str, str] | None = None  # code, text
    damage: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether the page has no content at all; a correct answer always has some."""
        return not (self.items or self.deleted or self.error or self.damage)


@dataclass
class _Draft:
    """The state of reading an answer."""

    place: str
    items: list[Item] = field(default_factory=list)
    stamps: list[str] = field(default_factory=list)
    deleted: int = 0
    token: str = ""
    response_date: str = ""
    error: tuple[str, str] | None = None

    def read(self, stream: Iterable[Element]) -> None:
        """Read every element. Raises DamagedXmlError after the last complete one."""
        for element in stream:
            match local(element):
                case "record":
                    self._take_record(element)
                case "resumptionToken":
                    self.token = (element.text or "").strip()
                case "responseDate":
                    self.response_date = clean(element.text or "")[:40]
                case "error":
                    self.error = (clean(element.get("code", "error"))[:60], clean("".join(element.itertext()))[:300])

    def _take_record(self, element: Element) -> None:
        header = _child(element, "header")
        stamp = child_text(header, "datestamp")[:10] if header is not None else ""
        if parse_date(stamp):
            self.stamps.append(stamp)
        if header is not None and header.get("status") == "deleted":
            self.deleted += 1
        else:
            self.items.append(_item(element, header, self.place))

    def answer(self, damage: str = "") -> OaiAnswer:
        """The answer read so far; `damage` is the reason why it is incomplete."""
        oldest, newest = (min(self.stamps), max(self.stamps)) if self.stamps else ("", "")
        items = tuple(self.items)
        return OaiAnswer(items, self.deleted, oldest, newest, self.token, self.response_date, self.error, damage)


def read_answer(body: bytes, place: str) -> OaiAnswer:
    """Read one answer; `place` names the request in messages. Raises nothing: errors are fields of the answer."""
    draft = _Draft(place)
    try:
        draft.read(elements(body, _WANTED))
    except RefusedXmlError as error:
        return draft.answer(str(error))
    except DamagedXmlError as cut:
        return _read_by_record(body, place) or draft.answer(str(cut))
    return draft.answer()


def _read_by_record(body: bytes, place: str) -> OaiAnswer | None:
    """Read a complete page with invalid XML record by record, so that one bad record does not block all later pages.

    None if the page is truncated, or if the text around the records is damaged too.
    """
    parts = split_records(body, ("record",))
    if not parts.is_whole:
        return None
    draft = _Draft(place)
    try:
        draft.read(elements(parts.around, _WANTED))
    except DamagedXmlError:
        return None
    for record in parts.records:
        try:
            draft.read(parts.read(record, _WANTED))
        except DamagedXmlError as error:
            match = _IDENTIFIER.search(record)
            draft.items.append(
                rejected(SOURCE, f"{place} {match[1] if match else '(no identifier)'}", str(error), record)
            )
    return draft.answer()


def _item(record: Element, header: Element | None, place: str) -> Item:
    identifier = child_text(header, "identifier")[:100] if header is not None else ""
    place = f"{place} {identifier or '(no identifier)'}"
    try:
        paper = _paper(record)
    except RecordError as error:
        return rejected(SOURCE, place, str(error), tostring(record, encoding="unicode"))
    return Record(paper, SOURCE, paper.ids.arxiv, place)


def _paper(record: Element) -> Paper:
    metadata = _child(record, "metadata")
    fields = _child(metadata, "arXiv") if metadata is not None else None
    if fields is None:
        raise RecordError("no metadata in the arXiv format; ask with metadataPrefix=arXiv")
    key, version = arxiv_id(child_text(fields, "id"))
    if not key:
        raise RecordError(f"id {child_text(fields, 'id')[:100]!r} is not an arXiv identifier such as 2603.01234")
    title, abstract = child_text(fields, "title"), child_text(fields, "abstract")
    if len(title) > MAX_TITLE or len(abstract) > MAX_ABSTRACT:
        raise RecordError(f"{key}: title of {len(title):,} or abstract of {len(abstract):,} characters is too long")
    title, abstract = arxiv_text(title), arxiv_text(abstract)
    if not title:
        raise RecordError(f"{key} has no title")
    submitted = parse_date(child_text(fields, "created"))
    extra = {name: text for name in ("report-no", "msc-class") if (text := child_text(fields, name))}
    return Paper(
        title=title,
        abstract=abstract,
        authors=_authors(fields, key),
        ids=Identifiers(arxiv=key, doi=_doi(child_text(fields, "doi"))),
        year=submitted.year if submitted else arxiv_year(key),
        venue=arxiv_text(child_text(fields, "journal-ref")),
        kind="preprint",
        categories=tuple(dict.fromkeys(child_text(fields, "categories").split()[:50])),
        submitted=submitted,
        updated=parse_date(child_text(fields, "updated")) or submitted,
        version=version,
        urls=(f"https://arxiv.org/abs/{key}",),
        pdf_url=f"https://arxiv.org/pdf/{key}",
        licence=child_text(fields, "license"),
        comments=arxiv_text(child_text(fields, "comments")),
        extra=extra,  # acm-class is left out: the server fills it with the MSC class
    )


def _authors(fields: Element, key: str) -> tuple[Person, ...]:
    authors = _child(fields, "authors")
    if authors is None:
        return ()
    if len(authors) > MAX_AUTHORS:
        raise RecordError(f"{key}: {len(authors):,} authors; the limit is {MAX_AUTHORS:,}")
    people = []
    for author in authors:
        family, given, suffix = (to_unicode(child_text(author, part)) for part in ("keyname", "forenames", "suffix"))
        person = from_parts(given, family, suffix)
        places = tuple(clean("".join(child.itertext())) for child in author if local(child) == "affiliation")
        if person.name:
            people.append(replace(person, affiliations=tuple(filter(None, places))) if places else person)
    return arxiv_people(people)


def _doi(text: str) -> str:
    """The first DOI of the field that is not an arXiv DOI; the field may list several."""
    dois = (clean_doi(part) for part in text.split())
    return next((doi for doi in dois if doi and not arxiv_id(doi)[0]), "")


def _child(element: Element, name: str) -> Element | None:
    return next((child for child in element if local(child) == name), None)
