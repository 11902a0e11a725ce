"""Lists of papers of an organisation or an author: of all years or one, newest or most voted first, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeAlias
from urllib.parse import urlencode

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.web import presenters
from broadsheet.web.daily.ballots import with_ballots
from broadsheet.web.feeds import Entry, Listing, feed_answer
from broadsheet.web.site import Site

__all__ = ["PageNumber", "Sort", "Year", "paper_feed", "paper_list"]

Sort: TypeAlias = Literal["newest", "votes"]
_SIZE = 20
_LAST = 500
_FEED_SIZE = 50
PageNumber = Annotated[int, Query(ge=1, le=_LAST)]
Year = Annotated[int, Query(ge=0, le=9999)]


def paper_list(
    site: Site, path: str, papers: Sequence[tuple[int, int]], sort: Sort, year: int, page: int
) -> dict[str, Any]:
    """The values of a page of these papers, given as (number, year), newest first; `year` 0 is all years."""
    ids = [number for number, of in papers if not year or of == year]
    if sort == "votes":
        counts = site.community.votes.counts(ids)
        ids.sort(key=lambda number: -counts[number])
    start = (page - 1) * _SIZE
    shown = site.library.papers(ids[start : start + _SIZE])
    marks = site.marks(stored.id for stored in shown)
    before, after = presenters.page_numbers(page, _SIZE, len(shown), len(ids), _LAST)
    query = {"sort": sort, **({"year": year} if year else {})}
    return {
        "path": path,
        "total": len(ids),
        "cards": with_ballots(site, [presenters.card(stored, marks[stored.id]) for stored in shown]),
        "sort": sort,
        "year": year,
        "page": page,
        "before": before,
        "after": after,
        "here_link": f"{path}?{urlencode(query)}",
    }


def paper_feed(request: Request, site: Site, form: str, path: str, topic: str, ids: Sequence[int]) -> Response:
    """The feed of the newest of these papers; `path` is that of their page."""
    entries = [Entry(stored) for stored in site.library.papers(ids[:_FEED_SIZE])]
    here = f"{path}/feed.{form}" if site.community.has_accounts else ""
    listing = Listing(topic, path, path, entries, _FEED_SIZE, here, is_public=site.community.has_accounts)
    return feed_answer(request, site, form, listing)
