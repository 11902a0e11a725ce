"""Makes a paper from the fields of a bibliographic record in any format.

A format's `Roles` are the tags of the fields that `Paper` has. All other tags go to `extra`, under their canonical name
in `fields` or under the tag itself, so that nothing is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from broadsheet.kit.errors import RecordError
from broadsheet.kit.identifiers import is_doi
from broadsheet.kit.paper import Identifiers, Paper, Person
from broadsheet.kit.paper_json import person_to_json
from broadsheet.sources.records.fields import FIELD_OF
from broadsheet.sources.records.fieldset import FieldSet
from broadsheet.sources.records.ids import arxiv_id, clean_doi, clean_url, identifiers
from broadsheet.sources.records.issue_date import issue_date
from broadsheet.sources.records.tagged_people import has_et_al, people_of
from broadsheet.sources.records.venues import abbreviates
from broadsheet.sources.text.clean import plain_text
from broadsheet.sources.text.dates import iso_day
from broadsheet.sources.text.names import MAX_AUTHORS

__all__ = ["Roles", "add_extra", "citation_key", "is_key", "paper_of"]

_ADDRESSES = re.compile(r"\s+|[;,](?=<?(?:https?://|ftp://|www\.))")
_ISSN = re.compile(r"\d{4}-?\d{3}[\dXx]")
_PMC = re.compile(r"(?:PMCID:?\s*)?(PMC\d+)", re.IGNORECASE)
_NOTE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\bE?-?IS[SB]N:?\b", re.IGNORECASE)
_PMID = re.compile(r"PMID:?\s*(\d{1,8})", re.IGNORECASE)
_PUBMED = re.compile(r"pubmed|medline|\bnlm\b", re.IGNORECASE)
_DASHES = re.compile(r"\s*(?:--+|[-\u2010-\u2015\u2212])\s*")
_KEY = re.compile(r"[^\s{},#%\"\\~]{1,200}")  # keys that BibTeX and LaTeX's cite accept
_VERBATIM = frozenset({"files", "accession_number", "url", "doi"})
_BY_INSTITUTION = frozenset({"phdthesis", "mastersthesis", "thesis", "techreport"})


@dataclass(frozen=True, slots=True)
class Roles:
    """The tags of one format by their meaning, the most reliable first. `form` is the format's column in `fields`."""

    form: str
    title: tuple[str, ...]
    abstract: tuple[str, ...]
    venue: tuple[str, ...]  # names of the journal, the book or the conference; the first is the full name
    year: tuple[str, ...]
    dates: tuple[str, ...]
    authors: tuple[str, ...] = ()
    abbreviation: tuple[str, ...] = ()  # of the venue
    doi: tuple[str, ...] = ()
    possible_doi: tuple[str, ...] = ()  # fields with another use, which count if they hold only a DOI
    urls: tuple[str, ...] = ()
    files: tuple[str, ...] = ()  # full texts: the first address is the paper's
    keywords: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    pages: tuple[str, str] = ("", "")  # first and last
    numbers: tuple[str, ...] = ()  # ISSN or ISBN
    accession: tuple[str, ...] = ()  # an arXiv id, or a number of the database that `database` names
    database: tuple[str, ...] = ()


