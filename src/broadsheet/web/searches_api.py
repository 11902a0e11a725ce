"""Saved searches in the JSON API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from broadsheet.catalogue import SavedSearch
from broadsheet.community.searches import SearchTerms
from broadsheet.web import models, outcomes, schemas
from broadsheet.web.api import PREFIX, Count, only_json
from broadsheet.web.outcomes import failures
from broadsheet.web.searches import feed_path
from broadsheet.web.site import Here, Site

__all__ = ["router"]

router = APIRouter(prefix=f"{PREFIX}/searches", tags=["saved searches"], responses=failures(400))
Changing = Depends(only_json)


@router.get("")
def searches(site: Here) -> list[outcomes.SavedSearch]:
    """The saved searches by name, with the number of papers that came since the last look."""
    own = site.community.searches.all(site.reader)
    return list(map(_out, own, site.community.searches.new_counts(site.reader, own)))


@router.post("", dependencies=[Changing], responses=failures(415))
def save(site: Here, body: schemas.SearchIn) -> outcomes.SavedSearch:
    """Save a search; papers that come from now on are new in it."""
    options = {"mode": "" if body.mode == "default" else body.mode, "sort": body.sort}
    chosen = tuple((name, value) for name, value in options.items() if value)
    terms = SearchTerms(body.q.strip(), body.within, body.among, chosen)
    return _counted(site, site.community.searches.save(site.reader, body.name, terms))


@router.get("/{number:int}")
def search(site: Here, number: int) -> outcomes.SavedSearch:
    """One saved search."""
    return _counted(site, site.community.searches.get(site.reader, number))


@router.get("/{number:int}/results")
def results(
    site: Here, number: int, k: Count = 10, offset: Annotated[int, Query(ge=0, le=10_000)] = 0
) -> models.Search:
    """The results of a saved search, the best first. This is no look: what is new stays new."""
    saved = site.community.searches.get(site.reader, number)
    return models.Search.of(site.community.searches.page(site.reader, saved, k, offset), offset)


@router.get("/{number:int}/new")
def new(site: Here, number: int, k: Count = 50) -> list[models.Paper]:
    """The papers that match and came since the last look, the last first."""
    own = site.community.searches
    ids = own.new(site.reader, own.get(site.reader, number))
    return [models.Paper.of(stored) for stored in site.library.papers(ids[:k])]


@router.post("/{number:int}/look", dependencies=[Changing], responses=failures(415))
def look(site: Here, number: int) -> outcomes.Done:
    """Note that the reader has looked: nothing is new until more comes."""
    site.community.searches.look(site.reader, number)
    return outcomes.Done()


@router.patch("/{number:int}", dependencies=[Changing], responses=failures(415))
def rename(site: Here, number: int, body: schemas.RenameIn) -> outcomes.SavedSearch:
    """Rename a saved search."""
    return _counted(site, site.community.searches.rename(site.reader, number, body.name))


@router.delete("/{number:int}", dependencies=[Changing], responses=failures(415))
def delete(site: Here, number: int) -> outcomes.Deleted:
    """Delete a saved search; the answer has the number by which it can be restored."""
    return outcomes.Deleted(deletion=site.community.searches.delete(site.reader, number))


def _counted(site: Site, saved: SavedSearch) -> outcomes.SavedSearch:
    return _out(saved, site.community.searches.new_count(site.reader, saved))


def _out(saved: SavedSearch, new: int) -> outcomes.SavedSearch:
    terms = SearchTerms.of(saved)
    return outcomes.SavedSearch(
        id=saved.id,
        name=saved.name,
        q=terms.query,
        within=terms.within,
        among=terms.among,
        options=dict(terms.options),
        created_at=saved.created_at,
        seen_at=saved.seen_at,
        new=new,
        feed=feed_path(saved, "atom"),
    )
