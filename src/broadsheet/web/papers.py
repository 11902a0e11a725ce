"""Actions on several selected papers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.kit.export_formats import ExportFormat
from broadsheet.web.actions import Next, Picked, present, redirect, require_form_token
from broadsheet.web.security import local_path
from broadsheet.web.site import Here, Site

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.post("/papers/act", dependencies=[Depends(require_form_token)])
def act(
    site: Here,
    pick: Picked,
    action: Annotated[str, Form(max_length=20)] = "",
    value: Annotated[str, Form(max_length=200)] = "",
    form: Annotated[str, Form(max_length=20)] = "bibtex",
    after: Next = "/",
) -> Response:
    """Carry out one action on every selected paper. Export and delete redirect to their own pages."""
    picked = present(site, pick)
    if action == "export":
        address = f"/papers/export/{ExportFormat.named(form)}"
        return RedirectResponse(f"{address}?{urlencode({'pick': picked}, doseq=True)}", 303)
    if action == "delete":
        query = [("pick", number) for number in picked]
        return RedirectResponse("/papers/delete?" + urlencode([*query, ("next", local_path(after))]), 303)
    if action == "collect":
        ids = site.library.collections(site.reader).get(value.strip(), ())
        new = [number for number in picked if number not in ids]
        for number in new:
            site.library.collect(site.reader, value, number)
        return redirect(after, _codes("collect", new))
    changed = [number for number in picked if _changes(site, number, action, value.strip())]
    for number in changed:
        site.library.act(site.reader, number, action, value, policy="several")
    return redirect(after, _codes(action, changed))


@router.get("/papers/delete")
def ask(
    request: Request,
    site: Here,
    pick: Annotated[list[int] | None, Query()] = None,
    after: Annotated[str, Query(alias="next", max_length=2000)] = "/",
) -> Response:
    """The page that asks to confirm the deletion of papers."""
    papers = site.library.papers(present(site, pick))
    return site.page(request, "delete_papers.html", {"papers": papers, "after": local_path(after)})


@router.post("/papers/delete", dependencies=[Depends(require_form_token)])
def delete(site: Here, pick: Picked, after: Next = "/") -> Response:
    """Delete papers; the notice offers to restore them."""
    picked = present(site, pick)
    number = site.library.delete(*picked)
    # the page of a deleted paper no longer exists
    deleted_pages = {f"/paper/{number_}" for number_ in picked}
    back = "/" if re.split("[?#]", after)[0] in deleted_pages else after
    return redirect(back, {"done": "delete", "papers": str(len(picked)), "deletion": str(number)})


def _changes(site: Site, number: int, action: str, value: str) -> bool:
    """Whether the action changes the paper's marks: only a change is recorded and can be undone."""
    state = site.library.state(site.reader)
    holds = {
        "save": number in state.saved,
        "unsave": number not in state.saved,
        "hide": number in state.hidden,
        "unhide": number not in state.hidden,
        "up": state.ratings.get(number) == 1,
        "down": state.ratings.get(number) == -1,
        "unrate": number not in state.ratings,
        "tag": number in state.tags.get(value, ()),
        "untag": number not in state.tags.get(value, ()),
    }
    return not holds.get(action, False)


def _codes(action: str, changed: Sequence[int]) -> dict[str, str]:
    if not changed:
        return {"done": "none"}
    if len(changed) == 1:
        return {"done": action, "paper": str(changed[0])}
    return {"done": action, "papers": str(len(changed))}