def paper_of(
    fields: FieldSet,
    roles: Roles,
    *,
    kind: str = "",
    authors: Iterable[Person] = (),
    known_ids: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
    **others: Any,
) -> Paper:
    """Make the paper. A format passes what it reads by its own rules: authors, identifiers, other fields of `Paper`.

    Raises RecordError if there is no title.
    """
    title = fields.first(*roles.title)
    if not title:
        raise RecordError(f"the record has no title ({' or '.join(roles.title[:2])})")
    author_lines = [lines for _, lines in fields.take(*roles.authors)]
    people = [*authors, *(person for lines in author_lines for person in people_of(lines))]
    year, day, date_texts = issue_date(fields.texts(*roles.year), fields.texts(*roles.dates))
    out: dict[str, Any] = dict(extra or {})
    out |= {"et_al": True} if any(map(has_et_al, author_lines)) else {}
    venue = _venue(fields, roles, out)
    add_extra(out, "date", date_texts)
    _pages(fields, roles, out)
    _isbn_and_issn(fields, roles, out)
    ids, urls, pdf = _links(fields, roles, out, venue, dict(known_ids or {}))
    keywords = (word for line in fields.lines(*roles.keywords) for word in plain_text(line).split(";"))
    paper = {
        "abstract": fields.first(*roles.abstract),
        "authors": tuple(people[:MAX_AUTHORS]),
        "keywords": tuple(dict.fromkeys(word.strip() for word in keywords if word.strip())),
        "comments": "; ".join(dict.fromkeys(fields.texts(*roles.notes))),
        "language": "; ".join(dict.fromkeys(fields.texts(*roles.language))),
    }
    _others(fields, roles, out, kind)
    values = {"ids": ids, "year": year, "venue": venue, "kind": kind, "submitted": day, "urls": urls, "pdf_url": pdf}
    return Paper(title, **{**values, **paper, **others, "extra": out})


def add_extra(extra: dict[str, Any], name: str, values: Iterable[Any]) -> None:
    """Add values to those under a name in `extra`; several values become a list."""
    before = extra.get(name, [])
    all_values = [*(before if isinstance(before, list) else [before]), *filter(None, values)]
    if all(isinstance(value, str) for value in all_values):
        all_values = list(dict.fromkeys(all_values))
    if all_values:
        extra[name] = all_values[0] if len(all_values) == 1 and not isinstance(all_values[0], dict) else all_values


def is_key(text: str) -> bool:
    """Whether a text is a valid citation key, also in BibTeX."""
    return bool(_KEY.fullmatch(text))


def citation_key(text: str) -> dict[str, str]:
    """The entry for `extra` with a record's id as citation key; empty if it is not a key or only a number."""
    return {"citation_key": text} if is_key(text) and any(map(str.isalpha, text)) else {}


def _venue(fields: FieldSet, roles: Roles, extra: dict[str, Any]) -> str:
    """The full name of the venue; abbreviations go to `extra`, other names stay in `fields`."""
    names = [(tag, text) for tag in roles.venue for text in fields.peek(tag)]
    short = fields.texts(*roles.abbreviation)
    every = [*(text for _, text in names), *short]
    if not every:
        return ""
    venue = next((text for text in every[1:] if abbreviates(every[0], text)), every[0])
    for tag, text in names:
        if text == venue or abbreviates(text, venue):
            fields.discard(text, tag)
            short.append(text)
    add_extra(extra, "journal_abbreviation", dict.fromkeys(text for text in short if text != venue))
    return venue


def _pages(fields: FieldSet, roles: Roles, extra: dict[str, Any]) -> None:
    first = fields.first(roles.pages[0])
    if first:
        first = _DASHES.sub("-", first)
        last = fields.first(roles.pages[1])
        add_extra(extra, "pages", [first if "-" in first or last in ("", first) else f"{first}-{last}"])


def _isbn_and_issn(fields: FieldSet, roles: Roles, extra: dict[str, Any]) -> None:
    """Put ISSN and ISBN, which differ in form, into `extra`; other numbers stay in `fields`."""
    for tag, lines in fields.take(*roles.numbers):
        for line in lines:
            bare = plain_text(_NOTE.sub(" ", line)).strip(" ;,:")
            if len(re.sub(r"[^\dXx]", "", bare)) in (10, 13):
                add_extra(extra, "isbn", [bare])
                continue
            for part in filter(None, re.split(r"[\s;,]+", bare)):
                digits = re.sub(r"[^\dXx]", "", part)
                name = "isbn" if len(digits) in (10, 13) else "issn" if _ISSN.fullmatch(part) else ""
                add_extra(extra, name, [part]) if name else fields.put(tag, [part])


