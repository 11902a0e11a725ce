"""The responses of the JSON API: papers, searches and feeds. Field names are those of the library's records."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import BaseModel, ConfigDict

from broadsheet.pipeline.paper_json import library_json
from broadsheet.pipeline.records import FeedItem, FeedPage, Reason, Result, SearchPage, Stored
from broadsheet.pipeline.search.parser import parse
from broadsheet.pipeline.search.query_edit import parts_json

__all__ = ["Content", "Feed", "Out", "Paper", "Search", "Version"]


class Out(BaseModel):
    """A response of the API, made from a record of the library."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Person(Out):
    """An author as named on one paper."""

    name: str
    given: str = ""
    family: str = ""
    orcid: str = ""
    suffix: str = ""
    is_group: bool = False
    affiliations: tuple[str, ...] = ()


class Content(Out):
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
    submitted: dt.date | None
    announced: dt.date | None
    updated: dt.date | None
    version: int | None
    comments: str
    licence: str
    is_retracted: bool
    citations: int | None
    language: str


class PaperSource(Out):
    """Where a paper came from, and its id there."""

    source: str
    id: str


class Paper(Content):
    """A paper of the library. `id` is its number in the library; addresses are http or https. `ids` equals
    `identifiers`, and `sources` equals `source_ids`; `extra` has all other fields."""

    id: int
    ids: dict[str, str]
    identifiers: dict[str, str]
    author_names: tuple[str, ...]
    date: dt.date | None
    urls: tuple[str, ...]
    pdf_url: str
    added_at: dt.datetime
    sources: tuple[PaperSource, ...]
    source_ids: tuple[tuple[str, str], ...]
    extra: dict[str, Any]

    @classmethod
    def of(cls, stored: Stored) -> Paper:
        """From the library's record."""
        return cls.model_validate(library_json(stored))


class Version(Out):
    """An earlier version of a paper."""

    number: int
    recorded_at: dt.datetime
    content: Content


class TextSpan(Out):
    """A part of a text; `matched` if it matches the query."""

    text: str
    matched: bool


class Why(Out):
    """One reason why a paper is on a page."""

    kind: str
    text: str
    weight: float
    paper_id: int | None
    terms: tuple[str, ...]
    interest: str = ""

    @classmethod
    def of(cls, reason: Reason) -> Why:
        """From the library's record."""
        return cls.model_validate(reason)


class Hit(Out):
    """One search result. `rank` counts from 1; `lexical` + `semantic` = 1 are the shares of the score; `reasons`, if
    any, explain it better; `highlights` are the matched parts of title and snippet."""

    rank: int
    paper: Paper
    score: float
    lexical: float
    semantic: float
    title: tuple[TextSpan, ...]
    snippet: tuple[TextSpan, ...]
    matched: tuple[str, ...]
    near: tuple[tuple[str, str], ...] = ()
    reasons: tuple[Why, ...] = ()
    highlights: tuple[str, ...] = ()

    @classmethod
    def of(cls, rank: int, result: Result) -> Hit:
        """From the library's record and its place among all results."""
        return cls(
            rank=rank,
            paper=Paper.of(result.stored),
            score=result.score,
            lexical=result.lexical,
            semantic=result.semantic,
            title=tuple(map(TextSpan.model_validate, result.title)),
            snippet=tuple(map(TextSpan.model_validate, result.snippet)),
            matched=result.matched,
            near=result.near,
            reasons=tuple(map(Why.of, result.reasons)),
            highlights=tuple(span.text for span in (*result.title, *result.snippet) if span.matched),
        )


class Correction(Out):
    """A word of the query that was searched in another spelling."""

    typed: str
    used: str


class Expansion(Out):
    """Words searched beside those typed: an acronym's long form, or its acronym; `papers` define one by the other."""

    typed: str
    also: str
    papers: int


class FacetValue(Out):
    """A filter that the query can take, `kind:"value"`, and how many of its papers it would leave."""

    kind: str
    value: str
    label: str
    count: int


class Facets(Out):
    """How the `counted` papers of a query are distributed: those that match, or, with `are_nearest`, the nearest.

    `notes` say what the counts lack.
    """

    counted: int
    are_nearest: bool
    values: tuple[FacetValue, ...]
    notes: tuple[str, ...] = ()


class QueryPart(Out):
    """A stretch of the query: what it means (`kind`, as in the query language), and the query `without` it."""

    kind: str
    value: str
    negated: bool
    without: str


class Search(Out):
    """A page of search results after the first `offset`. `total` papers satisfy the filters, about `matching` of these
    have all the words; `notes` list what was ignored or corrected; `liked` are the papers that the query names; `parts`
    say how the query was read."""

    query: str
    total: int
    matching: int
    offset: int = 0
    notes: tuple[str, ...]
    seconds: float
    liked: tuple[int, ...] = ()
    corrections: tuple[Correction, ...] = ()
    also: tuple[Expansion, ...] = ()
    order: str = ""  # date, votes or citations; "" is relevance
    parts: tuple[QueryPart, ...] = ()
    facets: Facets | None = None
    results: tuple[Hit, ...]

    @classmethod
    def of(cls, page: SearchPage, offset: int = 0) -> Search:
        """From the library's record."""
        results = tuple(Hit.of(rank, result) for rank, result in enumerate(page.results, start=offset + 1))
        liked = tuple(stored.id for stored in page.liked)
        return cls(
            query=page.query,
            total=page.total,
            matching=page.matching,
            offset=offset,
            notes=page.notes,
            seconds=page.seconds,
            liked=liked,
            corrections=tuple(map(Correction.model_validate, page.corrections)),
            also=tuple(map(Expansion.model_validate, page.also)),
            order=page.order,
            parts=tuple(map(QueryPart.model_validate, parts_json(parse(page.query)))),
            facets=Facets.model_validate(page.facets) if page.facets else None,
            results=results,
        )


class Item(Out):
    """One paper on the reader's page; `position` counts from 1."""

    paper: Paper
    position: int
    score: float
    reasons: tuple[Why, ...]
    saved: bool
    rating: int
    is_new: bool

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
            is_new=item.is_new,
        )


class Feed(Out):
    """A reader's page. `cold`: nothing is known about the reader yet. `policy` names the ranking.

    `visited` is the end of the last visit, `arrived` how many papers came since, `passed` how many were shown in
    vain and do not come back; `muted` says what took papers out that fit, and how many.
    """

    reader: str
    policy: str
    cold: bool
    seconds: float
    more_like: tuple[str, ...]
    less_like: tuple[str, ...]
    visited: dt.datetime | None
    arrived: int
    passed: int
    muted: tuple[tuple[str, int], ...]
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
            visited=page.visited,
            arrived=page.arrived,
            passed=page.passed,
            muted=tuple((one.by, one.papers) for one in page.muted),
            items=tuple(map(Item.of, page.items)),
        )
