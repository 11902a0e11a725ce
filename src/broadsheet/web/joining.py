"""Merged records, and papers that seem to be two works: the page that separates them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.web.actions import redirect, require_form_token
from broadsheet.web.site import Here

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_MAX_MERGES = 100


@router.get("/joined")
def joined(request: Request, site: Here) -> Response:
    """List merges, by title or by a record that names both papers, and papers that look like two works."""
    merges = [merge for merge in site.library.merges() if not merge.undone]
    first = merges[:_MAX_MERGES]
    context = {
        "merges": first,
        "more": len(merges) - len(first),
        "titles": site.titles(merge.paper_id for merge in first),
        "suspects": site.library.suspects(),
    }
    return site.page(request, "joined.html", context, here="sources")


@router.post("/joined/undo", dependencies=[Depends(require_form_token)])
def undo(site: Here, merge: Annotated[int, Form()]) -> Response:
    """Undo one merge: its record becomes a paper again."""
    return redirect("/joined", {"done": "part", "paper": str(site.library.undo_merge(merge))})


@router.post("/joined/part", dependencies=[Depends(require_form_token)])
def part(site: Here) -> Response:
    """Make every such second work a paper of its own."""
    papers = site.library.part()
    return redirect("/joined", {"done": "part", "papers": str(len(papers))} if papers else {"done": "none"})
