"""The JSON API. Reads are GET; changes are POST (or DELETE) with Content-Type application/json."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query
from starlette.requests import Request

from broadsheet.kit.reader_actions import ReaderAction
from broadsheet.web import models, outcomes, schemas
from broadsheet.web.actions import import_text
from broadsheet.web.outcomes import failures
from broadsheet.web.search_address import Mode, QueryText, Sort
from broadsheet.web.site import Here, Site
from broadsheet.web.visits import is_own_request

__all__ = ["PREFIX", "router"]

PREFIX = "/api/v1"

Count = Annotated[int, Query(ge=1, le=100, description="how many, at most 100")]
Ids = Annotated[str, Query(max_length=5000, description="paper ids in any form, separated by commas")]


def only_json(request: Request) -> None:
    """Refuse other content types: forms of other sites cannot send JSON without a preflight request. Raises 415."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method != "GET" and media_type != "application/json":
        raise HTTPException(415, f"Send Content-Type: application/json, not {media_type[:60] or 'none'!r}.")


router = APIRouter(prefix=PREFIX, dependencies=[Depends(only_json)], responses=failures(400))


@router.get("/search", tags=["read"])
def search(  # noqa: PLR0913, PLR0917 - each parameter is one of the API
    site: Here,
    q: QueryText = "",
    k: Count = 10,
    offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
    among: Annotated[
        str | None, Query(max_length=20_000, description="restrict to these ids, or to a set such as organisation:mit")
    ] = None,
    within: Annotated[
        list[Annotated[str, Query(max_length=2000)]] | None,
        Query(max_length=10, description="restrict to what these queries list, the outermost first"),
    ] = None,
    mode: Annotated[Mode, Query(description="precise has a model read the first twenty papers")] = "default",
    limit: Annotated[int | None, Query(ge=1, le=100, description="another name of k")] = None,
    sort: Annotated[Sort, Query(description="goes before the sort: of the query")] = "",
    verbatim: Annotated[bool, Query(description="no slip is corrected, no acronym searched in full")] = False,
    facets: Annotated[bool, Query(description="count by year, venue, organisation, field, code, saved")] = False,
) -> models.Search:
    """Search; the best results first, or in another order, each with its reasons."""
    page = site.library.search(
        *(q, limit or k, offset),
        among=None if among is None else _among(site, among),
        within=within or (),
        mode=mode,
        reader=site.reader,
        sort=sort,
        verbatim=verbatim,
        facets=facets,
    )
    return models.Search.of(page, offset)


@router.get("/similar", tags=["read"], responses=failures(404))
def similar(
    site: Here,
    like: Ids,
    unlike: Annotated[str, Query(alias="not", max_length=5000)] = "",
    but: Annotated[str, Query(max_length=5000, description="words and filters: for speech, but not recognition")] = "",
    aspect: Annotated[str, Query(max_length=20, description="alike in this: task, method or result")] = "",
    among: Annotated[str | None, Query(max_length=20_000, description="restrict to these ids")] = None,
    k: Count = 10,
) -> models.Search:
    """Papers similar to those in `like` and unlike those in `not`, in one `aspect` if given.

    `but` adds words and filters that the papers must fit.
    """
    ids = None if among is None else _split(among)
    page = site.library.similar(_split(like), _split(unlike), k, among=ids, aspect=aspect, but=but)
    return models.Search.of(page)


@router.get("/papers/{paper:path}/versions", tags=["read"], responses=failures(404))
def versions(site: Here, paper: str) -> list[models.Version]:
    """Earlier versions of a paper, oldest first."""
    number = site.library.resolve(paper)
    return [
        models.Version(number=n, recorded_at=at, content=models.Content.model_validate(contents))
        for n, at, contents in site.library.versions(str(number))
    ]


@router.get("/papers/{paper:path}", tags=["read"], responses=failures(404))
def paper_by_id(site: Here, paper: str) -> models.Paper:
    """One paper, by its number in this library or any identifier."""
    return models.Paper.of(site.library.paper(paper))


