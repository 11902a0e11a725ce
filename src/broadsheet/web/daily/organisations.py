"""The pages of organisations: all of them, one with its papers, its feed, and what curators change about it."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Form, HTTPException, Query
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.catalogue.community.organisations import Organisation
from broadsheet.community.actor import Role
from broadsheet.community.people import author_slug
from broadsheet.kit.fields import slug
from broadsheet.pipeline.records import Stored
from broadsheet.web import presenters
from broadsheet.web.actions import redirect, require_form_token
from broadsheet.web.daily.paper_lists import Chosen, PageNumber, paper_feed, paper_list
from broadsheet.web.restricting import FieldName, Restricted, papers_of_field
from broadsheet.web.site import Here, Site

__all__ = ["organisation_part", "router"]

_SIZE = 100  # organisations on a page
_LAST = 1000

router = APIRouter(include_in_schema=False)


@router.get("/organisations")
def organisations(
    request: Request,
    site: Here,
    q: Annotated[str, Query(max_length=200)] = "",
    field: FieldName = "",
    page: PageNumber = 1,
) -> Response:
    """The organisations with most papers, of all fields or of one, or those whose name has these words."""
    field = slug(field)
    counts = site.community.organisations.like(q, among=papers_of_field(site, field))
    shown = counts[(page - 1) * _SIZE : page * _SIZE]
    before, after = presenters.page_numbers(page, _SIZE, len(shown), len(counts), _LAST)
    context = {
        "counts": [(one, organisation_path(one.key)) for one in shown],
        "total": len(counts),
        "text": q,
        "field": field,
        "field_name": site.community.fields.named(field) if field else "",
        "query": urlencode({name: value for name, value in (("q", q), ("field", field)) if value}),
        "page": page,
        "before": before,
        "after": after,
    }
    return site.page(request, "daily/organisations.html", context, here="papers")


@router.get("/organisations/{key}")
def organisation(request: Request, site: Here, key: str, choice: Chosen) -> Response:
    """An organisation: its papers, newest or most voted first, its authors, its years."""
    found = _find(site, key)
    path = organisation_path(found.key)
    if found.key != key:
        return RedirectResponse(path, 307)
    profile = site.community.organisations.profile(found)
    years = dict(profile.years)
    context = {
        "profile": profile,
        "people": [(one, f"/authors/{quote(author_slug(one.key), safe='')}") for one in profile.people],
        "most_a_year": max(years.values(), default=1),
        "is_curator": site.actor.role.may(Role.curator),
        **paper_list(site, path, profile.papers, choice, among=f"organisation:{found.key}"),
    }
    return site.page(request, "daily/organisation.html", context, here="papers")


@router.get("/organisations/{key}/feed.{form}")
def feed(request: Request, site: Here, key: str, form: str, only: Restricted) -> Response:
    """The newest papers of an organisation."""
    found = _find(site, key)
    ids = [number for number, _ in site.community.organisations.profile(found).papers]
    return paper_feed(request, site, form, organisation_path(found.key), f"from {found.name}", ids, only)


@router.post("/organisations/{key}", dependencies=[Depends(require_form_token)])
def change(
    site: Here,
    key: str,
    what: Annotated[Literal["join", "part", "rename", "address"], Form()],
    value: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Join an organisation with another, part it again, rename it or give it an address."""
    organisations = site.community.organisations
    changes = {
        "join": lambda: organisations.join(site.actor, key, value),
        "part": lambda: organisations.part(site.actor, key),
        "rename": lambda: organisations.rename(site.actor, key, value),
        "address": lambda: organisations.set_url(site.actor, key, value),
    }
    return redirect(organisation_path(changes[what]().key), {"done": "organisation"})


def organisation_part(site: Site, stored: Stored) -> dict[str, object]:
    """The organisations of a paper, each with its page."""
    named = site.community.organisations.of_papers([stored.id]).get(stored.id, [])
    return {"workplaces": [(name, organisation_path(key)) for key, name in named]}


def organisation_path(key: str) -> str:
    """The page of an organisation."""
    return f"/organisations/{quote(key, safe='')}"


def _find(site: Site, key: str) -> Organisation:
    """Raises 404."""
    found = site.community.organisations.find(key)
    if found is None:
        raise HTTPException(404, f"No organisation is called {key[:100]!r} here.")
    return found
