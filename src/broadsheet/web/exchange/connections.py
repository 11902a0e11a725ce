"""The page of connections: libraries that a reader keeps elsewhere, how they are in step, and the forms about them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.catalogue.connections import LOCAL, Connection
from broadsheet.kit.errors import BroadsheetError, UsageError
from broadsheet.web.actions import redirect, require_form_token
from broadsheet.web.site import Here, Site

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_FORM = [Depends(require_form_token)]
_PLACE = "/connections"


@router.get("/connections")
def connections(request: Request, site: Here) -> Response:
    """The reader's connections."""
    return _page(request, site)


@router.get("/connections/progress")
def progress(site: Here) -> Response:
    """The line about the running sync of the reader's connections, as a fragment."""
    return site.fragment("exchange/_connecting.html", {"connecting": site.connection_job()})


@router.post("/connections", dependencies=_FORM)
def connect(
    request: Request,
    site: Here,
    key: Annotated[str, Form(max_length=300)] = "",
    group: Annotated[str, Form(max_length=20)] = "",
    local: Annotated[str, Form(max_length=3)] = "",
    write_to: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Connect a Zotero library, and begin to read it. A refusal is shown on the page, without the key."""
    number = group.strip()
    try:
        if number and not (number.isascii() and number.isdigit()):
            raise UsageError("a group has a number, which is in its address: zotero.org/groups/NUMBER/…")
        which = int(number) if number else None
        site.community.connections.connect(site.reader, key=key, group=which, is_local=bool(local), write_to=write_to)
    except BroadsheetError as error:
        return _page(request, site, refused=str(error), status=400)
    site.connection_job().start()
    return redirect(_PLACE, {"done": "connect"})


@router.post("/connections/sync", dependencies=_FORM)
def sync(site: Here) -> Response:
    """Bring the reader's connections in step now, in the background."""
    return redirect(_PLACE, {"done": "connect-sync" if site.connection_job().start() else "busy"})


@router.post("/connections/disconnect", dependencies=_FORM)
def disconnect(
    site: Here, number: Annotated[int, Form(ge=0, le=2**53)], take_back: Annotated[str, Form(max_length=3)] = ""
) -> Response:
    """End a connection of the reader's, and forget its key."""
    site.community.connections.disconnect(site.reader, number, take_back=bool(take_back))
    return redirect(_PLACE, {"done": "disconnect"})


def _page(request: Request, site: Site, *, refused: str = "", status: int = 200) -> Response:
    own = site.community.connections.all(site.reader)
    context = {
        "rows": [_row(site, one) for one in own],
        "connecting": site.connection_job(),
        "refused": refused,
        "hours": site.library.settings.zotero.hours,
        "may_be_local": not site.community.has_accounts,
    }
    response = site.page(request, "exchange/connections.html", context, status=status)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _row(site: Site, one: Connection) -> dict[str, Any]:
    parts = site.community.connections
    papers, children = parts.counts(one)
    return {
        "one": one,
        "name": _name(one),
        "papers": papers,
        "children": children,
        "next": parts.next_sync(one),
        "waiting": parts.waiting(one),
    }


def _name(one: Connection) -> str:
    where, _, number = one.library.removeprefix(LOCAL).partition("/")
    if one.is_local:
        return "The Zotero on this machine" + (f", group {number}" if where == "groups" else "")
    return f"Zotero group {number}" if where == "groups" else f"Your Zotero library (user {number})"