def _links(
    fields: FieldSet, roles: Roles, extra: dict[str, Any], venue: str, known_ids: dict[str, str]
) -> tuple[Identifiers, tuple[str, ...], str]:
    """(identifiers, addresses, address of the full text); other values stay in `fields`."""
    doi = known_ids.pop("doi", "") or _doi(fields, roles)
    urls = list[str]()
    for tag, line in [(name, line) for name in roles.urls for line in fields.lines(name)]:
        unused = []
        for token in filter(None, _ADDRESSES.split(line)):
            bare = token.strip("<>;,")
            if url := clean_url(f"http://{bare}" if bare.lower().startswith("www.") else bare):
                urls.append(url)
            elif not doi and is_doi(token):
                doi = token
            else:
                unused.append(token)
        fields.put(tag, [" ".join(unused)])
    files = fields.lines(*roles.files)
    pdf = next((url for text in files if (url := clean_url(text)) and not is_doi(text)), "")
    doi = doi or next(filter(is_doi, files), "")
    add_extra(extra, "files", [text for text in files if text != pdf])
    arxiv = known_ids.pop("arxiv", "")
    for text in fields.lines(*roles.accession):
        identifier = arxiv_id(text)[0]
        if identifier and not arxiv:
            arxiv = identifier
        elif "pmid" not in known_ids and (number := _PMID.fullmatch(text)):
            known_ids["pmid"] = number[1]
        elif text.isdecimal() and "pmid" not in known_ids and any(map(_PUBMED.search, fields.peek(*roles.database))):
            known_ids["pmid"] = text
        else:
            fields.put(roles.accession[0], [text])
    if not arxiv and venue.lower().startswith("arxiv"):
        arxiv = arxiv_id(venue[5:].lower().removeprefix(" preprint").strip(" :,"))[0]
    unique = tuple(dict.fromkeys(urls))
    return identifiers(arxiv=arxiv, doi=doi, urls=unique, other_ids=known_ids), unique, pdf


def _doi(fields: FieldSet, roles: Roles) -> str:
    """The first DOI; further DOIs and other values stay in `fields`."""
    doi = ""
    for tag in roles.doi:
        for text in fields.lines(tag):
            identifier = clean_doi(text) or arxiv_id(text)[0]
            if identifier and not doi:
                doi = text
            elif not identifier or identifier != clean_doi(doi):
                fields.put(tag, [text])
    for tag in roles.possible_doi:
        for text in fields.lines(tag):
            is_alone = is_doi(text)
            doi = doi or (text if is_alone else "")
            if not is_alone or clean_doi(text) != clean_doi(doi) or tag in roles.notes:
                fields.put(tag, [text])
    return doi


def _others(fields: FieldSet, roles: Roles, extra: dict[str, Any], kind: str) -> None:
    """Put fields without a role into `extra`, under their canonical name or else under their tag."""
    table = FIELD_OF[roles.form]
    for tag, values in fields.rest().items():
        field = table.get(tag)
        name = field.name if field else tag
        if field and field.people:
            people = [person for value in values for person in people_of([value])]
            add_extra(extra, name, [person_to_json(person) for person in people])
            continue
        if name == "pmcid":
            matches = [_PMC.fullmatch(value) for value in values]
            add_extra(extra, name, [match[1].upper() for match in matches if match])
            add_extra(extra, tag, [value for value, match in zip(values, matches, strict=True) if not match])
            continue
        if name == "publisher" and kind in _BY_INSTITUTION:
            name = "institution"
        texts = values if name in _VERBATIM else [plain_text(value) for value in values]
        texts = [iso_day(text) for text in texts] if field and field.is_date else texts
        add_extra(extra, name, [_DASHES.sub("-", text) for text in texts] if name == "pages" else texts)
