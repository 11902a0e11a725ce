"""The Reader API, as feed readers speak it: sign in, subscriptions, unread counts, items, read and starred sent back.

Programs have the address of the server or /api/greader below it, whichever they ask for. Each request carries the
password of one program (`Authorization: GoogleLogin auth=…`), which the routes here check themselves: no cookie and no
start token opens them.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from broadsheet.community.exchange.reading import LABEL, READING_LIST, STARRED, Reading, subscription_id
from broadsheet.kit.errors import RateLimited, UsageError
from broadsheet.web.accounts.common import address_of
from broadsheet.web.exchange.greader_calls import Call, item_json, number_of, read_call
from broadsheet.web.site import Here, Site

__all__ = ["router"]

_PREFIXES = ("", "/api/greader")
_IDS, _CONTENTS = 10_000, 1000  # items of an answer at most
_USUAL = 20
router = APIRouter(include_in_schema=False)


Called = Annotated[Call, Depends(read_call)]


def _site(request: Request, site: Here) -> Site:
    """The site as the reader of the program sees it. Raises 401 for any other caller."""
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    secret = secret.strip().removeprefix("auth=") if kind.lower() == "googlelogin" else ""
    actor = site.community.programs.actor_of(secret, address_of(request))
    if actor is None:
        raise HTTPException(401, "Unauthorized", {"WWW-Authenticate": "GoogleLogin"})
    most = site.library.settings.server.api_calls
    if most:
        site.calls.take(f"program of {actor.reader}", most, site.library.now())
    return site.visited(request, actor)


Own = Annotated[Site, Depends(_site)]


def _route(method: str, path: str) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Answer a path of the protocol below every address that programs use."""

    def add(function: Callable[..., Response]) -> Callable[..., Response]:
        for prefix in _PREFIXES:
            router.add_api_route(prefix + path, function, methods=[method])
        return function

    return add


@_route("POST", "/accounts/ClientLogin")
def sign_in(request: Request, site: Here, call: Called) -> Response:
    """Sign a program in with its own password."""
    try:
        secret = site.community.programs.sign_in(call.one("Email"), call.one("Passwd"), address_of(request))
    except RateLimited:
        raise
    except UsageError:
        return PlainTextResponse("Error=BadAuthentication\n", 401)
    text = f"SID={secret}\nLSID=null\nAuth={secret}\n"
    return PlainTextResponse(text, headers={"Cache-Control": "private, no-store"})


@_route("GET", "/reader/api/0/token")
def edit_token(site: Own) -> Response:
    """What comes with every change."""
    return PlainTextResponse(_token(site), headers={"Cache-Control": "private, no-store"})


@_route("GET", "/reader/api/0/user-info")
def user_info(site: Own) -> Response:
    """Who reads."""
    about = {"userId": "1", "userName": site.reader, "userProfileId": "1", "userEmail": ""}
    return JSONResponse(about)


@_route("GET", "/reader/api/0/subscription/list")
def subscriptions(request: Request, site: Own) -> Response:
    """The streams of the reader, in folders."""
    base, title = site.base_url(request), site.library.settings.server.title
    rows = [
        {
            "id": subscription_id(stream),
            "title": f"{title} {stream.title}" if stream.key == "page" else stream.title,
            "categories": [{"id": LABEL + stream.label, "label": stream.label}],
            "url": f"{base}{stream.home}",
            "htmlUrl": f"{base}{stream.home}",
            "iconUrl": f"{base}/favicon.ico",
        }
        for stream in _reading(site).subscriptions
    ]
    return JSONResponse({"subscriptions": rows})


@_route("GET", "/reader/api/0/tag/list")
def tags(site: Own) -> Response:
    """The states and the folders."""
    labels = dict.fromkeys(stream.label for stream in _reading(site).subscriptions)
    folders = [{"id": LABEL + label, "type": "folder"} for label in labels]
    return JSONResponse({"tags": [{"id": STARRED}, *folders]})


@_route("GET", "/reader/api/0/unread-count")
def unread_counts(site: Own) -> Response:
    """How many papers are unread, in every stream and folder and in all."""
    reading = _reading(site)
    names = [subscription_id(stream) for stream in reading.subscriptions]
    names += [LABEL + label for label in dict.fromkeys(stream.label for stream in reading.subscriptions)]
    counts = []
    for name in (READING_LIST, *names):
        unread = {paper: at for paper, at in reading.items(name).items() if paper not in reading.read}
        newest = max(unread.values(), default=None)
        usec = str(int(newest.timestamp() * 1_000_000)) if newest else "0"
        counts.append({"id": name, "count": len(unread), "newestItemTimestampUsec": usec})
    return JSONResponse({"max": _IDS, "unreadcounts": counts})


