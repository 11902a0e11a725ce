"""The health check and the icon."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.responses import Response

from broadsheet.web.site import FOLDER

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/health")
def health() -> dict[str, str]:
    """The server runs; reveals nothing of the library."""
    return {"status": "ok"}


@router.get("/favicon.ico")
def favicon() -> Response:
    """The icon browsers and feed readers ask for without looking at the page."""
    headers = {"Cache-Control": "public, max-age=86400"}
    return FileResponse(FOLDER / "static" / "favicon.ico", media_type="image/x-icon", headers=headers)
