"""What an OAI-PMH answer of arXiv says: its records in the `arXiv` format, the token of the next page, or an error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element, tostring

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Identifiers, Paper, Person, Record
from broadsheet.sources.contract import Item
from broadsheet.sources.ids import arxiv_id, arxiv_year, clean_doi
from broadsheet.sources.names import from_parts
from broadsheet.sources.text import clean, parse_date, rejected
from broadsheet.sources.xmlstream import DamagedXmlError, child_text, elements, local

__all__ = ["OaiAnswer", "read_answer"]

SOURCE = "arxiv"
MAX_TITLE = 2_000  # characters; real titles stay under 300
MAX_ABSTRACT = 50_000  # arXiv takes 1,920
MAX_AUTHORS = 6_000
_WANTED = frozenset({"responseDate", "error", "record", "resumptionToken"})


@dataclass(frozen=True, slots=True)
class OaiAnswer:
    """One page. `token` is "" at the end of a list; `oldest` and `newest` are the datestamps (ISO) it spans.

    `damage` says why the page could not be read to its end; the items are those before that point.
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
        """Whether it says nothing at all, which no correct answer does."""
        return not (self.items or self.deleted or self.error or self.damage)


def read_answer(body: bytes, place: str) -> OaiAnswer:
    """Read one answer; `place` names the request in messages. Never raises: trouble is in the answer."""
    items: list[Item] = []
    stamps: list[str] = []
    deleted, token, response_date, damage = 0, "", "", ""
    error: tuple[str, str] | None = None
    try:
        for element in elements(body, _WANTED):
            match local(element):
                case "record":
                    header = _child(element, "header")
                    stamps.append(child_text(header, "datestamp")[:10] if header is not None else "")
                    if header is not None and header.get("status") == "deleted":
                        deleted += 1
                    else:
                        items.append(_item(element, header, place))
                case "resumptionToken":
                    token = (element.text or "").strip()
                case "responseDate":
                    response_date = clean(element.text or "")[:40]
                case "error":
                    error = (clean(element.get("code", "error"))[:60], clean("".join(element.itertext()))[:300])
    except DamagedXmlError as cut:
        damage = str(cut)
    known = [stamp for stamp in stamps if parse_date(stamp)]
    oldest, newest = (min(known), max(known)) if known else ("", "")
    return OaiAnswer(tuple(items), deleted, oldest, newest, token, response_date, error, damage)


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
        raise RecordError(f"id {child_text(fields, 'id')[:100]!r} is no arXiv identifier such as 2603.01234")
    title, abstract = child_text(fields, "title"), child_text(fields, "abstract")
    if not title:
        raise RecordError(f"{key} has no title")
    if len(title) > MAX_TITLE or len(abstract) > MAX_ABSTRACT:
        raise RecordError(f"{key}: title of {len(title):,} or abstract of {len(abstract):,} characters is too long")
    submitted = parse_date(child_text(fields, "created"))
    extra = {name: text for name in ("report-no", "msc-class") if (text := child_text(fields, name))}
    return Paper(
        title=title,
        abstract=abstract,
        authors=_authors(fields, key),
        ids=Identifiers(arxiv=key, doi=_doi(child_text(fields, "doi"))),
        year=submitted.year if submitted else arxiv_year(key),
        venue=child_text(fields, "journal-ref"),
        kind="preprint",
        categories=tuple(dict.fromkeys(child_text(fields, "categories").split()[:50])),
        submitted=submitted,
        updated=parse_date(child_text(fields, "updated")) or submitted,
        version=version,
        urls=(f"https://arxiv.org/abs/{key}",),
        pdf_url=f"https://arxiv.org/pdf/{key}",
        licence=child_text(fields, "license"),
        comments=child_text(fields, "comments"),
        extra=extra,  # acm-class is left out: the server fills it with the MSC class
    )


def _authors(fields: Element, key: str) -> tuple[Person, ...]:
    authors = _child(fields, "authors")
    if authors is None:
        return ()
    if len(authors) > MAX_AUTHORS:
        raise RecordError(f"{key}: {len(authors):,} authors are too many to be true")
    people = []
    for author in authors:
        family, given, suffix = (child_text(author, part) for part in ("keyname", "forenames", "suffix"))
        person = from_parts(given, family, suffix)
        places = tuple(clean("".join(child.itertext())) for child in author if local(child) == "affiliation")
        if person.name:
            people.append(replace(person, affiliations=tuple(filter(None, places))) if places else person)
    return tuple(people)


def _doi(text: str) -> str:
    """The first DOI of the field, which may list several; an arXiv DOI says nothing the id does not."""
    found = (clean_doi(part) for part in text.split())
    return next((doi for doi in found if doi and not arxiv_id(doi)[0]), "")


def _child(element: Element, name: str) -> Element | None:
    return next((child for child in element if local(child) == name), None)
