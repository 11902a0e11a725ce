"""Collections in the JSON API. A name may hold anything: in the path percent-encoded, or in the body or query."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from broadsheet.kit.errors import UsageError
from broadsheet.web import outcomes, schemas
from broadsheet.web.api import PREFIX, only_json
from broadsheet.web.outcomes import failures
from broadsheet.web.site import Here, Site

__all__ = ["router"]

router = APIRouter(prefix=f"{PREFIX}/collections", tags=["collections"], responses=failures(400))

Changing = Depends(only_json)
Name = Annotated[str, Query(min_length=1, max_length=200, description="the collection's name")]


@router.get("")
def collections(site: Here) -> dict[str, tuple[int, ...]]:
    """All collections: name → papers in the order of adding."""
    return site.library.collections(site.reader)


@router.post("", dependencies=[Changing], responses=failures(404, 415))
def fill(site: Here, body: schemas.CollectionIn) -> outcomes.Done:
    """Add papers to a collection; a missing one is created."""
    numbers = [site.library.resolve(paper) for paper in body.papers]  # all exist before anything changes
    site.library.create_collection(site.reader, body.name)
    for number in numbers:
        site.library.collect(site.reader, body.name, number)
    return outcomes.Done()


@router.patch("", dependencies=[Changing], responses=failures(415))
def rename(site: Here, name: Name, body: schemas.RenameIn) -> outcomes.Done:
    """Rename a collection."""
    site.library.rename_collection(site.reader, name, body.name)
    return outcomes.Done()


@router.delete("", dependencies=[Changing], responses=failures(404, 415))
def remove(
    site: Here, name: Name, paper: Annotated[str, Query(max_length=500, description="take out only this paper")] = ""
) -> outcomes.CollectionDeleted:
    """Delete a collection, or remove one paper from it; the papers stay in the library.

    Without `paper` the answer has the papers of the collection and the number by which the deletion can be restored.
    """
    if paper:
        site.library.uncollect(site.reader, name, site.library.resolve(paper))
        return outcomes.CollectionDeleted()
    ids = site.library.collections(site.reader).get(name, ())
    number = site.library.delete_collection(site.reader, name)
    return outcomes.CollectionDeleted(papers=ids, deletion=number)


@router.post("/{name:path}", dependencies=[Changing], responses=failures(404, 415))
def collect(site: Here, name: str, body: schemas.PaperIn) -> outcomes.Done:
    """Add a paper to a collection; a missing one is created."""
    site.library.collect(site.reader, name, site.library.resolve(body.paper))
    return outcomes.Done()


@router.delete("/{name:path}", dependencies=[Changing], responses=failures(404, 415))
def remove_by_path(site: Here, name: str) -> outcomes.CollectionDeleted:
    """Delete a collection (NAME), or remove a paper from it (NAME/papers/PAPER)."""
    names = site.library.collections(site.reader)
    if name in names:
        return remove(site, name, "")
    collection, paper = _split(site, name)
    return remove(site, collection, paper)


def _split(site: Site, path: str) -> tuple[str, str]:
    """(collection, paper) of NAME/papers/PAPER, where NAME may contain `/papers/` itself."""
    parts = path.split("/papers/")
    for position in range(len(parts) - 1, 0, -1):
        name = "/papers/".join(parts[:position])
        if name in site.library.collections(site.reader):
            return name, "/papers/".join(parts[position:])
    raise UsageError(f"no collection named {path!r}; create it first")
