"""What was deleted, and the imports that can be undone: the pages and forms that take things back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Protocol, cast

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.library import Library
from broadsheet.web.actions import Next, checked, redirect
from broadsheet.web.site import Here

__all__ = ["Deletes", "Deletion", "Import", "deleting", "router"]


class Deletion(Protocol):
    """Something that was deleted."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def at(self) -> datetime:
        """When it was deleted."""

    @property
    def kind(self) -> str:
        """Paper, import or collection."""

    @property
    def label(self) -> str:
        """Titles, or the name."""

    @property
    def papers(self) -> int:
        """How many papers it took out."""

    @property
    def restored(self) -> bool:
        """Whether it is back."""


class Import(Protocol):
    """One file, sync or look-up that brought something."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def at(self) -> datetime:
        """When it began."""

    @property
    def source(self) -> str:
        """What brought it."""

    @property
    def papers(self) -> int:
        """Papers that nothing else has brought."""

    @property
    def undone(self) -> bool:
        """Whether it was undone."""


class Undone(Protocol):
    """What undoing an import did."""

    @property
    def deletion(self) -> int | None:
        """Restores it; None if nothing was taken out."""

    @property
    def deleted(self) -> int:
        """Papers taken out."""

    @property
    def kept(self) -> int:
        """Papers left because somebody took them up."""


class Deletes(Protocol):
    """What a library does with deletions."""

    def delete(self, *which: str | int) -> int:
        """Delete papers; the deletion's number."""

    def restore(self, deletion_id: int) -> list[int]:
        """Bring back what a deletion took out."""

    def deletions(self, limit: int = 200) -> Sequence[Deletion]:
        """What was deleted, newest first."""

    def imports(self, limit: int = 200) -> Sequence[Import]:
        """Imports, newest first."""

    def undo_import(self, import_id: int) -> Undone:
        """Delete what one import alone brought."""


router = APIRouter(include_in_schema=False)


def deleting(library: Library) -> Deletes:
    """The library as what deletes. Raises UsageError if this version of it does not."""
    if not hasattr(library, "delete"):
        raise UsageError("this version of the library cannot delete papers")
    return cast(Deletes, library)


@router.get("/deleted")
def deleted(request: Request, site: Here) -> Response:
    """What was deleted and can be restored."""
    return site.page(request, "deleted.html", {"deletions": deleting(site.library).deletions()}, here="sources")


@router.post("/deleted/restore", dependencies=[Depends(checked)])
def restore(site: Here, deletion: Annotated[int, Form()], after: Next = "/deleted") -> Response:
    """Bring back what one deletion took out."""
    numbers = deleting(site.library).restore(deletion)
    return redirect(after, {"done": "restore", "papers": str(len(numbers))})


@router.post("/imports/undo", dependencies=[Depends(checked)])
def undo_import(site: Here, number: Annotated[int, Form(alias="import")], after: Next = "/sources") -> Response:
    """Delete what one import alone brought; the notice offers to bring it back."""
    undone = deleting(site.library).undo_import(number)
    said = {"done": "unimport", "papers": str(undone.deleted)}
    return redirect(after, said if undone.deletion is None else {**said, "deletion": str(undone.deletion)})
