"""The HTML pages. Every route is a GET and changes nothing, except that the front page logs impressions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.community.shelves import shelf_of, shelves
from broadsheet.kit.paper import Paper
from broadsheet.kit.reader_actions import AWAY, LAST_DAY, SHOWN_IN_VAIN, days_away
from broadsheet.kit.summaries import summary_of
from broadsheet.pipeline.records import FeedPage
from broadsheet.pipeline.search.aspect_sentences import ASPECTS
from broadsheet.web import facts, presenters
from broadsheet.web.api_page import endpoints_by_tag
from broadsheet.web.daily.ballots import with_ballots
from broadsheet.web.daily.pages import front_page
from broadsheet.web.daily.paper_markdown import markdown_page, wants_markdown
from broadsheet.web.daily.paper_parts import paper_parts
from broadsheet.web.groups.paper_notes import marked_text
from broadsheet.web.limits import LIST_ABSTRACT, TITLE, WHOLE_ABSTRACT, WHOLE_AUTHORS, fitted, shortened
from broadsheet.web.links import links
from broadsheet.web.search_address import LAST_PAGE, PageNumber
from broadsheet.web.search_pages import SEARCH_SIZE, hits
from broadsheet.web.site import Here, Site
from broadsheet.web.steering.changes import SHELF, changed_page
from broadsheet.web.visits import Visit, is_own_request

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

PAGE_SIZE = 20
MAX_SEEDS = 50
MAX_RECORDS = 20  # compared
MAX_VERSIONS = 20  # shown of a paper's earlier ones
MAX_BIBTEX = 10_000  # characters of BibTeX shown; the file has all
BEST = 15  # papers of a catch-up, at most: with their reasons they weigh more than those of a day
CATCH_UPS = ((7, "the week"), (14, "two weeks"), (31, "the month"))
LEFT_OUT = ("read", "hidden", "passed")  # shelves of papers that do not come back to the page
_POLICY = re.compile(
    r"explore=\S+"
)  # in the policy a number of papers; the page about the feed shows the share of the settings
Aspect = Annotated[str, Query(max_length=20)]


@router.get("/")
def front(request: Request, site: Here) -> Response:
    """The newspaper of a community; the reader's page where nobody signs in."""
    return front_page(request, site) if site.community.has_accounts else today(request, site)


@router.get("/for-you")
def today(request: Request, site: Here) -> Response:
    """The reader's page; for a new reader, papers to pick from and a form to import some."""
    is_own = is_own_request(request) and site.reader != ""
    visit = Visit.of(request, site.library.now())
    feed = site.library.feed(site.reader, log=is_own, visited=visit.before)
    cards = with_ballots(site, _cards(site, feed))
    state = site.library.state(site.reader)
    new = sum(card.is_new for card in cards)
    context = {
        "feed": feed,
        "new": cards[:new],
        "older": cards[new:],
        "cards": cards,
        "empty": not cards and site.library.stats().papers == 0,
        "saved": len(state.saved),
        "left_out": [entry for entry in shelves(state) if entry[0] in LEFT_OUT and entry[2]],
        "times": SHOWN_IN_VAIN,
        "away": away if (away := days_away(feed.visited, site.library.now())) > AWAY else 0,
        "alerts_new": site.community.alerts.unseen(site.reader),
        "earlier": site.library.days_around(site.reader, site.library.now().date())[0],
    }
    site.count_shown(request, "feed", [item.stored.id for item in feed.items])
    response = site.page(request, "today.html", context, here="today")
    if is_own and visit.header:
        response.headers.append("Set-Cookie", visit.header)
    return response


def _cards(site: Site, feed: FeedPage) -> list[presenters.Card]:
    """The cards of a reader's page, with the summaries that a model wrote."""
    titles = site.titles(reason.paper_id for item in feed.items for reason in item.reasons)
    written = site.community.summaries.of(item.stored for item in feed.items)
    return [presenters.feed_card(item, feed.policy, titles, written.get(item.stored.id, "")) for item in feed.items]


