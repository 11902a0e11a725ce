"""Notes and highlights of a reader in the JSON API; a note is written as a comment with the audience "me"."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from broadsheet.catalogue.highlights import Highlight
from broadsheet.community.comments import ME
from broadsheet.kit.paper import Paper
from broadsheet.kit.passages import LONGEST, locate
from broadsheet.web.api import PREFIX, only_json
from broadsheet.web.daily.comments_api import CommentOut
from broadsheet.web.daily.threads import said
from broadsheet.web.models import Out
from broadsheet.web.outcomes import failures
from broadsheet.web.schemas import In
from broadsheet.web.site import Here, Site

__all__ = ["router"]

router = APIRouter(prefix=PREFIX, tags=["notes"], dependencies=[Depends(only_json)], responses=failures(400, 404))


class PassageIn(In):
    """Words of the title or abstract, as they stand there."""

    quote: Annotated[str, Field(min_length=1, max_length=LONGEST)]


class HighlightOut(Out):
    """A passage that the reader marked; `start` and `stop` in the field as it is now, null where it is gone."""

    id: int
    at: datetime
    field: Literal["title", "abstract"]
    quote: str
    start: int | None
    stop: int | None

    @classmethod
    def of(cls, one: Highlight, paper: Paper) -> HighlightOut:
        """The response for one highlight."""
        place = locate(getattr(paper, one.field), one.passage) or (None, None)
        named: Literal["title", "abstract"] = "title" if one.field == "title" else "abstract"
        return cls(id=one.id, at=one.at, field=named, quote=one.passage.quote, start=place[0], stop=place[1])


@router.get("/papers/{paper:path}/notes")
def notes(site: Here, paper: str) -> list[CommentOut]:
    """The reader's notes on a paper; nobody else sees them. `POST …/comments` with the audience "me" writes one."""
    entries = site.community.comments.thread(site.actor, site.library.resolve(paper), ME)
    return [CommentOut.of(one) for one in said(site, entries)]


@router.get("/papers/{paper:path}/highlights")
def highlights(site: Here, paper: str) -> list[HighlightOut]:
    """The passages that the reader marked in a paper."""
    return _highlights(site, site.library.resolve(paper))


@router.post("/papers/{paper:path}/highlights", responses=failures(415))
def mark(site: Here, paper: str, body: PassageIn) -> list[HighlightOut]:
    """Mark a passage; returns all of the paper."""
    number = site.library.resolve(paper)
    site.community.notes.mark(site.actor, number, body.quote)
    return _highlights(site, number)


@router.delete("/papers/{paper:path}/highlights", responses=failures(415))
def unmark(site: Here, paper: str, highlight: Annotated[int, Query(ge=1, le=2**53)]) -> list[HighlightOut]:
    """Take a mark off; returns those that are left."""
    number = site.library.resolve(paper)
    site.community.notes.unmark(site.actor, highlight)
    return _highlights(site, number)


def _highlights(site: Site, number: int) -> list[HighlightOut]:
    paper = site.library.paper(number).paper
    return [HighlightOut.of(one, paper) for one in site.community.notes.highlights(site.actor, number)]
