"""The page of exchange: every feed with its address, programs that sign in, lists of feeds, and archives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.community.exchange.opml import import_opml, opml
from broadsheet.community.exchange.private_feeds import FORMS, LIST, FollowedFeed
from broadsheet.kit.errors import UsageError
from broadsheet.web.actions import redirect, require_form_token
from broadsheet.web.site import Here, Site

__all__ = ["exchange_page", "router"]

router = APIRouter(include_in_schema=False)
_FORM = [Depends(require_form_token)]
_PER_PAGE = 40  # feeds
Key = Annotated[str, Form(max_length=300)]


@router.get("/exchange")
def page(request: Request, site: Here, page: Annotated[int, Query(ge=1, le=10_000)] = 1) -> Response:
    """Everything that can be taken to another program, and brought from one."""
    return exchange_page(request, site, {}, page)


@router.post("/exchange/feeds", dependencies=_FORM)
def change_feed(site: Here, what: Annotated[str, Form(max_length=20)], feed: Key = "") -> Response:
    """Make, renew or revoke the address of a feed; without a feed, make those that are missing."""
    feeds = site.community.private_feeds
    changes = {"make": feeds.make, "renew": feeds.renew, "revoke": feeds.revoke}
    if what not in changes:
        raise UsageError(f"unknown change {what!r} of a feed; choose make, renew or revoke")
    changes[what](site.reader, feed)
    return redirect("/exchange", {"done": f"{what}-feed"}, "feeds")


@router.get("/exchange/feeds.opml")
def list_of_feeds(request: Request, site: Here) -> Response:
    """The list of the reader's open feeds as a file."""
    lines = site.community.private_feeds.lines(site.reader, site.base_url(request))
    text = opml(f"{site.reader}’s feeds", lines)
    headers = {"Content-Disposition": 'attachment; filename="feeds.opml"', "Cache-Control": "private, no-store"}
    return Response(text, media_type="text/x-opml", headers=headers)


@router.post("/exchange/programs", dependencies=_FORM)
def let_in(request: Request, site: Here, name: Annotated[str, Form(max_length=100)] = "") -> Response:
    """Make a password for a program; it is shown once."""
    password = site.community.programs.create(site.reader, name)
    return exchange_page(request, site, {"new_password": password})


@router.post("/exchange/programs/revoke", dependencies=_FORM)
def lock_out(site: Here, program: Annotated[int, Form(ge=0, le=2**53)]) -> Response:
    """Lock a program out."""
    site.community.programs.revoke(site.reader, program)
    return redirect("/exchange", {"done": "revoke-program"}, "programs")


@router.post("/exchange/opml", dependencies=_FORM)
def read_list(request: Request, site: Here, file: UploadFile | None = None) -> Response:
    """Follow the feeds of papers of a list from another feed reader."""
    body = file.file.read() if file is not None else b""
    if not body:
        raise UsageError("Choose the OPML file that your feed reader exports.")
    return exchange_page(request, site, {"opml_report": import_opml(site.community, site.reader, body)})


def exchange_page(request: Request, site: Site, more: Mapping[str, Any], page: int = 1) -> Response:
    """The page, with what a form on it brought."""
    feeds = site.community.private_feeds.all(site.reader)
    last = -(-len(feeds) // _PER_PAGE)
    page = min(page, last)
    context = {
        "feeds": [_row(site, one) for one in feeds[(page - 1) * _PER_PAGE : page * _PER_PAGE]],
        "missing": sum(one.feed is None for one in feeds),
        "page": page,
        "before": page - 1 if page > 1 else 0,
        "after": page + 1 if page < last else 0,
        "base": site.base_url(request),
        "opml_report": None,
        "takeout_report": None,
        "job": site.takeouts.of(site.community, site.reader),
        "programs": site.community.programs.all(site.reader),
        "new_password": "",
        **more,
    }
    response = site.page(request, "exchange/exchange.html", context, here="exchange")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _row(site: Site, one: FollowedFeed) -> dict[str, Any]:
    forms = {"opml": "OPML"} if one.stream == LIST else FORMS
    return {
        "stream": one.stream,
        "feed": one.feed,
        "addresses": [(name, f"{one.path}.{form}") for form, name in forms.items()] if one.path else [],
        "title": f"{site.library.settings.server.title} {one.stream.title}",
    }
