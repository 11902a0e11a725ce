"""The pages of earlier days: the papers shown to the reader on that day, in their present state."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, HTTPException
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.web import presenters
from broadsheet.web.daily.ballots import with_ballots
from broadsheet.web.site import Here

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/day/{text}")
def earlier(request: Request, site: Here, text: str) -> Response:
    """The papers of one day (UTC), such as 2026-11-27; today redirects to the front page. Raises 404."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise HTTPException(404, f"{text[:40]!r} is no day; write it as 2026-11-27.") from None
    today = site.library.now().date()
    if day == today:
        return RedirectResponse(site.own_page, 307)
    papers = site.library.shown_on(site.reader, day)
    marks = site.marks(stored.id for stored in papers)
    before, after = site.library.days_around(site.reader, day)
    context = {
        "day": day,
        "cards": with_ballots(site, [presenters.card(stored, marks[stored.id]) for stored in papers]),
        "before": before,
        "after": after if after is None or after < today else today,
        "today": today,
    }
    return site.page(request, "day.html", context, here="today")
