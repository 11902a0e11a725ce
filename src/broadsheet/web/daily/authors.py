"""The pages of authors: papers, co-authors, organisations, namesakes, and the feed."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, HTTPException
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.catalogue.community.people import Person
from broadsheet.community.people import author_slug
from broadsheet.web.daily.members import member_path
from broadsheet.web.daily.organisations import organisation_path
from broadsheet.web.daily.paper_lists import Chosen, paper_feed, paper_list
from broadsheet.web.restricting import Restricted
from broadsheet.web.site import Here, Site

__all__ = ["author_path", "router"]

router = APIRouter(include_in_schema=False)


@router.get("/authors/{slug}")
def author(request: Request, site: Here, slug: str, choice: Chosen) -> Response:
    """An author: papers, co-authors, organisations; who else has the name; which member this is."""
    person = _find(site, slug)
    path = author_path(person.key)
    if path != f"/authors/{quote(slug, safe='')}":
        return RedirectResponse(path, 307)
    profile = site.community.people.profile(person)
    claims = site.community.claims
    own = [one for one in claims.mine(site.actor) if one.key == person.key]
    context = {
        "profile": profile,
        "coauthors": [(one, author_path(one.key)) for one in profile.coauthors],
        "workplaces": [(one, organisation_path(one.key)) for one in profile.organisations],
        "namesakes": [(one, count, author_path(one.key)) for one, count in profile.namesakes],
        "most_a_year": max((count for _, count in profile.years), default=1),
        "members": [(one, member_path(one)) for one in (claims.shown(person) if site.community.has_accounts else ())],
        "own_claim": own[-1] if own else None,
        "may_claim": site.actor.account_id is not None,
        **paper_list(site, path, profile.papers, choice, among=f"author:{author_slug(person.key)}"),
    }
    return site.page(request, "daily/author.html", context, here="papers")


@router.get("/authors/{slug}/feed.{form}")
def feed(request: Request, site: Here, slug: str, form: str, only: Restricted) -> Response:
    """The newest papers of an author."""
    person = _find(site, slug)
    ids = site.community.people.papers(person)
    return paper_feed(request, site, form, author_path(person.key), f"by {person.name}", ids, only)


def author_path(key: str) -> str:
    """The page of an author."""
    return f"/authors/{quote(author_slug(key), safe='')}"


def _find(site: Site, slug: str) -> Person:
    """Raises 404."""
    person = site.community.people.find(slug)
    if person is None:
        raise HTTPException(404, f"No author is called {slug[:100]!r} here.")
    return person
