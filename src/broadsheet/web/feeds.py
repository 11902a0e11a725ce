"""Feeds of the reader's page, of any search and of any tag, as Atom, RSS or JSON Feed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.community.exchange.private_feeds import FORMS
from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.records import Result, Stored
from broadsheet.web.conditional import unless_known
from broadsheet.web.feed_formats import Entry, Feed, atom, json_feed, rss
from broadsheet.web.limits import LINE, WHOLE_AUTHORS, fitted, shortened
from broadsheet.web.restricting import Restricted, Restriction, restricted
from broadsheet.web.site import Here, Site

__all__ = ["Entry", "Listing", "feed_answer", "feed_links", "router"]

SIZE = 30  # entries
_LOOKED_THROUGH = 200  # papers, for those that a restriction lets through
_KEPT_SECONDS = 600

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a feed lists, under which stable key; `home` is the path of its page."""

    topic: str
    key: str
    home: str
    entries: Sequence[Entry]
    size: int = SIZE  # entries at most
    here: str = ""  # its own path and query; "" for those of the request
    hub: str = ""
    is_public: bool = False  # proxies may keep it

    def restricted(self, site: Site, only: Restriction) -> Listing:
        """A feed of its own, under the title and the key of a restriction, whose papers the entries are."""
        return replace(self, topic=", ".join([self.topic, *only.words(site)]), key=self.key + only.query)


def feed_links(site: Site, path: str) -> list[tuple[str, str]]:
    """(form in words, address) of a feed in each form; `path` is without the form's ending."""
    return [(title, site.feed_link(f"{path}.{form}")) for form, title in FORMS.items()]


@router.get("/feed.{form}")
def reader_feed(request: Request, site: Here, form: str, only: Restricted) -> Response:
    """The reader's page."""
    page = site.library.feed(site.reader, SIZE if not only.values else _LOOKED_THROUGH, log=False)
    entries = [Entry(item.stored, "; ".join(reason.text for reason in item.reasons)) for item in page.items]
    listing = Listing(f"for {site.reader}", f"feed:{site.reader}", site.own_page, entries)
    return _restricted_answer(request, site, form, listing, only)


@router.get("/search.{form}")
def search_feed(
    request: Request,
    site: Here,
    form: str,
    q: Annotated[str, Query(min_length=1, max_length=2000)],
    only: Restricted,
    within: Annotated[list[Annotated[str, Query(max_length=2000)]] | None, Query(max_length=20)] = None,
    among: Annotated[str, Query(max_length=2000)] = "",
) -> Response:
    """The best results of a search, also within what other queries list or among a set of papers."""
    papers = site.community.paper_sets.ids(site.reader, among)
    size = SIZE if not only.values else _LOOKED_THROUGH
    page = site.library.search(q, size, among=papers, within=within or (), snippets=False, reader=site.reader)
    entries = [Entry(result.stored, _why(result)) for result in page.results]
    scope = [*(("within", text) for text in within or ()), *([("among", among)] if among else [])]
    key = f"search:{q}" + (f"?{urlencode(scope)}" if scope else "")
    listing = Listing(f"“{q}”", key, "/search?" + urlencode([("q", q), *scope]), entries)
    return _restricted_answer(request, site, form, listing, only)


def _why(result: Result) -> str:
    """Why a paper is among the results, as a sentence."""
    if result.reasons:
        return "; ".join(reason.text for reason in result.reasons)
    return f"Matches {', '.join(result.matched)}" if result.matched else "Close in meaning"


@router.get("/tagged.{form}")
def tagged_feed(
    request: Request, site: Here, form: str, tag: Annotated[str, Query(max_length=200)], only: Restricted
) -> Response:
    """The papers under one of the reader's tags, whatever its name."""
    return tag_feed(request, site, tag, form, only)


@router.get("/tags/{name:path}/feed.{form}")
def tag_feed(request: Request, site: Here, name: str, form: str, only: Restricted) -> Response:
    """The papers under one of the reader's tags, newest first."""
    tags = site.library.state(site.reader).tags
    if name not in tags:
        raise UsageError(f"No paper is tagged {name!r}")
    ids = restricted(site, sorted(tags[name], reverse=True), only)[:SIZE]
    entries = [Entry(stored, f"Tagged {name}") for stored in site.library.papers(ids)]
    home = "/library?" + urlencode({"tag": name})
    listing = Listing(f"tagged “{name}”", f"tag:{site.reader}:{name}", home, entries)
    return feed_answer(request, site, form, listing.restricted(site, only))


def feed_answer(request: Request, site: Site, form: str, listing: Listing) -> Response:
    """A feed in the format `form`. Raises UsageError for a format there is none of."""
    writers = {
        "atom": (atom, "application/atom+xml"),
        "json": (json_feed, "application/feed+json"),
        "rss": (rss, "application/rss+xml"),
    }
    if form not in writers:
        raise UsageError(f"There is no feed format {form[:100]!r}; choose atom, json or rss")
    write, media_type = writers[form]
    base = site.base_url(request) if listing.here else str(request.base_url).rstrip("/")
    entries = tuple(
        replace(entry, stored=_fitted(entry.stored), why=shortened(entry.why, LINE))
        for entry in listing.entries[: listing.size]
    )
    feed = Feed(
        title=f"{site.library.settings.server.title} {listing.topic}",
        key=listing.key,
        base=base,
        home=base + listing.home,
        here=base + listing.here if listing.here else str(request.url),
        entries=entries,
        instance=site.library.instance_id,
        hub=listing.hub,
    )
    kept = f"public, max-age={_KEPT_SECONDS}" if listing.is_public else "private, no-cache"
    return unless_known(request, Response(write(feed), media_type=media_type), {"Cache-Control": kept})


def _restricted_answer(request: Request, site: Site, form: str, listing: Listing, only: Restriction) -> Response:
    """The feed of those entries that a restriction lets through."""
    if only.values:
        ids = set(restricted(site, [entry.stored.id for entry in listing.entries], only))
        listing = replace(listing, entries=[entry for entry in listing.entries if entry.stored.id in ids])
    return feed_answer(request, site, form, listing.restricted(site, only))


def _fitted(stored: Stored) -> Stored:
    return replace(stored, paper=fitted(stored.paper, authors=WHOLE_AUTHORS))