@_route("GET", "/reader/api/0/stream/items/ids")
def item_ids(site: Own, call: Called) -> Response:
    """The ids of a stream's items."""
    reading = _reading(site)
    papers, more = _page(reading, call, call.one("s") or READING_LIST, _IDS)
    rows = [
        {
            "id": str(number_of(paper)),
            "directStreamIds": [subscription_id(one) for one in reading.origins.get(paper, ())],
            "timestampUsec": str(int(at.timestamp() * 1_000_000)),
        }
        for paper, at in papers
    ]
    return JSONResponse({"itemRefs": rows, **more})


@_route("GET", "/reader/api/0/stream/contents")
@_route("GET", "/reader/api/0/stream/contents/{stream:path}")
def contents(request: Request, site: Own, call: Called, stream: str = "") -> Response:
    """The items of a stream, whole."""
    reading, name = _reading(site), stream or call.one("s") or READING_LIST
    papers, more = _page(reading, call, name, _CONTENTS)
    return _items(request, site, reading, name, dict(papers), more)


@_route("GET", "/reader/api/0/stream/items/contents")
@_route("POST", "/reader/api/0/stream/items/contents")
def items_contents(request: Request, site: Own, call: Called) -> Response:
    """Named items, whole; those that are not there are left out."""
    reading = _reading(site)
    arrived = {**reading.saved, **reading.arrived}
    named = call.papers(_IDS)
    live = site.library.catalogue.community.editions.live(named)
    papers = {live[paper]: arrived[live[paper]] for paper in named if live.get(paper) in arrived}
    return _items(request, site, reading, READING_LIST, papers, {})


@_route("POST", "/reader/api/0/edit-tag")
def edit_tag(site: Own, call: Called) -> Response:
    """Mark items as read, unread, starred, not starred; give them tags and take them."""
    _check_token(site, call)
    _reading(site).mark(call.papers(_IDS), call.all("a"), call.all("r"))
    return PlainTextResponse("OK")


@_route("POST", "/reader/api/0/mark-all-as-read")
def mark_all_as_read(site: Own, call: Called) -> Response:
    """Mark what a stream had at a time as read."""
    _check_token(site, call)
    _reading(site).mark_all(call.one("s") or READING_LIST, call.until(site.library.now()))
    return PlainTextResponse("OK")


@_route("POST", "/reader/api/0/subscription/edit")
@_route("POST", "/reader/api/0/subscription/quickadd")
@_route("POST", "/reader/api/0/rename-tag")
@_route("POST", "/reader/api/0/disable-tag")
def edit_subscription(site: Own, call: Called) -> Response:
    """What is followed is chosen on the pages here: every such change is refused."""
    _check_token(site, call)
    raise UsageError("Streams are made and named on Broadsheet's pages: save a search, tag papers, make a collection.")


def _reading(site: Site) -> Reading:
    return Reading(site.community, site.reader)


def _token(site: Site) -> str:
    return hmac.new(site.library.key, f"edit as {site.reader}".encode(), "sha256").hexdigest()[:57]


def _check_token(site: Site, call: Call) -> None:
    """Refuse a token of another reader or server; the password is what proves the caller. Raises 401."""
    token = call.one("T")
    if token and not hmac.compare_digest(token.encode(), _token(site).encode()):
        raise HTTPException(401, "Unauthorized", {"X-Reader-Google-Bad-Token": "true"})


def _page(reading: Reading, call: Call, name: str, most: int) -> tuple[list[tuple[int, datetime]], dict[str, str]]:
    """A page of a stream, the latest first unless asked otherwise, and how the next one is asked for."""
    papers = reading.items(name)
    for other in call.all("xt"):
        papers = {paper: papers[paper] for paper in papers.keys() - reading.items(other).keys()}
    for other in call.all("it"):
        papers = {paper: papers[paper] for paper in papers.keys() & reading.items(other).keys()}
    since, until = call.time("ot"), call.time("nt")
    rows = [
        (paper, at) for paper, at in papers.items() if (since is None or at >= since) and (until is None or at <= until)
    ]
    rows.sort(key=lambda row: (row[1], row[0]), reverse=call.one("r") != "o")
    start, size = call.count("c", 0, 10**9), call.count("n", _USUAL, most)
    following = start + size
    return rows[start:following], {"continuation": str(following)} if following < len(rows) else {}


def _items(
    request: Request, site: Site, reading: Reading, name: str, papers: dict[int, datetime], more: dict[str, Any]
) -> Response:
    base, items = site.base_url(request), []
    for stored in site.library.papers(list(papers)):
        streams = reading.origins.get(stored.id, [])
        marks = (stored.id in reading.read, stored.id in reading.saved)
        items.append(item_json(stored, papers[stored.id], streams, marks, base))
    document = {
        "id": name,
        "title": site.library.settings.server.title,
        "updated": int(max(papers.values(), default=site.library.now()).timestamp()),
        "direction": "ltr",
        "items": items,
        **more,
    }
    return JSONResponse(document)
