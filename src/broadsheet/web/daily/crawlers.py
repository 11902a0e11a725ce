"""What crawlers are told: which pages to leave alone, and where the closed editions are."""

from __future__ import annotations

from datetime import date
from xml.sax.saxutils import escape

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.community.periods import FIRST_YEAR, LAST_YEAR, Kind, period_of
from broadsheet.web.daily.archive import kept
from broadsheet.web.site import Here

__all__ = ["router"]

_MOST = 20_000  # addresses of a site map, which may have 50,000
_CLOSED = (
    *("/search", "/similar", "/api/", "/paper/*/export/", "/papers/export/", "/papers/*?field="),
    *("/papers?field=", "/for-you", "/library", "/sign-in", "/account"),
)

router = APIRouter(include_in_schema=False)


@router.get("/robots.txt")
def robots(request: Request, site: Here) -> Response:
    """Crawlers may read a community's papers and editions; a private library is none of their business."""
    if not site.community.has_accounts:
        return PlainTextResponse("User-agent: *\nDisallow: /\n")
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _CLOSED), "Crawl-delay: 2", ""]
    return PlainTextResponse("\n".join([*lines, f"Sitemap: {site.base_url(request)}/sitemap.xml", ""]))


@router.get("/sitemap.xml")
def sitemap(request: Request, site: Here) -> Response:
    """The closed days with papers, their weeks and months."""
    base = site.base_url(request)
    editions = site.community.editions
    counts = editions.counts(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31))
    rows = [row for row in editions.closed(min(counts), max(counts)) if row.day in counts] if counts else []
    changed = {}
    for row in rows[-_MOST:]:
        for kind in (Kind.day, Kind.week, Kind.month):
            changed[period_of(kind, row.day).path] = row.closed_at
    urls = "".join(
        f"<url><loc>{escape(base + path)}</loc><lastmod>{at:%Y-%m-%dT%H:%M:%SZ}</lastmod></url>\n"
        for path, at in changed.items()
        if at is not None
    )
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{space}">\n{urls}</urlset>\n'
    return kept(request, Response(body, media_type="application/xml"))
