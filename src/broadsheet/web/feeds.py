"""Atom (RFC 4287) and JSON Feed 1.1 of the reader's page, of any search and of any tag.

An entry's id belongs to the paper, not to its version or address, so that feed readers show a paper only once.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET  # writes only; no foreign XML is parsed here
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from html import escape
from typing import Annotated
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, UUID, uuid5

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.records import Result, Stored
from broadsheet.web import presenters
from broadsheet.web.conditional import unless_known
from broadsheet.web.limits import LINE, WHOLE_AUTHORS, fitted, shortened
from broadsheet.web.links import card_links, links
from broadsheet.web.mathematics import formulas
from broadsheet.web.mathematics import html as mathematics
from broadsheet.web.restricting import Restricted, Restriction, restricted
from broadsheet.web.site import Here, Site

__all__ = ["Entry", "Feed", "Listing", "atom", "feed_answer", "json_feed", "router"]

SIZE = 30  # entries
_LOOKED_THROUGH = 200  # papers, for those that a restriction lets through
_KEPT_SECONDS = 600
_ATOM = "http://www.w3.org/2005/Atom"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper in a feed, with the reason why it is there."""

    stored: Stored
    why: str = ""
    number: int = 0  # names it for ever, where that is not the paper's number

    @property
    def name(self) -> str:
        """What its id is made of: the same in every feed."""
        return f"paper:{self.number or self.stored.id}"


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


@dataclass(frozen=True, slots=True)
class Feed:
    """The content of a feed in either format. Its id is made from `key`; `home` and `here` are full addresses."""

    title: str
    key: str
    base: str
    home: str
    here: str
    entries: tuple[Entry, ...]
    instance: str
    hub: str = ""  # a WebSub hub that tells subscribers of changes

    def urn(self, name: str) -> str:
        """A stable id for `name` in this library."""
        try:
            space = UUID(self.instance)
        except ValueError:
            space = uuid5(NAMESPACE_URL, self.instance)
        return f"urn:uuid:{uuid5(space, name)}"


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
    writers = {"atom": (atom, "application/atom+xml"), "json": (json_feed, "application/feed+json")}
    if form not in writers:
        raise UsageError(f"There is no feed format {form!r}; choose atom or json")
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


def updated(stored: Stored) -> datetime:
    """When an entry last changed: the date of the paper's version, or the time of adding. Aware, UTC."""
    day = stored.paper.updated
    if day is not None:
        return datetime.combine(day, time(), UTC)
    added_at = stored.added_at
    return added_at.astimezone(UTC) if added_at.tzinfo else added_at.replace(tzinfo=UTC)


def content(entry: Entry) -> str:
    """An entry as safe HTML: reason, authors, venue, summary, abstract and links."""
    paper = entry.stored.paper
    anchors = " · ".join(f'<a href="{escape(link.href)}">{escape(link.label)}</a>' for link in card_links(links(paper)))
    kicker = " · ".join(piece.text for piece in presenters.kicker(paper))
    parts = [f"<p><em>{mathematics(entry.why)}</em></p>"] if entry.why else []
    parts += [f"<p>{escape(text)}</p>" for text in (presenters.byline(paper), kicker) if text]
    parts += [f"<p>{mathematics(text)}</p>" for text in (paper.summary, paper.abstract) if text]
    return "".join([*parts, f"<p>{anchors}</p>" if anchors else ""])


def atom(feed: Feed) -> bytes:
    """The feed as an Atom document in UTF-8."""
    root = ET.Element("feed", {"xmlns": _ATOM})
    _add(root, "title", feed.title)
    _add(root, "id", feed.urn(feed.key))
    _add(root, "updated", _stamp(max(map(updated, (e.stored for e in feed.entries)), default=_EPOCH)))
    ET.SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": feed.here})
    ET.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": feed.home})
    if feed.hub:
        ET.SubElement(root, "link", {"rel": "hub", "href": feed.hub})
    _add(ET.SubElement(root, "author"), "name", "Broadsheet")
    for entry in feed.entries:
        _atom_entry(root, feed, entry)
    ET.indent(root, " ")
    document: bytes = ET.tostring(root, "utf-8", xml_declaration=True)
    return document


def _atom_entry(root: ET.Element, feed: Feed, entry: Entry) -> None:
    stored, paper = entry.stored, entry.stored.paper
    element = ET.SubElement(root, "entry")
    _title(element, paper.title)
    _add(element, "id", feed.urn(entry.name))
    _add(element, "updated", _stamp(updated(stored)))
    if published := paper.announced or paper.submitted:
        _add(element, "published", _stamp(datetime.combine(published, time(), UTC)))
    for person in paper.authors:
        _add(ET.SubElement(element, "author"), "name", person.name)
    ET.SubElement(element, "link", {"rel": "alternate", "href": f"{feed.base}/paper/{stored.id}"})
    for link in links(paper):
        attributes = {"rel": "related", "title": _clean(link.label), "href": _clean(link.href)}
        ET.SubElement(element, "link", {**attributes, "type": "application/pdf"} if link.label == "PDF" else attributes)
    for category in paper.categories:
        ET.SubElement(element, "category", {"term": _clean(category)})
    body = ET.SubElement(element, "content", {"type": "html"})
    body.text = _clean(content(entry))


def json_feed(feed: Feed) -> bytes:
    """The feed as a JSON Feed 1.1 document in UTF-8."""
    items = []
    for entry in feed.entries:
        paper = entry.stored.paper
        item = {
            "id": feed.urn(entry.name),
            "url": f"{feed.base}/paper/{entry.stored.id}",
            "title": paper.title,
            "content_html": content(entry),
            "date_modified": _stamp(updated(entry.stored)),
            "authors": [{"name": person.name} for person in paper.authors],
            "tags": [*paper.categories, *paper.keywords],
        }
        if external := links(paper):
            item["external_url"] = external[0].href
        if published := paper.announced or paper.submitted:
            item["date_published"] = _stamp(datetime.combine(published, time(), UTC))
        items.append(item)
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.here,
        **({"hubs": [{"type": "WebSub", "url": feed.hub}]} if feed.hub else {}),
        "items": items,
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _title(entry: ET.Element, title: str) -> None:
    """Add a title: as HTML if it has formulas, otherwise as plain text."""
    if formulas(title):
        ET.SubElement(entry, "title", {"type": "html"}).text = _clean(mathematics(title))
    else:
        _add(entry, "title", title)


def _add(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = _clean(text)


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)


def _stamp(time_: datetime) -> str:
    return time_.strftime("%Y-%m-%dT%H:%M:%SZ")
