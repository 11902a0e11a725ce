"""The JSON API's shapes. Field names are those of the library's own records."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from broadsheet.pipeline.results import FeedItem, FeedPage, IngestReport, Reason, Result, SearchPage, Stored
from broadsheet.web.links import web_url

__all__ = [
    "ActionIn",
    "CollectionIn",
    "Deleted",
    "Done",
    "Failure",
    "Feed",
    "ImportIn",
    "Kept",
    "Paper",
    "PaperIn",
    "Quarantined",
    "RenameIn",
    "Report",
    "Search",
    "Source",
    "Stats",
    "Tuning",
    "TuningIn",
    "Undone",
    "Version",
]


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Person(_Out):
    """An author as named on one paper."""

    name: str
    given: str = ""
    family: str = ""
    orcid: str = ""
    affiliations: tuple[str, ...] = ()


class Content(_Out):
    """A paper's bibliographic record."""

    title: str
    abstract: str
    summary: str
    authors: tuple[Person, ...]
    year: int | None
    venue: str
    kind: str
    keywords: tuple[str, ...]
    categories: tuple[str, ...]
    submitted: date | None
    announced: date | None
    updated: date | None
    version: int | None
    comments: str
    licence: str
    is_retracted: bool
    citations: int | None


class Paper(Content):
    """A paper as the library holds it. `id` is the library's own number; addresses are http or https."""

    id: int
    identifiers: dict[str, str]
    urls: tuple[str, ...]
    pdf_url: str
    added_at: datetime
    source_ids: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, stored: Stored) -> Paper:
        """From the library's record."""
        paper = stored.paper
        return cls(
            **Content.model_validate(paper).__dict__,
            id=stored.id,
            identifiers=dict(paper.ids.pairs()),
            urls=tuple(filter(None, map(web_url, paper.urls))),
            pdf_url=web_url(paper.pdf_url),
            added_at=stored.added_at,
            source_ids=stored.source_ids,
        )


class Version(_Out):
    """An earlier version of a paper."""

    number: int
    recorded_at: datetime
    content: Content


class TextSpan(_Out):
    """A stretch of text; `matched` when it matches the query."""

    text: str
    matched: bool


class Why(_Out):
    """One reason why a paper is on a page."""

    kind: str
    text: str
    weight: float
    paper_id: int | None
    terms: tuple[str, ...]

    @classmethod
    def of(cls, reason: Reason) -> Why:
        """From the library's record."""
        return cls.model_validate(reason)


class Hit(_Out):
    """One search result. `lexical` + `semantic` = 1 are the shares of the score."""

    paper: Paper
    score: float
    lexical: float
    semantic: float
    title: tuple[TextSpan, ...]
    snippet: tuple[TextSpan, ...]
    matched: tuple[str, ...]
    near: tuple[tuple[str, str], ...] = ()
    reasons: tuple[Why, ...] = ()

    @classmethod
    def of(cls, result: Result) -> Hit:
        """From the library's record."""
        return cls(
            paper=Paper.of(result.stored),
            score=result.score,
            lexical=result.lexical,
            semantic=result.semantic,
            title=tuple(map(TextSpan.model_validate, result.title)),
            snippet=tuple(map(TextSpan.model_validate, result.snippet)),
            matched=result.matched,
            near=result.near,
            reasons=tuple(map(Why.of, result.reasons)),
        )


class Search(_Out):
    """A page of search results. `notes` say what was ignored or corrected; `liked` are the papers the query names."""

    query: str
    total: int
    notes: tuple[str, ...]
    seconds: float
    liked: tuple[int, ...] = ()
    results: tuple[Hit, ...]

    @classmethod
    def of(cls, page: SearchPage) -> Search:
        """From the library's record."""
        results = tuple(map(Hit.of, page.results))
        liked = tuple(stored.id for stored in page.liked)
        return cls(
            query=page.query, total=page.total, notes=page.notes, seconds=page.seconds, liked=liked, results=results
        )


class Item(_Out):
    """One paper on the reader's page; `position` counts from 1."""

    paper: Paper
    position: int
    score: float
    reasons: tuple[Why, ...]
    saved: bool
    rating: int

    @classmethod
    def of(cls, item: FeedItem) -> Item:
        """From the library's record."""
        return cls(
            paper=Paper.of(item.stored),
            position=item.position,
            score=item.score,
            reasons=tuple(map(Why.of, item.reasons)),
            saved=item.saved,
            rating=item.rating,
        )


