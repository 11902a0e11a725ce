"""Saved searches: their page, the forms that change them, their feeds, and their part of the search page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter, Depends, Form
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.catalogue import SavedSearch
from broadsheet.community.searches import SearchTerms
from broadsheet.kit.errors import UsageError
from broadsheet.web.actions import Next, redirect, require_form_token
from broadsheet.web.feeds import SIZE, Entry, Listing, feed_answer
from broadsheet.web.restricting import Restricted, restricted
from broadsheet.web.search_address import SearchAddress
from broadsheet.web.site import Here, Site
from broadsheet.web.visits import is_own_request

__all__ = ["feed_path", "router", "saved_searches_part"]

router = APIRouter(include_in_schema=False)

_FORMS = {"atom": "Atom", "json": "JSON Feed"}
_BESIDE = 8  # saved searches beside the results of another
Number = Annotated[int, Form(ge=0, le=2**53)]


@router.get("/searches")
def searches(request: Request, site: Here) -> Response:
    """All saved searches of the reader, with what is new in each."""
    return site.page(request, "searches.html", {"rows": _rows(site, site.community.searches.all(site.reader))})


@router.get("/searches/{number:int}")
def run(request: Request, site: Here, number: int, new: bool = False) -> Response:
    """The results of a saved search, or only what is `new`; from then on it is not, where the reader asked."""
    saved = site.community.searches.get(site.reader, number)
    terms = SearchTerms.of(saved)
    if new:
        terms = replace(terms, among=f"after:{saved.seen_paper}" + (f",{terms.among}" if terms.among else ""))
    if is_own_request(request):
        site.community.searches.look(site.reader, number)
    return RedirectResponse("/search?" + urlencode(terms.pairs), 303)


@router.post("/searches", dependencies=[Depends(require_form_token)])
def change(
    site: Here,
    what: Annotated[str, Form(max_length=20)],
    search: Annotated[str, Form(max_length=30_000)] = "",
    number: Number = 0,
    name: Annotated[str, Form(max_length=200)] = "",
    after: Next = "/searches",
) -> Response:
    """Save the search of an address, rename a saved one, or delete it."""
    own = site.community.searches
    if what == "save":
        own.save(site.reader, name, SearchTerms.of_pairs(parse_qsl(urlsplit(search).query)))
    elif what == "rename":
        own.rename(site.reader, number, name)
    elif what == "delete":
        deletion = own.delete(site.reader, number)
        return redirect(after, {"done": "delete-search", "deletion": str(deletion)})
    else:
        raise UsageError(f"unknown change {what!r} of a saved search; choose save, rename or delete")
    return redirect(after, {"done": f"{what}-search"})


@router.get("/searches/{number:int}/feed.{form}")
def feed(request: Request, site: Here, number: int, form: str, only: Restricted) -> Response:
    """The papers that match a saved search, those that came last first."""
    saved = site.community.searches.get(site.reader, number)
    ids = restricted(site, site.community.searches.matching(site.reader, SearchTerms.of(saved)), only)[:SIZE]
    entries = [Entry(stored) for stored in site.library.papers(ids)]
    home = "/search?" + urlencode(SearchTerms.of(saved).pairs)
    listing = Listing(f"“{saved.name}”", f"saved search:{saved.id}", home, entries)
    return feed_answer(request, site, form, listing.restricted(site, only))


def feed_path(saved: SavedSearch, form: str) -> str:
    """The path of a saved search's feed."""
    return f"/searches/{saved.id}/feed.{form}"


def saved_searches_part(site: Site, address: SearchAddress) -> Mapping[str, Any]:
    """What a search page says of saved searches; nothing for a visitor."""
    if not site.reader:
        return {"saved_searches": None}
    own = site.community.searches.all(site.reader)
    terms = SearchTerms.of_pairs(address.hidden())
    is_search = bool(terms.query or terms.within or terms.among)
    rows = _rows(site, own)
    same = next((row for row in rows if SearchTerms.of(row["saved"]) == terms), None)
    rows.sort(key=lambda row: not row["new"])
    return {
        "saved_searches": {
            "rows": rows if not is_search else rows[:_BESIDE],
            "more": len(rows) > _BESIDE and is_search,
            "same": same,
            "search": address.link() if is_search and not terms.among.startswith("after:") else "",
            "name": terms.label[:80],
        }
    }


def _rows(site: Site, own: list[SavedSearch]) -> list[dict[str, Any]]:
    return [
        {
            "saved": saved,
            "new": new,
            "label": SearchTerms.of(saved).label,
            "path": f"/searches/{saved.id}",
            "feeds": [(title, site.feed_link(feed_path(saved, form))) for form, title in _FORMS.items()],
        }
        for saved, new in zip(own, site.community.searches.new_counts(site.reader, own), strict=True)
    ]
