"""The forms that make, fill, rename and delete collections."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.kit.errors import UsageError
from broadsheet.web.actions import Next, redirect, require_form_token
from broadsheet.web.site import Here

__all__ = ["router", "shown_at"]

router = APIRouter(include_in_schema=False)

Name = Annotated[str, Form(max_length=200)]


def shown_at(name: str) -> str:
    """The address of a collection's page."""
    return "/library?" + urlencode({"collection": name})


@router.post("/collections", dependencies=[Depends(require_form_token)])
def change(
    site: Here,
    what: Annotated[str, Form()],
    name: Name,
    to: Name = "",
    paper: Annotated[int, Form()] = 0,
    after: Next = "/library",
) -> Response:
    """Create, rename or delete a collection, or add a paper to it or remove one."""
    name, library = name.strip(), site.library
    if not name:
        raise UsageError("a collection needs a name")
    if what == "create":
        library.create_collection(site.reader, name)
        return redirect(shown_at(name), {"done": "create"})
    if what == "rename":
        library.rename_collection(site.reader, name, to)
        return redirect(shown_at(to.strip()), {"done": "rename"})
    if what == "delete":
        number = library.delete_collection(site.reader, name)
        return redirect("/library", {"done": "uncreate", "deletion": str(number)})
    if what == "add":
        library.collect(site.reader, name, paper)
        return redirect(after, {"done": "collect", "paper": str(paper)})
    if what == "remove":
        library.uncollect(site.reader, name, paper)
        return redirect(after, {"done": "uncollect", "paper": str(paper)})
    raise UsageError(f"unknown change {what!r} of a collection; choose create, rename, add, remove or delete")


@router.get("/collections/delete")
def ask(request: Request, site: Here, name: Annotated[str, Query(max_length=200)]) -> Response:
    """The page that asks to confirm the deletion of a collection."""
    names = site.library.collections(site.reader)
    if name not in names:
        raise UsageError(f"There is no collection {name!r}; your collections: {', '.join(names) or 'none yet'}")
    return site.page(request, "delete_collection.html", {"name": name, "held": len(names[name])}, here="library")