@router.get("/catch-up")
def catch_up(request: Request, site: Here, days: Annotated[int, Query(ge=1, le=LAST_DAY)] = 7) -> Response:
    """The best of what came in the last days, for after an absence."""
    size = min(BEST, site.library.settings.feed.size)
    feed = site.library.catch_up(site.reader, days, size, log=is_own_request(request))
    cards = [replace(card, is_new=False) for card in _cards(site, feed)]
    site.count_shown(request, "feed", [item.stored.id for item in feed.items])
    context = {"feed": feed, "cards": with_ballots(site, cards), "days": days, "spans": CATCH_UPS}
    return site.page(request, "catch_up.html", context, here="today")


@router.get("/similar")
def similar(
    request: Request,
    site: Here,
    like: Annotated[str, Query(max_length=2000)] = "",
    unlike: Annotated[str, Query(alias="not", max_length=2000)] = "",
    by: Aspect = "",
) -> Response:
    """Papers similar to those in `like` and unlike those in `not`, in the aspect `by` or, if empty, as a whole.

    Both are comma-separated ids in any form.
    """
    liked = [site.library.resolve(text) for text in _ids(like)]
    disliked = [site.library.resolve(text) for text in _ids(unlike)]
    near, away = [str(i) for i in liked], [str(i) for i in disliked]
    search_page = site.library.similar(near, away, SEARCH_SIZE, aspect=by) if liked else None
    context = {
        "liked": _with_titles(site, liked),
        "disliked": _with_titles(site, disliked),
        "like": ",".join(map(str, liked)),
        "unlike": ",".join(map(str, disliked)),
        "by": by,
        "aspects": ASPECTS,
        "search_page": search_page,
        "cards": hits(site, search_page) if search_page else (),
    }
    return site.page(request, "similar.html", context, here="search")


@router.get("/paper/{number:int}")
def paper(request: Request, site: Here, number: int, by: Aspect = "") -> Response:
    """One paper: its record, its links, and similar papers, as a whole or `by` an aspect; also as Markdown."""
    stored = site.library.paper(number)
    if wants_markdown(request):
        return markdown_page(request, site, stored)
    fitted_paper = fitted(stored.paper, abstract=WHOLE_ABSTRACT, authors=WHOLE_AUTHORS)
    state = site.library.state(site.reader)
    near = site.library.similar([str(stored.id)], (), 6, aspect=by)
    records = site.library.records(str(stored.id))[:MAX_RECORDS]
    context = {
        "stored": stored,
        "paper": fitted_paper,
        "summary": shortened(summary_of(stored.paper), LIST_ABSTRACT),
        "written": site.community.summaries.of([stored]).get(stored.id, ""),
        "card": presenters.card(stored, site.marks([stored.id])[stored.id]),
        **marked_text(fitted_paper, site.community.notes.highlights(site.actor, stored.id)),
        "links": links(fitted_paper),
        "kicker": presenters.kicker(fitted_paper),
        "differences": facts.differences(records),
        "listed": facts.listed(
            fitted_paper, [source for source, _, _, record in records if record.extra.keys() & facts.LISTED]
        ),
        "published": presenters.published(fitted_paper),
        "history": _history(site.library.versions(str(stored.id))[-MAX_VERSIONS:], stored.paper),
        "tags": sorted(name for name, ids in state.tags.items() if stored.id in ids),
        "all_tags": sorted(state.tags),
        "collections": site.library.collections(site.reader),
        "bibtex": shortened("".join(site.library.export([stored.id], "bibtex")).strip(), MAX_BIBTEX),
        "near": hits(site, near),
        "by": by,
        "aspects": ASPECTS,
        "base": site.base_url(request),
        **paper_parts(site, stored),
    }
    site.count_shown(request, "paper", [stored.id], first=0)
    response = site.page(request, "paper.html", context)
    response.headers["Vary"] = "Accept"
    return response


@router.get("/paper/{name:path}")
def paper_by_name(site: Here, name: str) -> Response:
    """A paper by any identifier: /paper/2603.01234, /paper/10.1000/xyz."""
    return RedirectResponse(f"/paper/{site.library.resolve(name)}", 307)


