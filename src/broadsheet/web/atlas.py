"""The map of the library: its page, its regions with their papers and years, and what the map's script asks for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.pipeline.atlas.regions import ZOOMS
from broadsheet.pipeline.atlas.tiles import LEVELS
from broadsheet.pipeline.atlas.view import AtlasView, Region, YearCount
from broadsheet.web import presenters
from broadsheet.web.daily.ballots import with_ballots
from broadsheet.web.site import Here, Site

__all__ = ["router"]

_SIZE = 16  # papers on a page of a region; it stays below 150 kB
_LAST = 500
_MARKED = 5000  # papers marked at once, at most
_NEW = timedelta(days=1)
_HITS = 200  # results of a query that the map lights
_GROWING = 6
_GROWN = 1.15  # growth from which a region is said to grow
_TITLES = 50  # asked for at once
_CHART = (300, 90)  # width and height of a plot
_TILE = "application/octet-stream"

router = APIRouter(include_in_schema=False)


def _view(site: Site) -> AtlasView:
    """The map. Raises 404 where there is none, or none that can be used."""
    view = site.library.atlas.open()
    if view is None:
        raise HTTPException(404, "There is no map of this library yet; the list of papers is the search page.")
    return view


@router.get("/atlas")
def atlas(
    request: Request,
    site: Here,
    q: Annotated[str, Query(max_length=500)] = "",
    region: Annotated[int | None, Query(ge=0, le=2**53)] = None,
) -> Response:
    """The map; with `q` the results of a query are lit, with `region` it opens there."""
    view = site.library.atlas.open()
    store = site.library.atlas
    context: dict[str, Any] = {"view": view, "problem": store.problem, "q": q, "region": None, "regions": []}
    if view is not None:
        inner = view.inside(None)
        growing = [r for r in view.inside(None, 1) if (r.growth or 0) >= _GROWN]
        context |= {
            "region": view.region(region) if region is not None else None,
            "regions": [(one, _chart(view.trend(one.number))) for one in inner],
            "growing": sorted(growing, key=lambda one: -(one.growth or 0))[:_GROWING],
            "first_year": view.year_span[0],
            "last_year": view.year_span[1],
            "data": _map_data(view),
        }
    return site.page(request, "atlas/map.html", context)


def _map_data(view: AtlasView) -> dict[str, Any]:
    """What the script needs first: how deep the tiles go, and the coarsest regions."""
    return {
        "stamp": _stamp(view),
        "depth": view.tiles.depth,
        "regions": _told(view, 0),
        "outer": _outer(view),
    }


def _stamp(view: AtlasView) -> str:
    """Changes with the papers of the map, so that browsers keep tiles."""
    return f"{len(view)}-{view.snapshot.manifest.seq}-{int(view.atlas.numbers.max(initial=0))}"


def _told(view: AtlasView, zoom: int) -> list[list[Any]]:
    """The regions of a zoom, those with most papers first: number, name, papers, x and y in thousandths."""
    found = view.inside(None, zoom)
    return [[r.number, _short(r), r.papers, round(1000 * r.x), round(1000 * r.y)] for r in found]


def _short(region: Region) -> str:
    """What stands on the map: two phrases at most."""
    return ", ".join(region.phrases[:2]) or region.name


def _outer(view: AtlasView) -> list[int]:
    """The region of the coarsest zoom around each of the finest, as places in the stored list."""
    atlas = view.atlas
    leaves = (atlas.zooms == ZOOMS - 1).nonzero()[0]
    return [int(atlas.parents[atlas.parents[at]]) for at in leaves.tolist()]


@router.get("/atlas/names/{zoom:int}")
def names(site: Here, zoom: int) -> Response:
    """The regions of a finer zoom, asked for when one looks near."""
    return _kept(JSONResponse(_told(_view(site), zoom)))


@router.get("/atlas/tiles/{zoom:int}/{x:int}/{y:int}")
def tile(site: Here, zoom: int, x: int, y: int) -> Response:
    """The papers of a tile, as tiles.py writes them."""
    if not (zoom < LEVELS and x < 1 << zoom and y < 1 << zoom):
        raise HTTPException(404, "The map has no such tile.")
    return _kept(Response(_view(site).tiles.tile(zoom, x, y), media_type=_TILE))


def _kept(response: Response) -> Response:
    """An answer whose address names the state of the map: a browser may keep it."""
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response


@router.get("/atlas/points/{kind}")
def points(
    site: Here, kind: Literal["saved", "new", "found"], q: Annotated[str, Query(max_length=500)] = ""
) -> Response:
    """Papers to mark, as a tile: the reader's saves, what came in the last day, or the results of a query."""
    view = _view(site)
    papers: Sequence[int] = ()
    if kind == "saved" and site.reader:
        papers = sorted(site.library.state(site.reader).saved, reverse=True)[:_MARKED]
    elif kind == "new":
        papers = new_papers(site, view)
    elif kind == "found" and q.strip():
        papers = [int(number) for number in site.library.search_ids(q, _HITS).ids]
    return Response(view.encode(papers), media_type=_TILE)


