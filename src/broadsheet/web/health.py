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
    """Report that the server runs; reveals nothing about the library."""
    return {"status": "ok"}


@router.get("/favicon.ico")
def favicon() -> Response:
    """The icon at the address that browsers and feed readers request by default."""
    headers = {"Cache-Control": "public, max-age=86400"}
    return FileResponse(FOLDER / "static" / "favicon.ico", media_type="image/x-icon", headers=headers)
