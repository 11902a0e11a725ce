"""The page that the bookmark “add to Broadsheet” opens: the paper of an address, to be saved with one button."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.kit.identifiers import find
from broadsheet.web.site import Here

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/add")
def add(request: Request, site: Here, url: Annotated[str, Query(max_length=4000)] = "") -> Response:
    """What paper an address is of: here already, to be looked up, or none that an address names."""
    name = next((f"{scheme}:{value}" for scheme, value in find(url)), "")
    number = site.library.catalogue.papers.resolve(name) if name else None
    stored = next(iter(site.library.papers([number])), None) if number is not None else None
    context = {
        "url": url,
        "name": name,
        "stored": stored,
        "is_saved": stored is not None and stored.id in site.library.state(site.reader).saved,
    }
    return site.page(request, "exchange/add.html", context)