def new_papers(site: Site, view: AtlasView) -> list[int]:
    """The papers on the map that came in the last day; none where all did, or more than can be told apart."""
    last = site.library.catalogue.papers.last_number_at(site.library.now() - _NEW)
    found = [int(number) for number in view.ids[view.ids > last]]
    return sorted(found, reverse=True) if len(found) < min(len(view), _MARKED) else []


@router.get("/atlas/titles")
def titles(site: Here, ids: Annotated[str, Query(max_length=1000)]) -> Response:
    """The titles of these papers, by number, for who points at them."""
    numbers = [int(one) for one in ids.split(",") if one.isascii() and one.isdecimal() and len(one) < 16][:_TITLES]
    return JSONResponse({stored.id: presenters.tab(stored.paper.title, 160) for stored in site.library.papers(numbers)})


@router.get("/atlas/papers/{number:int}")
def paper(site: Here, number: int) -> Response:
    """The card of a paper, with the regions around it."""
    view, stored = _view(site), site.library.paper(number)
    [card] = with_ballots(site, [presenters.card(stored, site.marks([stored.id])[stored.id])])
    return site.fragment("atlas/card.html", {"item": card, "path": view.path_of(stored.id), "back": "/atlas"})


@router.get("/atlas/regions/{number:int}")
def region(request: Request, site: Here, number: int, page: Annotated[int, Query(ge=1, le=_LAST)] = 1) -> Response:
    """A region: its years, the regions in it, its papers, the newest first."""
    view = _view(site)
    found = view.region(number)
    if found is None:
        raise HTTPException(404, f"The map has no region {number}.")
    ids = view.papers_in(number).tolist()
    shown = site.library.papers(ids[(page - 1) * _SIZE : page * _SIZE])
    marks = site.marks(stored.id for stored in shown)
    before, after = presenters.page_numbers(page, _SIZE, len(shown), len(ids), _LAST)
    trend = view.trend(number)
    inner = [one for one in view.inside(number) if one.papers < found.papers]
    context = {
        "region": found,
        "path": view.path(number)[:-1],
        "inner": [(one, _chart(view.trend(one.number))) for one in inner],
        "trend": trend,
        "counts": _chart(trend),
        "shares": _chart(trend, by_share=True),
        "cards": with_ballots(site, [presenters.card(stored, marks[stored.id]) for stored in shown]),
        "page": page,
        "before": before,
        "after": after,
    }
    return site.page(request, "atlas/region.html", context)


def _chart(trend: Sequence[YearCount], *, by_share: bool = False) -> dict[str, Any]:
    """A plot of a trend, a bar a year: (x, y, width, height) of each bar, and what its ends are called."""
    width, height = _CHART
    values = [one.share if by_share else float(one.papers) for one in trend]
    most, step = max(values, default=0) or 1, width / max(len(values), 1)
    tall = [round(height * value / most, 1) for value in values]
    bars = [(round(i * step, 1), round(height - high, 1), round(step * 0.8, 1), high) for i, high in enumerate(tall)]
    return {
        "width": width,
        "height": height,
        "bars": [bar for bar in bars if bar[3] > 0],
        "first": trend[0].year if trend else "",
        "last": trend[-1].year if trend else "",
        "most": f"{100 * most:.1f} %" if by_share else f"{most:,.0f}",
    }
