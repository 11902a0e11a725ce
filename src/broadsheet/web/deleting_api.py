"""Deletions, imports and merges in the JSON API."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from broadsheet.web import outcomes
from broadsheet.web.api import PREFIX, only_json
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
    """What was deleted, newest first."""
    return [outcomes.Deletion.model_validate(row) for row in site.library.deletions()]


@router.post("/deletions/{number:int}/restore", dependencies=[Changing], responses=failures(415))
def restore(site: Here, number: int) -> outcomes.Restored:
    """Bring back what a deletion took out."""
    return outcomes.Restored(papers=tuple(site.library.restore(number)))


@router.get("/imports")
def imports(site: Here) -> list[outcomes.Import]:
    """Files, syncs and look-ups that brought something, newest first."""
    return [outcomes.Import.model_validate(row) for row in site.library.imports()]


@router.post("/imports/{number:int}/undo", dependencies=[Changing], responses=failures(415))
def undo_import(site: Here, number: int) -> outcomes.ImportUndone:
    """Delete what one import alone brought and nobody has taken up since."""
    return outcomes.ImportUndone.model_validate(site.library.undo_import(number))


@router.get("/merges")
def merges(site: Here) -> list[outcomes.Merge]:
    """Records that joined a paper by their titles, and papers that a record naming both made one, newest first."""
    return [outcomes.Merge.model_validate(row) for row in site.library.merges()]


@router.post("/merges/{number:int}/undo", dependencies=[Changing], responses=failures(415))
def undo_merge(site: Here, number: int) -> outcomes.Restored:
    """Give what was joined a paper of its own."""
    return outcomes.Restored(papers=(site.library.undo_merge(number),))


@router.get("/suspects")
def suspects(site: Here) -> list[outcomes.Suspect]:
    """Papers that hold, or took the place of, another work."""
    return [outcomes.Suspect.model_validate(row) for row in site.library.suspects()]


@router.post("/suspects/part", dependencies=[Changing], responses=failures(415))
def part(site: Here) -> outcomes.Restored:
    """Give every such work a paper of its own."""
    return outcomes.Restored(papers=tuple(number for _, number in site.library.part()))
