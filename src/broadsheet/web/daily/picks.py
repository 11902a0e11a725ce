"""Curators put papers into the open day, and take them out while it is open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form
from starlette.responses import Response

from broadsheet.community.actor import Role
from broadsheet.pipeline.records import Stored
from broadsheet.web.actions import Next, redirect, require_form_token
from broadsheet.web.site import Here, Site

__all__ = ["pick_part", "router"]

router = APIRouter(include_in_schema=False)


@router.post("/papers/{number:int}/pick", dependencies=[Depends(require_form_token)])
def pick(site: Here, number: int, pick: Annotated[Literal["pick", "unpick"], Form()], after: Next = "/") -> Response:
    """Put a paper into the open day, or take it out again."""
    number = site.library.resolve(number)
    editions = site.community.editions
    if pick == "unpick":
        editions.unpick(number, site.reader)
        return redirect(after, {"done": "unpick", "paper": str(number)})
    is_new = editions.pick(number, site.reader)
    return redirect(after, {"done": "pick" if is_new else "none", "paper": str(number)})


def pick_part(site: Site, stored: Stored) -> Mapping[str, Any]:
    """In which edition a paper is, and whether who looks may change that."""
    row = site.community.editions.row_of(stored.id)
    is_curator = site.actor.role.may(Role.curator)
    return {
        "edition_row": row,
        "may_pick": is_curator and (row is None or (row.place is None and row.via == "source")),
        "may_unpick": is_curator and row is not None and row.place is None and row.via == "pick",
    }
