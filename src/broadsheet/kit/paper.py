"""The record that every package uses: a paper, its authors, and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any

__all__ = ["Identifiers", "Paper", "Person", "Reception", "Record", "Rejected"]


@dataclass(frozen=True, slots=True)
class Person:
    """An author as named on one paper. `name` is always set; the other fields are set if the source gives them.

    A group (a collaboration, an organisation) has only a name, which is not split into parts.
    """

    name: str
    given: str = ""
    family: str = ""
    orcid: str = ""
    affiliations: tuple[str, ...] = ()
    suffix: str = ""  # Jr., III
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class Identifiers:
    """A paper's identifiers, each in canonical form; an empty string if unknown.

    arxiv: without version (`2603.01234`, `hep-th/9901001`); doi: lower case, no resolver prefix.
    """

    arxiv: str = ""
    doi: str = ""
    acl: str = ""
    openalex: str = ""
    s2: str = ""
    pmid: str = ""
    openreview: str = ""

    def pairs(self) -> list[tuple[str, str]]:
        """(scheme, value) for every identifier that is set."""
        return [(f.name, value) for f in fields(self) if (value := getattr(self, f.name))]


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper's bibliographic record, from one source or merged by the catalogue.

    Dates are calendar dates: `submitted` of the first version, `announced` when the source listed it, `updated` of this
    version. `summary` is a sentence about the paper by somebody else; `abstract` is the authors' own.
    `extra` holds all other fields, so that an export has everything that was imported: fields that several formats
    share under the names of `sources.records.fields`, other fields under their original names.
    """

    title: str
    abstract: str = ""
    authors: tuple[Person, ...] = ()
    ids: Identifiers = field(default_factory=Identifiers)
    year: int | None = None
    venue: str = ""
    kind: str = ""  # article, inproceedings, preprint, book, … (BibTeX's words)
    summary: str = ""
    keywords: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()  # first is the primary one
    submitted: date | None = None
    announced: date | None = None
    updated: date | None = None
    version: int | None = None
    urls: tuple[str, ...] = ()
    pdf_url: str = ""
    licence: str = ""
    comments: str = ""
    language: str = ""
    is_retracted: bool = False
    citations: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> str:
        """The abstract, else the summary."""
        return self.abstract or self.summary

    @property
    def text(self) -> str:
        """Title, body and keywords, on one line each."""
        return f"{self.title}\n{self.body}\n{' '.join(self.keywords)}"

    @property
    def date(self) -> date | None:
        """The day this paper became known: announced, else submitted, else updated, else 1 January of `year`."""
        day = self.announced or self.submitted or self.updated
        if day is None and self.year and 1 <= self.year <= 9999:
            return date(self.year, 1, 1)
        return day


@dataclass(frozen=True, slots=True)
class Reception:
    """How a paper is received at another place, as of reading its record; no part of the paper, since it changes.

    `listed_on` is the day of the daily paper that listed it there, `listed_at` the moment it entered, `listed_by` who
    submitted it.
    """

    place: str  # the place's host or name
    counts: tuple[tuple[str, str, int], ...] = ()  # (place that counts, votes | comments | stars, number)
    links: tuple[tuple[str, str], ...] = ()  # (code | project | model | dataset | demo | video | other, address)
    listed_on: date | None = None
    listed_at: datetime | None = None
    listed_by: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A paper as read from a source, with its id there and its place in the file or request."""

    paper: Paper
    source: str  # e.g. "arxiv", "parquet:papers.parquet", "bibtex:refs.bib"
    source_id: str  # its id in the source; "" if it has none
    place: str = ""  # file:line, or the request; for messages
    tags: tuple[str, ...] = ()  # groups or collections the source puts it in
    reception: Reception | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that could not be read: kept in quarantine with its place, reason and raw text."""

    source: str
    place: str
    reason: str
    raw: str = ""
