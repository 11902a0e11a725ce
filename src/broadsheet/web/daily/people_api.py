"""Organisations and authors for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query

from broadsheet.catalogue.community.organisations import Count
from broadsheet.community.organisations import papers_a_year
from broadsheet.community.people import author_slug
from broadsheet.kit.fields import slug
from broadsheet.web.api import PREFIX
from broadsheet.web.models import Out
from broadsheet.web.outcomes import failures
from broadsheet.web.restricting import FieldName, Restricted, Restriction, papers_of_field, restricted
from broadsheet.web.site import Here, Site

__all__ = ["router"]

router = APIRouter(prefix=PREFIX, responses=failures(400))
_IDS = 1000  # papers named in an answer
Limit = Annotated[int, Query(ge=1, le=1000, description="how many, at most 1,000")]


class NamedCount(Out):
    """An organisation or an author with a number of papers; `key` is the end of its address."""

    key: str
    name: str
    papers: int


class YearCount(Out):
    """The papers of a year."""

    year: int
    papers: int


class OrganisationOut(Out):
    """An organisation with its papers, newest first, at most 1,000."""

    key: str
    name: str
    url: str
    total: int
    papers: tuple[int, ...]
    years: tuple[YearCount, ...]
    authors: tuple[NamedCount, ...]
    also: tuple[str, ...]


class AuthorOut(Out):
    """An author with their papers, newest first, at most 1,000; without an ORCID it is everybody of this name."""

    key: str
    name: str
    orcid: str
    total: int
    papers: tuple[int, ...]
    years: tuple[YearCount, ...]
    coauthors: tuple[NamedCount, ...]
    organisations: tuple[NamedCount, ...]
    namesakes: tuple[NamedCount, ...]


@router.get("/organisations", tags=["read"])
def organisations(
    site: Here,
    q: Annotated[str, Query(max_length=200, description="words of the name")] = "",
    field: FieldName = "",
    limit: Limit = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> list[NamedCount]:
    """Organisations by number of papers, of all fields or of one."""
    among = papers_of_field(site, slug(field))
    counts = site.community.organisations.like(q, among=among)[offset : offset + limit]
    return [NamedCount(key=one.key, name=one.name, papers=one.papers) for one in counts]


@router.get("/organisations/{organisation}", tags=["read"], responses=failures(404))
def one_organisation(site: Here, organisation: str, only: Restricted) -> OrganisationOut:
    """One organisation, by its key; its papers, also only those of a field or with so many votes."""
    found = site.community.organisations.find(organisation)
    if found is None:
        raise HTTPException(404, f"No organisation is called {organisation[:100]!r} here.")
    profile = site.community.organisations.profile(found)
    papers = _restricted(site, profile.papers, only)
    return OrganisationOut(
        key=found.key,
        name=found.name,
        url=found.url,
        total=len(papers),
        papers=tuple(number for number, _ in papers[:_IDS]),
        years=tuple(YearCount(year=year, papers=count) for year, count in papers_a_year(papers)),
        authors=tuple(map(_author, profile.people)),
        also=tuple(one.name for one in profile.joined),
    )


@router.get("/authors/{author}", tags=["read"], responses=failures(404))
def one_author(site: Here, author: str, only: Restricted) -> AuthorOut:
    """One author, by ORCID, by name, or by the words of a name with hyphens; their papers, also only those of a field
    or with so many votes."""
    person = site.community.people.find(author)
    if person is None:
        raise HTTPException(404, f"No author is called {author[:100]!r} here.")
    profile = site.community.people.profile(person)
    papers = _restricted(site, profile.papers, only)
    return AuthorOut(
        key=profile.slug,
        name=person.name,
        orcid=person.orcid,
        total=len(papers),
        papers=tuple(number for number, _ in papers[:_IDS]),
        years=tuple(YearCount(year=year, papers=count) for year, count in papers_a_year(papers)),
        coauthors=tuple(map(_author, profile.coauthors)),
        organisations=tuple(NamedCount(key=one.key, name=one.name, papers=one.papers) for one in profile.organisations),
        namesakes=tuple(_author(Count(one.key, one.name, count)) for one, count in profile.namesakes),
    )


def _restricted(site: Site, papers: Sequence[tuple[int, int]], only: Restriction) -> list[tuple[int, int]]:
    """Those of the papers, given as (number, year), that a restriction lets through, in order."""
    ids = set(restricted(site, [number for number, _ in papers], only))
    return [one for one in papers if one[0] in ids]


def _author(one: Count) -> NamedCount:
    return NamedCount(key=author_slug(one.key), name=one.name, papers=one.papers)
