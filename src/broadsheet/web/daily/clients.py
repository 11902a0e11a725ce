"""The API of daily papers that existing clients speak: days, weeks and months of papers, search, single papers.

    GET  /api/daily_papers?date=|week=|month=&submitter=&sort=&p=&limit=
    GET  /api/papers?cursor=&limit=          GET /api/papers/search?q=&limit=
    GET  /api/papers/ID                      GET /papers/ID, /papers/ID.md
    POST /api/papers/index {"arxivId": …}

Lists are bare, an error is {"error": "…"}. An ID is an arXiv id, a DOI or our number.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, Field
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.community.accounts.limits import network_of
from broadsheet.community.paper_facts import facts_of
from broadsheet.community.periods import Kind, period_named
from broadsheet.kit.errors import UnknownPaper, UsageError
from broadsheet.pipeline.records import Stored
from broadsheet.web.accounts.common import address_of
from broadsheet.web.api import only_json
from broadsheet.web.daily import daily_json
from broadsheet.web.daily.paper_markdown import markdown_page, wants_markdown
from broadsheet.web.daily.threads import comment_html, public_comments
from broadsheet.web.site import Here, Site

__all__ = ["router"]


class _PaperName(Convertor[str]):
    """An arXiv id, a DOI or our number in a path: other addresses under /papers/ are those of pages."""

    regex = r"\d{4}\.\d{4,6}(?:v\d+)?|[a-z-]+(?:\.[A-Z]{2})?/\d{7}(?:v\d+)?|10\.\d{4,9}/.+|\d+"

    def convert(self, value: str) -> str:
        """The name as it stands."""
        return value

    def to_string(self, value: str) -> str:
        """The name as it stands."""
        return value


register_url_convertor("paper_name", _PaperName())


def counted(request: Request, site: Here) -> None:
    """Count a call of whoever asks. Raises RateLimited, answered with 429 and Retry-After."""
    most = site.library.settings.server.api_calls
    if most:
        address = network_of(address_of(request))
        caller = f"account {site.actor.account_id}" if site.actor.account_id is not None else f"from {address}"
        site.calls.take(caller, most, site.library.now())


router = APIRouter(dependencies=[Depends(counted)])


class IndexIn(BaseModel):
    """The paper to look up."""

    arxivId: str = Field(pattern=r"^\d{4}\.\d{4,6}(v\d+)?$", max_length=20)  # noqa: N815 - as clients send it


@router.get("/api/daily_papers", tags=["daily papers"])
def daily_papers(
    request: Request,
    site: Here,
    date: Annotated[str, Query(max_length=40, description="2026-11-28; without one the last day with papers")] = "",
    week: Annotated[str, Query(max_length=40, description="2026-W48")] = "",
    month: Annotated[str, Query(max_length=40, description="2026-11")] = "",
    submitter: Annotated[str, Query(max_length=200, description="who brought the papers; alone: of all days")] = "",
    sort: Annotated[Literal["publishedAt", "trending"], Query(description="newest day first, or by trend")] = (
        "publishedAt"
    ),
    p: Annotated[int, Query(ge=0, le=1_000_000, description="the page, from 0")] = 0,
    limit: Annotated[int, Query(ge=1, le=100, description="papers a page")] = 50,
) -> Response:
    """The papers of a day, a week or a month, each day in its order."""
    names = [(kind, name) for kind, name in zip(Kind, (date, week, month), strict=True) if name]
    if len(names) > 1:
        raise UsageError("give one of date, week and month")
    period = period_named(*names[0]) if names else None
    editions = site.community.editions
    brought = _brought_by(site, submitter) if submitter else []
    if period:
        entries = editions.entries(period.first, period.last)
    elif sort == "trending":
        days = timedelta(days=site.library.settings.edition.window)
        entries = editions.entries(editions.today - days, editions.today)
    else:
        entries = [] if submitter else list(editions.latest().entries)
    ids = [entry.paper_id for entry in entries if entry.paper_id is not None]
    if submitter:
        ids = [number for number in ids if number in set(brought)] if period or sort == "trending" else brought
    ids = list(dict.fromkeys(ids))
    if sort == "trending":
        ids = [trend.paper_id for trend in site.community.trends.order(ids, site.library.now())]
    return _list(request, site, site.library.papers(ids[p * limit : (p + 1) * limit]))


@router.get("/api/papers/search", tags=["daily papers"])
def search(
    request: Request,
    site: Here,
    q: Annotated[str, Query(max_length=250, description="words, or the query language")] = "",
    limit: Annotated[int, Query(ge=1, le=120)] = 20,
) -> Response:
    """The best papers for a query, by words and meaning, in the form of `/api/daily_papers`."""
    if not q.strip():
        return JSONResponse([])
    page = site.library.search(q, limit, snippets=False, reader=site.reader)
    return _list(request, site, [result.stored for result in page.results])


@router.get("/api/papers", tags=["daily papers"])
def papers(
    request: Request,
    site: Here,
    cursor: Annotated[int | None, Query(ge=1, description="from the header Link of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="papers a page")] = 50,
) -> Response:
    """All papers, the one added last first. The header `Link` has the address of the next page."""
    ids = site.library.catalogue.papers.ids()
    older = ids if cursor is None else ids[ids < cursor]
    page = [int(number) for number in older[-limit:][::-1]]
    response = _list(request, site, site.library.papers(page))
    if len(older) > limit:
        query = urlencode({"cursor": page[-1], "limit": limit})
        response.headers["Link"] = f'<{site.base_url(request)}/api/papers?{query}>; rel="next"'
    return response


@router.post("/api/papers/index", tags=["daily papers"], dependencies=[Depends(only_json)])
def index(request: Request, site: Here, body: IndexIn) -> Response:
    """Look an arXiv id up and add its paper, if it is not here already."""
    try:
        stored = site.library.paper(body.arxivId)
    except UnknownPaper:
        report = site.library.add_ids([body.arxivId])
        if not report.paper_ids:
            raise UnknownPaper(_why_not(site, body.arxivId)) from None
        stored = site.library.paper(body.arxivId)
    return _single(request, site, stored)


@router.get("/api/papers/{paper:path}", tags=["daily papers"])
def one(request: Request, site: Here, paper: str) -> Response:
    """One paper, by its arXiv id, its DOI or our number."""
    return _single(request, site, site.library.paper(paper))


@router.get("/papers/{paper:paper_name}.md", include_in_schema=False)
def as_markdown(request: Request, site: Here, paper: str) -> Response:
    """One paper as Markdown."""
    return markdown_page(request, site, site.library.paper(paper))


@router.get("/papers/{paper:paper_name}", include_in_schema=False)
def page_of(request: Request, site: Here, paper: str) -> Response:
    """To the page of a paper, or the paper as Markdown for clients that accept it."""
    stored = site.library.paper(paper)
    if wants_markdown(request):
        return markdown_page(request, site, stored)
    return RedirectResponse(f"/paper/{stored.id}", 307, headers={"Vary": "Accept"})


def _brought_by(site: Site, name: str) -> list[int]:
    """The papers of editions that somebody submitted here or elsewhere, by their present numbers."""
    tables = site.library.catalogue.community
    numbers = [number for _, number in tables.receptions.submitted_by(name)]
    live = tables.editions.live(numbers)
    return [live[number] for number in numbers if number in live]


def _list(request: Request, site: Site, stored: Sequence[Stored]) -> Response:
    facts = facts_of(site.community, stored, site.library.now())
    base = site.base_url(request)
    return JSONResponse([daily_json.list_item(facts[one.id], base) for one in stored])


def _single(request: Request, site: Site, stored: Stored) -> Response:
    facts = facts_of(site.community, [stored], site.library.now())[stored.id]
    base = site.base_url(request)
    comments = [daily_json.comment(one, str(comment_html(one.text)), base) for one in public_comments(site, stored.id)]
    return JSONResponse(daily_json.single_paper(facts, base, comments))


def _why_not(site: Site, arxiv: str) -> str:
    """Why a paper could not be looked up."""
    record = next((one for one in site.library.quarantine(20) if arxiv in one.place), None)
    return record.reason if record else f"arXiv knows no paper {arxiv}"
