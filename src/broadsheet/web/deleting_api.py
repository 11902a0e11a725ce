"""Deletions, imports and merges in the JSON API."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from broadsheet.web import outcomes
from broadsheet.web.api import PREFIX, only_json
from broadsheet.web.deleting import restorable_kind
from broadsheet.web.outcomes import failures
from broadsheet.web.site import Here

__all__ = ["router"]

router = APIRouter(prefix=PREFIX, tags=["delete and restore"], responses=failures(400))
Changing = Depends(only_json)


@router.delete("/papers/{paper:path}", dependencies=[Changing], responses=failures(404, 415))
def delete(site: Here, paper: str) -> outcomes.Deleted:
    """Delete a paper from the library."""
    return outcomes.Deleted(deletion=site.library.delete(site.library.resolve(paper)))


@router.get("/deletions")
def deletions(site: Here) -> list[outcomes.Deletion]:
    """All deletions, newest first."""
    return [outcomes.Deletion.model_validate(row) for row in site.library.deletions()]


@router.post("/deletions/{number:int}/restore", dependencies=[Changing], responses=failures(415))
def restore(site: Here, number: int) -> outcomes.Restored:
    """Restore the papers, the collection or the saved search of a deletion; readers restore what is their own."""
    restorable_kind(site, number)
    return outcomes.Restored(papers=tuple(site.library.restore(number)))


@router.get("/imports")
def imports(site: Here) -> list[outcomes.Import]:
    """Imports (files, syncs and look-ups) that added records, newest first."""
    return [outcomes.Import.model_validate(row) for row in site.library.imports()]


@router.post("/imports/{number:int}/undo", dependencies=[Changing], responses=failures(415))
def undo_import(site: Here, number: int) -> outcomes.ImportUndone:
    """Delete the papers that come from one import alone and that no reader uses."""
    return outcomes.ImportUndone.model_validate(site.library.undo_import(number))


@router.get("/merges")
def merges(site: Here) -> list[outcomes.Merge]:
    """Merges, newest first: of a record by its title, or of two papers by a record with identifiers of both."""
    return [outcomes.Merge.model_validate(row) for row in site.library.merges()]


@router.post("/merges/{number:int}/undo", dependencies=[Changing], responses=failures(415))
def undo_merge(site: Here, number: int) -> outcomes.Restored:
    """Undo a merge: the merged record or paper becomes a paper of its own."""
    return outcomes.Restored(papers=(site.library.undo_merge(number),))


@router.get("/suspects")
def suspects(site: Here) -> list[outcomes.Suspect]:
    """Papers that probably hold two works, or replaced another one."""
    return [outcomes.Suspect.model_validate(row) for row in site.library.suspects()]


@router.post("/suspects/part", dependencies=[Changing], responses=failures(415))
def part(site: Here) -> outcomes.Restored:
    """Split every suspect: each second work becomes a paper of its own."""
    return outcomes.Restored(papers=tuple(number for _, number in site.library.part()))
