"""Limits on how much of one paper a page prints: a record may have megabytes, a page must not.

Every paper passes through `fitted` before it is printed. An ellipsis marks what is cut; exports and the API return
the whole record.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from broadsheet.kit.paper import Identifiers, Paper, Person
from broadsheet.pipeline.records import Span
from broadsheet.web.mathematics import is_cut

__all__ = ["LINE", "TITLE", "WHOLE_ABSTRACT", "WHOLE_AUTHORS", "fitted", "shortened", "shortened_spans"]

TITLE = 300  # characters, and so below
NAME = 150
PERSON = 80
LINE = 500  # venue, comments and the like
ADDRESS = 2000
LIST_ABSTRACT = 3000
WHOLE_ABSTRACT = 15_000
LIST_AUTHORS = 10
WHOLE_AUTHORS = 100
WORDS = 40  # keywords, categories, affiliations
KEPT = ("author_count", "organisation", "organisations", "listed", "votes")  # of `extra`, as pages print it


def shortened(text: str, limit: int) -> str:
    """Cut a text to about `limit` characters, with an ellipsis; a formula is never cut in half."""
    if len(text) <= limit:
        return text
    start = text[: limit + 2000]
    cut = start.rfind(" ", limit // 2, limit)
    cut = cut if cut > 0 else limit
    formula = is_cut(start, cut)
    return start[: formula.start if formula else cut].rstrip() + " …"


def shortened_spans(spans: Iterable[Span], limit: int) -> tuple[Span, ...]:
    """Cut spans to about `limit` characters in total."""
    out: list[Span] = []
    left = limit
    for span in spans:
        if left <= 0:
            return (*out, Span(" …"))
        out.append(Span(shortened(span.text, left), span.matched) if len(span.text) > left else span)
        left -= len(span.text)
    return tuple(out)


def fitted(paper: Paper, *, abstract: int = LIST_ABSTRACT, authors: int = LIST_AUTHORS) -> Paper:
    """The paper with every text and list cut for printing, `abstract` to characters and `authors` to a number."""
    extra = {key: paper.extra[key] for key in KEPT if key in paper.extra}
    extra = {key: shortened(value, LINE) if isinstance(value, str) else value for key, value in extra.items()}
    if len(paper.authors) > authors:
        extra["authors_left_out"] = len(paper.authors) - authors
    return replace(
        paper,
        title=shortened(paper.title, TITLE),
        abstract=shortened(paper.abstract, abstract),
        summary=shortened(paper.summary, LIST_ABSTRACT),
        authors=tuple(map(_person, paper.authors[:authors])),
        ids=_ids(paper.ids),
        venue=shortened(paper.venue, NAME),
        kind=shortened(paper.kind, NAME),
        keywords=_few(paper.keywords),
        categories=_few(paper.categories),
        comments=shortened(paper.comments, LINE),
        licence=shortened(paper.licence, LINE),
        urls=tuple(url for url in paper.urls[:WORDS] if len(url) <= ADDRESS),
        pdf_url=paper.pdf_url if len(paper.pdf_url) <= ADDRESS else "",
        extra=extra,
    )


def _ids(ids: Identifiers) -> Identifiers:
    short = {scheme: value for scheme, value in ids.pairs() if len(value) <= LINE}
    return ids if len(short) == len(tuple(ids.pairs())) else Identifiers(**short)


def _person(person: Person) -> Person:
    if len(person.name) <= PERSON and len(person.given) + len(person.family) <= PERSON and not person.affiliations:
        return person  # nearly always
    return replace(
        person,
        name=shortened(person.name, PERSON),
        given=shortened(person.given, PERSON),
        family=shortened(person.family, PERSON),
        affiliations=_few(person.affiliations),
    )


def _few(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(shortened(word, NAME) for word in tuple(words)[:WORDS])
