"""Deletions and imports: the page and the forms that undo them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.kit.errors import UsageError
from broadsheet.web.actions import Next, redirect, require_form_token
from broadsheet.web.site import Here

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/deleted")
def deleted(request: Request, site: Here) -> Response:
    """List the deletions that can be restored."""
    deletions = [deletion for deletion in site.library.deletions() if not deletion.restored]
    return site.page(request, "deleted.html", {"deletions": deletions}, here="sources")


@router.post("/deleted/restore", dependencies=[Depends(require_form_token)])
def restore(site: Here, deletion: Annotated[int, Form()], after: Next = "/deleted") -> Response:
    """Restore one deletion, of papers or of a collection."""
    numbers = site.library.restore(deletion)
    return redirect(after, {"done": "restore", "papers": str(len(numbers))} if numbers else {"done": "recreate"})


@router.post("/deleted/purge", dependencies=[Depends(require_form_token)])
def purge(site: Here, sure: Annotated[str, Form()] = "") -> Response:
    """Remove all deletions for good."""
    if sure != "yes":
        raise UsageError("Nothing was forgotten: tick the box to confirm. This cannot be undone.")
    site.library.purge()
    return redirect("/deleted", {"done": "purge"})


@router.post("/imports/undo", dependencies=[Depends(require_form_token)])
def undo_import(site: Here, number: Annotated[int, Form(alias="import")], after: Next = "/sources") -> Response:
    """Undo an import: delete the papers that come from it alone; the notice offers to restore them."""
    undone = site.library.undo_import(number)
    codes = {"done": "unimport", "papers": str(undone.deleted)}
    return redirect(after, codes if undone.deletion is None else {**codes, "deletion": str(undone.deletion)})
