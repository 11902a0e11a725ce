"""Everything of a reader as one archive, and an archive read in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, UploadFile
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from broadsheet.community.exchange.takeout_import import import_takeout
from broadsheet.kit.errors import UsageError
from broadsheet.kit.spool import temporary_path
from broadsheet.web.actions import redirect, require_form_token
from broadsheet.web.exchange.page import exchange_page
from broadsheet.web.exchange.takeout_job import TakeoutJob
from broadsheet.web.site import Here, Site

__all__ = ["router"]

WAIT = 3.0  # seconds that a browser waits for an archive before the page shows how far it is
router = APIRouter(include_in_schema=False)
_FORM = [Depends(require_form_token)]


@router.post("/exchange/takeout", dependencies=_FORM)
@router.post("/account/archive", dependencies=_FORM)
def make(site: Here) -> Response:
    """Make an archive of everything that is the reader's; a large one in the background."""
    job = site.takeouts.start(site.community, site.reader)
    if job.wait(WAIT):
        return _download(site, job)
    if job.error:
        raise UsageError(job.error)
    return redirect("/exchange", {"done": "takeout"}, "takeout")


@router.get("/exchange/takeout.zip")
def download(site: Here) -> Response:
    """The archive that was made; it is fetched once."""
    job = site.takeouts.of(site.community, site.reader)
    if job is None or not job.is_made:
        raise HTTPException(404, "No archive waits for you: the page Exchange makes one.")
    return _download(site, job)


@router.post("/exchange/takeout/import", dependencies=_FORM)
def bring(request: Request, site: Here, file: UploadFile | None = None) -> Response:
    """Read an archive into what the reader has here."""
    if file is None or not file.filename:
        raise UsageError("Choose the archive: a ZIP file that a Broadsheet made.")
    if site.community.has_accounts:
        site.community.accounts.limits.take("import", site.reader)
    with temporary_path("takeout.zip") as path:
        path.write_bytes(file.file.read())
        report = import_takeout(site.community, site.reader, path)
    return exchange_page(request, site, {"takeout_report": report})


@router.post("/exchange/takeout/undo", dependencies=_FORM)
def undo(site: Here, number: Annotated[int, Form(alias="import", ge=0, le=2**53)]) -> Response:
    """Take out again what an archive of the reader's brought."""
    tables = site.library.catalogue.community.exchange
    if tables.brought_by(number) != site.library.reader(site.reader).id:
        raise UsageError("You have brought no such archive, or it was taken out already.")
    undone = site.library.undo_import(number)
    codes = {"done": "unimport", "papers": str(undone.deleted)}
    return redirect("/exchange", codes, "takeout")


def _download(site: Site, job: TakeoutJob) -> Response:
    headers = {"Cache-Control": "private, no-store"}
    fetched = BackgroundTask(site.takeouts.forget, job)
    name = f"broadsheet-{site.reader if site.community.has_accounts else 'takeout'}.zip"
    return FileResponse(job.path, media_type="application/zip", filename=name, headers=headers, background=fetched)