class Feed(_Out):
    """A reader's page. `cold`: nothing is known of the reader yet. `policy` names the ranking that made it."""

    reader: str
    policy: str
    cold: bool
    seconds: float
    more_like: tuple[str, ...]
    less_like: tuple[str, ...]
    items: tuple[Item, ...]

    @classmethod
    def of(cls, page: FeedPage) -> Feed:
        """From the library's record."""
        return cls(
            reader=page.reader,
            policy=page.policy,
            cold=page.cold,
            seconds=page.seconds,
            more_like=page.more_like,
            less_like=page.less_like,
            items=tuple(map(Item.of, page.items)),
        )


class Kept(_Out):
    """What the reader keeps: paper ids by what was said of them."""

    saved: dict[int, datetime]
    ratings: dict[int, int]
    hidden: tuple[int, ...]
    opened: dict[int, datetime]
    tags: dict[str, tuple[int, ...]]
    collections: dict[str, tuple[int, ...]]


class Source(_Out):
    """Where papers come from and how that went."""

    name: str
    kind: str
    state: str
    last_run: datetime | None
    last_error: str
    parked_until: datetime | None
    papers: int
    cursor: str


class Quarantined(_Out):
    """A record that could not be read."""

    id: int
    at: datetime
    source: str
    place: str
    reason: str
    raw: str


class Stats(_Out):
    """The library in numbers; sizes in bytes."""

    papers: int
    readers: int
    quarantined: int
    indexed: int
    encoder: str
    index_bytes: int
    catalogue_bytes: int
    last_added: datetime | None


class Report(_Out):
    """What became of an import."""

    source: str
    read: int
    added: int
    updated: int
    unchanged: int
    merged: int
    quarantined: int
    seconds: float
    messages: tuple[str, ...]
    paper_ids: tuple[int, ...]

    @classmethod
    def of(cls, report: IngestReport) -> Report:
        """From the library's record."""
        return cls.model_validate(report)


class ActionIn(_In):
    """An action on a paper; `value` is the tag's name for tag and untag."""

    action: Literal["open", "save", "unsave", "up", "down", "unrate", "hide", "unhide", "tag", "untag"]
    value: Annotated[str, Field(max_length=200)] = ""
    position: Annotated[int | None, Field(ge=1)] = None
    policy: Annotated[str, Field(max_length=200)] = ""


class PaperIn(_In):
    """A paper, by our number or any identifier."""

    paper: Annotated[str, Field(max_length=500)]


class CollectionIn(_In):
    """A collection and the papers to put into it, by our numbers or any identifiers."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    papers: Annotated[tuple[Annotated[str | int, Field(union_mode="left_to_right")], ...], Field(max_length=1000)] = ()


class RenameIn(_In):
    """A collection's new name."""

    name: Annotated[str, Field(min_length=1, max_length=200)]


class ImportIn(_In):
    """Ids, one a line in any form, or the text of a BibTeX or RIS file."""

    text: Annotated[str, Field(min_length=1, max_length=5_000_000)]


class TuningIn(_In):
    """Weights to change, each 0..1; those left out stay."""

    recency: Annotated[float | None, Field(ge=0, le=1)] = None
    diversity: Annotated[float | None, Field(ge=0, le=1)] = None
    exploration: Annotated[float | None, Field(ge=0, le=1)] = None


class Tuning(_Out):
    """How the reader's page is mixed."""

    recency: float
    diversity: float
    exploration: float


class Done(_Out):
    """The change was made."""

    done: Literal[True] = True


class Deleted(_Out):
    """The change was made; `papers` are those that what was deleted held."""

    done: Literal[True] = True
    papers: tuple[int, ...] = ()


class Undone(_Out):
    """What was taken back; both null when there was nothing."""

    action: str | None
    paper_id: int | None


class Problem(_Out):
    """What went wrong, in words."""

    message: str


class Failure(_Out):
    """The body of every answer that is not a success."""

    error: Problem


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries of the failures a route can answer with."""
    return {status: {"model": Failure} for status in statuses}
