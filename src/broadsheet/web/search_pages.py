"""The search page: results of a query, sorted and page by page. The route is a GET and changes nothing."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.kit.export_formats import ExportFormat
from broadsheet.pipeline.records import SearchPage
from broadsheet.pipeline.search.parser import parse
from broadsheet.pipeline.search.query import to_query_string
from broadsheet.web import presenters
from broadsheet.web.daily.ballots import with_ballots
from broadsheet.web.limits import TITLE, shortened
from broadsheet.web.links import search_link
from broadsheet.web.query_view import chips, facet_groups
from broadsheet.web.search_address import LAST_PAGE, Address, SearchAddress
from broadsheet.web.search_scope import SearchScope, scope_of
from broadsheet.web.searches import saved_searches_part
from broadsheet.web.site import Here, Site

__all__ = ["SEARCH_SIZE", "hits", "router", "search_arguments"]

router = APIRouter(include_in_schema=False)

SEARCH_SIZE = 10  # results are highlighted one by one, which takes most of a search's time
_SORTS = (("", "relevance"), ("date", "date"), ("votes", "votes"), ("citations", "citations"))  # (order, label)


@router.get("/search")
def search(
    request: Request, site: Here, address: Address, like: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """Search results, best first. With `like`, an id, it redirects to the query "like that paper, but `q`"."""
    if like.strip():
        return RedirectResponse(search_link("", to_query_string([like.strip()], [], address.q)), 303)
    if not address.q and address.within:  # the last of the queries is the one that ranks
        return RedirectResponse(address.link(q=address.within[-1], within=address.within[:-1]), 303)
    scope = scope_of(site, address)
    context = {
        "scope": scope,
        **saved_searches_part(site, address),
        "address": address,
        "query": address.q,
        "can_be_precise": site.library.can_be_precise,
        "search_page": None,
        **(_results(site, address, scope) if address.q or address.among else {}),
    }
    return site.page(request, "search.html", context, here="search")


def _results(site: Site, address: SearchAddress, scope: SearchScope) -> dict[str, Any]:
    """What the page says of the results of a query."""
    first = (address.page - 1) * SEARCH_SIZE
    arguments = search_arguments(site, address, scope)
    page = site.library.search(address.q, SEARCH_SIZE, first, facets=True, **arguments)
    before, after = presenters.page_numbers(address.page, SEARCH_SIZE, len(page.results), page.total, LAST_PAGE)
    parsed_query = parse(address.q)
    return {
        "search_page": page,
        "sorts": [
            (label, "" if order == page.order else address.link(sort=order or ("relevance" if page.order else "")))
            for order, label in _SORTS
        ],
        "liked": [(stored.id, shortened(stored.paper.title, TITLE)) for stored in page.liked],
        "chips": chips(parsed_query, address),
        "facets": page.facets,
        "facet_groups": facet_groups(parsed_query, page.facets, address) if page.facets else (),
        "cards": hits(site, page),
        "files": [(form.label, address.link(f"/search/export/{form}")) for form in ExportFormat],
        "first": first,
        "page": address.page,
        "before": before,
        "after": after,
    }


def search_arguments(site: Site, address: SearchAddress, scope: SearchScope) -> dict[str, Any]:
    """How the query of an address is searched, for whoever asks; `scope` is that of the address."""
    asked = {"mode": address.mode, "reader": site.reader, "sort": address.sort, "verbatim": address.verbatim}
    return {**asked, "among": scope.among, "within": scope.within}


def hits(site: Site, page: SearchPage) -> list[presenters.Card]:
    """The cards of the results of a search."""
    marks = site.marks(result.stored.id for result in page.results)
    return with_ballots(site, [presenters.search_card(result, marks[result.stored.id]) for result in page.results])