@router.get("/library")
def library(
    request: Request,
    site: Here,
    shelf: str = "saved",
    tag: str | None = None,
    collection: str | None = None,
    page: PageNumber = 1,
) -> Response:
    """One shelf, tag or collection of the reader."""
    if shelf == SHELF and tag is None and collection is None:
        return changed_page(request, site, page)
    state = site.library.state(site.reader)
    collections = site.library.collections(site.reader)
    heading, ids, (kind, key) = shelf_of(state, collections, shelf, tag, collection)
    start = (page - 1) * PAGE_SIZE
    page_papers = site.library.papers(ids[start : start + PAGE_SIZE])
    marks = site.marks(stored.id for stored in page_papers)
    before, after = presenters.page_numbers(page, PAGE_SIZE, len(page_papers), len(ids), LAST_PAGE)
    context = {
        "heading": heading,
        "total": len(ids),
        "export": urlencode({kind: key}),
        "among": f"{kind}:{key}",
        "tag": tag,
        "collection": collection,
        "shelves": shelves(state),
        "changed": len(site.community.changes.unseen(site.reader)),
        "shelf": "" if tag is not None or collection is not None else shelf,
        "tags": sorted((name, len(papers)) for name, papers in state.tags.items() if papers),
        "collections": sorted((name, len(papers)) for name, papers in collections.items()),
        "collection_number": _number_of(site, collection),
        "shared_lists": [one for one in site.community.reading_lists.all(site.reader) if not one.is_own],
        "cards": with_ballots(site, [presenters.card(stored, marks[stored.id]) for stored in page_papers]),
        "page": page,
        "before": before,
        "after": after,
    }
    return site.page(request, "library.html", context, here="library")


@router.get("/sources")
def sources(request: Request, site: Here) -> Response:
    """The sources, their last runs, and records that could not be read."""
    context = {
        "sources": site.library.sources(),
        "quarantined": site.library.quarantine(200),
        "stats": site.library.stats(),
        "encoding": site.encoding.line if site.encoding else "",
        "syncing": site.syncing,
        "imports": site.library.imports(50),
        "last": site.imported.get(site.reader),
    }
    return site.page(request, "sources.html", context, here="sources")


@router.get("/sources/progress")
def progress(site: Here) -> Response:
    """The line about the running sync, as a fragment."""
    return site.fragment("_sync.html", {"syncing": site.syncing})


@router.get("/about-feed")
def about(request: Request, site: Here) -> Response:
    """The page about the feed: signals, the model's terms, and its settings."""
    state = site.library.state(site.reader)
    feed = site.library.feed(site.reader, log=False)
    context = {
        "feed": feed,
        "shelves": shelves(state),
        "tagged": len({i for papers in state.tags.values() for i in papers}),
        "tuning": site.library.tuning(site.reader),
        "times": SHOWN_IN_VAIN,
        "reader": site.reader,
        "path": site.library.path,
        "policy": _POLICY.sub(f"explore={site.library.tuning(site.reader).exploration:g}", feed.policy),
    }
    return site.page(request, "about.html", context, here="about")


@router.get("/api")
def api(request: Request, site: Here) -> Response:
    """The page about the JSON API, made from its OpenAPI description."""
    base = str(request.base_url).rstrip("/")
    groups = endpoints_by_tag(request.app.openapi(), base, with_token=bool(site.access.feed_token))
    return site.page(request, "api.html", {"groups": groups, "base": base})


def _number_of(site: Site, collection: str | None) -> int:
    """The number of a collection of the reader; 0 without one."""
    return site.community.reading_lists.get(site.reader, collection).collection.id if collection else 0


def _with_titles(site: Site, ids: Sequence[int]) -> list[tuple[int, str]]:
    return [(stored.id, shortened(stored.paper.title, TITLE)) for stored in site.library.papers(ids)]


def _ids(text: str) -> list[str]:
    return [part for part in (piece.strip() for piece in text.split(",")) if part][:MAX_SEEDS]


def _history(versions: Sequence[tuple[int, object, Paper]], current: Paper) -> list[tuple[int, object, Paper, str]]:
    """(number, recorded, contents, what the next version changed), newest first."""
    chain = [*(contents for _, _, contents in versions), current]
    rows = [
        (number, recorded_at, fitted(older), ", ".join(facts.changed_fields(older, newer)))
        for (number, recorded_at, older), newer in zip(versions, chain[1:], strict=True)
    ]
    return rows[::-1]
