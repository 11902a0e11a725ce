"""Deleting and restoring in the JSON API."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from broadsheet.web.api import PREFIX, only_json
from broadsheet.web.deleting import deleting
from broadsheet.web.models import described
from broadsheet.web.site import Here

__all__ = ["router"]

router = APIRouter(prefix=PREFIX, tags=["delete and restore"], responses=described(400))
Changing = Depends(only_json)


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


class DeletionOut(_Out):
    """Something that was deleted and can be restored."""

    id: int
    at: datetime
    kind: str
    label: str
    papers: int
    restored: bool


class ImportOut(_Out):
    """One file, sync or look-up that brought something; `papers` nothing else has brought."""

    id: int
    at: datetime
    source: str
    papers: int
    undone: bool


class DeletedOut(_Out):
    """The deletion's number, with which it is restored."""

    deletion: int


class RestoredOut(_Out):
    """The numbers the papers have now."""

    papers: tuple[int, ...]


class UndoneOut(_Out):
    """How many papers were taken out and left; `deletion` restores them."""

    deletion: int | None
    deleted: int
    kept: int


@router.delete("/papers/{paper:path}", dependencies=[Changing], responses=described(404, 415))
def delete(site: Here, paper: str) -> DeletedOut:
    """Delete a paper from the library."""
    return DeletedOut(deletion=deleting(site.library).delete(site.library.resolve(paper)))


@router.get("/deletions")
def deletions(site: Here) -> list[DeletionOut]:
    """What was deleted, newest first."""
    return [DeletionOut.model_validate(one) for one in deleting(site.library).deletions()]


@router.post("/deletions/{number:int}/restore", dependencies=[Changing], responses=described(415))
def restore(site: Here, number: int) -> RestoredOut:
    """Bring back what a deletion took out."""
    return RestoredOut(papers=tuple(deleting(site.library).restore(number)))


@router.get("/imports")
def imports(site: Here) -> list[ImportOut]:
    """Files, syncs and look-ups that brought something, newest first."""
    return [ImportOut.model_validate(one) for one in deleting(site.library).imports()]


@router.post("/imports/{number:int}/undo", dependencies=[Changing], responses=described(415))
def undo_import(site: Here, number: int) -> UndoneOut:
    """Delete what one import alone brought and nobody has taken up since."""
    return UndoneOut.model_validate(deleting(site.library).undo_import(number))