@router.get("/feed", tags=["read"])
def feed(request: Request, site: Here, k: Count = 20) -> models.Feed:
    """The reader's page. Every returned paper is logged as shown, unless another site sent the request."""
    return models.Feed.of(site.library.feed(site.reader, k, log=is_own_request(request)))


@router.get("/library", tags=["read"])
def library(site: Here) -> outcomes.Kept:
    """The reader's saved, rated, hidden, opened, tagged and collected papers."""
    state = site.library.state(site.reader)
    return outcomes.Kept(
        saved=dict(state.saved),
        ratings=dict(state.ratings),
        hidden=tuple(sorted(state.hidden)),
        opened=dict(state.opened),
        tags={name: tuple(sorted(ids)) for name, ids in state.tags.items()},
        collections={name: tuple(ids) for name, ids in site.library.collections(site.reader).items()},
    )


@router.get("/tuning", tags=["read"])
def tuning(site: Here) -> outcomes.FeedMix:
    """How the reader's page is mixed."""
    return outcomes.FeedMix.model_validate(site.library.tuning(site.reader))


@router.get("/sources", tags=["look after"])
def sources(site: Here) -> list[outcomes.Source]:
    """The sources of papers, with their state and last run."""
    return [outcomes.Source.model_validate(source) for source in site.library.sources()]


@router.get("/quarantine", tags=["look after"])
def quarantine(site: Here, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> list[outcomes.Quarantined]:
    """Records that could not be read, and why."""
    return [outcomes.Quarantined.model_validate(record) for record in site.library.quarantine(limit)]


@router.get("/stats", tags=["look after"])
def stats(site: Here) -> outcomes.Stats:
    """The library in numbers."""
    return outcomes.Stats.model_validate(site.library.stats())


@router.post("/papers/{paper:path}/actions", tags=["change"], responses=failures(404, 415))
def act(site: Here, paper: str, body: schemas.ActionIn) -> outcomes.Acted:
    """Carry out an action of the reader on a paper."""
    library, policy = site.library, body.policy or "api"
    if body.action == ReaderAction.DOWN:
        left = library.act_on_page(site.reader, paper, body.action, position=body.position, policy=policy)
        return outcomes.Acted(left=left)
    library.act(site.reader, paper, body.action, body.value.strip(), position=body.position, policy=policy)
    return outcomes.Acted()


@router.post("/undo", tags=["change"], responses=failures(415))
def undo(site: Here) -> outcomes.Undone:
    """Undo the reader's last action."""
    action, paper_id = site.library.undo(site.reader) or (None, None)
    return outcomes.Undone(action=action, paper_id=paper_id)


@router.post("/tuning", tags=["change"], responses=failures(415))
def tune(site: Here, body: schemas.TuningIn) -> outcomes.FeedMix:
    """Change how the reader's page is mixed."""
    mix = site.library.tuning(site.reader)
    site.library.tune(
        site.reader,
        recency=mix.recency if body.recency is None else body.recency,
        diversity=mix.diversity if body.diversity is None else body.diversity,
        exploration=mix.exploration if body.exploration is None else body.exploration,
    )
    return tuning(site)


@router.post("/import", tags=["change"], responses=failures(415))
def import_saved(site: Here, body: schemas.ImportIn) -> outcomes.Report:
    """Add and save the papers of a text: ids, one per line, or BibTeX or RIS."""
    return outcomes.Report.of(import_text(site, body.text))


def _among(site: Site, text: str) -> list[str] | list[int]:
    """The papers that a list of ids or the name of a set names. Raises UsageError where there is no such set."""
    sets = site.community.paper_sets
    return list(sets.named(site.reader, text).ids) if text in sets else _split(text)


def _split(text: str) -> list[str]:
    return [part for part in (piece.strip() for piece in text.split(",")) if part]
