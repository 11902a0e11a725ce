"""Papers as files: BibTeX, RIS, CSL-JSON, CSV, JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from starlette.responses import Response

from broadsheet.community.shelves import shelf_of
from broadsheet.kit.errors import UsageError
from broadsheet.kit.export_formats import MAX_RESULTS, ExportFormat
from broadsheet.web.actions import present
from broadsheet.web.search_address import Address
from broadsheet.web.search_pages import search_arguments
from broadsheet.web.search_scope import scope_of
from broadsheet.web.site import Here, Site

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

MAX_EXPORTED = 1000  # picked papers in one file


@router.get("/paper/{number:int}/export/{form}")
def one(site: Here, number: int, form: str) -> Response:
    """One paper as a file."""
    return _file(site, [site.library.paper(number).id], form, f"paper-{number}")


@router.get("/library/export/{form}")
def many(
    site: Here, form: str, shelf: str = "saved", tag: str | None = None, collection: str | None = None
) -> Response:
    """A shelf, tag or collection as a file."""
    state, collections = site.library.state(site.reader), site.library.collections(site.reader)
    heading, ids, _ = shelf_of(state, collections, shelf, tag, collection)
    return _file(site, ids, form, heading)


@router.get("/papers/export/{form}")
def picked(site: Here, form: str, pick: Annotated[list[int] | None, Query()] = None) -> Response:
    """The picked papers as a file."""
    return _file(site, present(site, pick, MAX_EXPORTED), form, "picked")


@router.get("/search/export/{form}")
def found(site: Here, form: str, address: Address) -> Response:
    """The results of a search as a file, in their order; at most MAX_RESULTS."""
    if not (address.q or address.among):
        raise UsageError("say what to search for: ?q=…")
    arguments = search_arguments(site, address, scope_of(site, address))
    page = site.library.search(address.q, MAX_RESULTS, snippets=False, **arguments)
    return _file(site, [result.stored.id for result in page.results], form, address.q[:60])


def _file(site: Site, ids: Sequence[int], form: str, name: str) -> Response:
    export_format = ExportFormat.named(form)
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower()).strip("-") or "papers"
    headers = {"Content-Disposition": f'attachment; filename="broadsheet-{plain}.{export_format.ending}"'}
    return StreamingResponse(
        site.library.export(ids, export_format), media_type=export_format.media_type, headers=headers
    )
