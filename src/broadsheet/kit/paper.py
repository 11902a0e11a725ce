"""The one record that travels through every room: a paper, its people, and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

__all__ = ["Identifiers", "Paper", "Person", "Record", "Rejected"]


@dataclass(frozen=True, slots=True)
class Person:
    """An author as named on one paper. `name` is always set; the parts are set where the source gives them.

    A group (a collaboration, an organisation) has a name alone and is never taken apart.
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
    """A paper's names in other catalogues, each in canonical form; empty string where unknown.

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
    """A paper's bibliographic record as one source tells it, or as the catalogue has merged it.

    Dates are calendar dates: `submitted` of the first version, `announced` when listed, `updated` of this
    version. `summary` is a sentence about the paper by somebody else; `abstract` is the authors'.
    `extra` keeps the other fields, so that export gives back what import took: those that several formats know under
    the names of `sources.fields`, the rest under the names they came with.
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
        """What the paper is about: the abstract, else the summary."""
        return self.abstract or self.summary

    @property
    def text(self) -> str:
        """Title, body and keywords, a line each."""
        return f"{self.title}\n{self.body}\n{' '.join(self.keywords)}"

    @property
    def date(self) -> date | None:
        """The day this paper became known: announced, else submitted, else updated, else 1 January of `year`."""
        known = self.announced or self.submitted or self.updated
        if known is None and self.year and 1 <= self.year <= 9999:
            return date(self.year, 1, 1)
        return known


@dataclass(frozen=True, slots=True)
class Record:
    """A paper as it arrived: from which source, under which id there, read at which place."""

    paper: Paper
    source: str  # e.g. "arxiv", "parquet:papers.parquet", "bibtex:refs.bib"
    source_id: str  # the id the source gives it; "" where it gives none
    place: str = ""  # file:line, or the request; for messages
    tags: tuple[str, ...] = ()  # groups or collections the source puts it in


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that could not be read: kept in quarantine with its place, reason and raw text."""

    source: str
    place: str
    reason: str
    raw: str = ""
