"""Deletions and imports: the page and the forms that undo them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.community.actor import Role
from broadsheet.kit.errors import UsageError
from broadsheet.web.actions import Next, redirect, require_form_token
from broadsheet.web.site import Here, Site

__all__ = ["restorable_kind", "router"]

router = APIRouter(include_in_schema=False)


@router.get("/deleted")
def deleted(request: Request, site: Here) -> Response:
    """List the deletions that can be restored."""
    deletions = [deletion for deletion in site.library.deletions() if not deletion.restored]
    return site.page(request, "deleted.html", {"deletions": deletions}, here="sources")


@router.post("/deleted/restore", dependencies=[Depends(require_form_token)])
def restore(site: Here, deletion: Annotated[int, Form()], after: Next = "/deleted") -> Response:
    """Restore one deletion: of papers, of a collection, a saved search or a group."""
    kind = restorable_kind(site, deletion)
    numbers = site.library.restore(deletion)
    if kind in {"search", "group"}:
        return redirect(after, {"done": "restore-search" if kind == "search" else "group-restore"})
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


def restorable_kind(site: Site, deletion: int) -> str:
    """What a deletion took away that who asks may restore: readers what is theirs, administrators everything.

    "" for papers. Raises UsageError.
    """
    kind, owner = site.library.catalogue.papers.owner_of_deletion(deletion) or ("", None)
    if not site.actor.role.may(Role.admin) and (
        owner is None or owner != site.library.catalogue.readers.get(site.reader).id
    ):
        raise UsageError(f"no collection, search or group of yours was deleted under the number {deletion}")
    return kind
