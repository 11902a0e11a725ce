"""What the address of a private feed answers, and lists of feeds for feed readers."""

from __future__ import annotations

from contextlib import suppress

from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.community.actor import Actor, Role
from broadsheet.community.exchange.opml import Line, opml
from broadsheet.community.exchange.private_feeds import LIST
from broadsheet.community.exchange.streams import Stream, papers_of
from broadsheet.kit.errors import LibraryError, UsageError
from broadsheet.web.accounts.common import address_of
from broadsheet.web.daily.newspaper import field_counts
from broadsheet.web.feeds import Entry, Listing, feed_answer
from broadsheet.web.site import Here, Site

__all__ = ["entries_of", "router"]

SIZE = 50  # entries
_OPML = "text/x-opml"
_BY_MONTH = "/papers/month/feed.atom"

router = APIRouter(include_in_schema=False)


@router.get("/feeds/{token}.{form}")
def private_feed(request: Request, site: Here, token: str, form: str) -> Response:
    """The feed of a private address; who knows the address may read it, until it is revoked."""
    try:
        opened = site.community.private_feeds.opened(token)
    except UsageError as error:
        with suppress(LibraryError):  # where nothing can be written, nothing can be counted
            site.community.accounts.limits.take("token", "", address_of(request))
        raise HTTPException(404, "This address opens nothing.") from error
    if opened is None:
        raise HTTPException(410, "This address opens nothing any more.")
    reader, stream = opened
    owner = site.visited(request, Actor(Role.reader, reader))
    path = f"/feeds/{token}.{form}"
    if stream == LIST:
        if form != "opml":
            raise UsageError("A list of feeds is read as .opml")
        return _list_answer(
            f"{reader}’s feeds", site.community.private_feeds.lines(reader, site.base_url(request), make=True)
        )
    entries = entries_of(owner, stream, SIZE)
    listing = Listing(stream.title, f"stream:{reader}:{stream.key}", stream.home, entries, SIZE, here=path)
    return feed_answer(request, owner, form, listing)


@router.get("/feeds.opml")
def public_feeds(request: Request, site: Here) -> Response:
    """The feeds of editions, of every field too, as a list for feed readers."""
    title, base = site.library.settings.server.title, site.base_url(request)
    kinds = {"day by day": "/papers/feed.atom", "by week": "/papers/week/feed.atom", "by month": _BY_MONTH}
    lines = [Line(f"{title} {name}", base + site.feed_link(path), f"{base}/papers") for name, path in kinds.items()]
    for name, key, _ in field_counts(site.community.editions.latest().entries):
        address = base + site.feed_link("/papers/feed.atom", field=key)
        lines.append(Line(f"{title}, {name}", address, f"{base}/papers?field={key}", "Fields"))
    return _list_answer(title, lines)


def entries_of(site: Site, stream: Stream, most: int) -> list[Entry]:
    """The papers of a stream as entries of a feed."""
    papers = dict(papers_of(site.community, site.reader, stream, most))
    return [Entry(stored, papers[stored.id]) for stored in site.library.papers(list(papers))]


def _list_answer(title: str, lines: list[Line]) -> Response:
    headers = {"Cache-Control": "private, no-cache", "Content-Disposition": 'inline; filename="feeds.opml"'}
    return Response(opml(title, lines), media_type=_OPML, headers=headers)
