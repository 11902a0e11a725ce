"""Formats papers, results and reasons: as lines of text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from broadsheet.cli.output import Line, clean, jsonable
from broadsheet.kit.reader_actions import SHOWN_IN_VAIN
from broadsheet.kit.standing import standing
from broadsheet.kit.summaries import summary_of

if TYPE_CHECKING:
    from broadsheet.pipeline.feed.mix_report import MixReport
    from broadsheet.pipeline.records import Facets, FeedItem, FeedPage, Result, SearchPage, Span, Stored

__all__ = ["feed_json", "feed_lines", "mix_report_lines", "page_json", "page_lines", "paper_json", "paper_lines"]

_AUTHORS = 3  # named in a list; the rest are counted


def paper_json(stored: Stored) -> dict[str, Any]:
    """A paper in the JSON form of the API."""
    from broadsheet.pipeline.paper_json import library_json  # --help loads no pipeline

    return library_json(stored)


def page_json(page: SearchPage, offset: int) -> dict[str, Any]:
    """Search results, each a paper with its scores and reasons; `highlights` are the matched stretches."""
    from broadsheet.pipeline.search.parser import parse  # --help loads no pipeline
    from broadsheet.pipeline.search.query_edit import parts_json

    return {
        "query": page.query,
        "total": page.total,
        "matching": page.matching,
        "offset": offset,
        "seconds": page.seconds,
        "notes": list(page.notes),
        "liked": [stored.id for stored in page.liked],
        "corrections": jsonable(page.corrections),
        "also": jsonable(page.also),
        "order": page.order,
        "parts": parts_json(parse(page.query)),
        "facets": jsonable(page.facets),
        "results": [_result_json(offset + i, result) for i, result in enumerate(page.results, start=1)],
    }


def _result_json(rank: int, result: Result) -> dict[str, Any]:
    return {
        "rank": rank,
        **paper_json(result.stored),
        "score": float(result.score),
        "lexical": float(result.lexical),
        "semantic": float(result.semantic),
        "matched": list(result.matched),
        "near": [list(pair) for pair in result.near],
        "reasons": jsonable(result.reasons),
        "snippet": "".join(span.text for span in result.snippet),
        "highlights": [span.text for span in (*result.title, *result.snippet) if span.matched],
    }


def page_lines(page: SearchPage, offset: int, *, near: bool = False) -> Iterator[str | Line]:
    """Search results as text, each with its reason; the ids in brackets are arguments of other commands.

    `near`: the query consists of papers, not words.
    """
    for text in page.notes:
        yield f"note: {clean(text)}"
    for correction in page.corrections:
        meant, typed = correction.used, clean(correction.typed)
        yield f"searched for “{meant}” instead of “{typed}”; --verbatim searches for the words as typed"
    for expansion in page.also:
        yield f"also searched: {clean(expansion.also)} for “{clean(expansion.typed)}”"
    for stored in page.liked:
        yield f"like: {clean(stored.paper.title)}  [{stored.id}]"
    if not page.results:
        yield "No paper matches." if not offset else f"Nothing after the first {offset}."
    for rank, result in enumerate(page.results, start=offset + 1):
        yield _headline(rank, result.title or _plain(result.stored.paper.title), result.stored)
        yield from _byline(result.stored)
        if result.snippet:
            yield _styled("    ", result.snippet)
        yield f"    why: {_reason(result)}"
    if page.results:
        yield f"{_tally(page, near or bool(page.liked))} ({page.seconds * 1000:.0f} ms)"
    if page.facets:
        yield from _facet_lines(page.facets)


def _facet_lines(facets: Facets) -> Iterator[str]:
    """The filters that the query can take, a line a kind, each with the number of papers that would stay."""
    from broadsheet.pipeline.search.query_edit import condition_text  # --help loads no pipeline

    for _, values in groupby(facets.values, key=lambda value: value.kind):
        filters = (f"{condition_text(value.kind, value.value)} ({value.count:,})" for value in values)
        yield clean(f"narrow: {' · '.join(filters)}")
    for text in facets.notes:
        yield f"note: {clean(text)}"
    if facets.are_nearest:
        yield f"counted among the nearest {facets.counted:,} papers"


def _tally(page: SearchPage, near: bool) -> str:
    """How many papers match, as a sentence."""
    if near:
        return f"the nearest of {page.total:,} papers"
    if page.matching:
        return f"about {page.matching:,} of {page.total:,} papers match"
    return f"none of {page.total:,} papers has all the words; these are near in meaning"


def _reason(result: Result) -> str:
    if result.reasons:
        above = "“" + "".join(span.text for span in result.snippet) + "”"
        return clean("; ".join(reason.text.replace(above, "the sentence above") for reason in result.reasons))
    shares = f"words {result.lexical:.0%}, meaning {result.semantic:.0%}"
    terms = [*result.matched, *(f"{word} ≈ {similar}" for word, similar in result.near)]
    return f"{clean(', '.join(terms))} ({shares})" if terms else shares


def feed_json(page: FeedPage) -> dict[str, Any]:
    """A reader's page."""
    items = [
        {
            "position": item.position,
            **paper_json(item.stored),
            "score": float(item.score),
            "saved": item.saved,
            "rating": item.rating,
            "is_new": item.is_new,
            "reasons": jsonable(item.reasons),
        }
        for item in page.items
    ]
    head = ("reader", "policy", "cold", "seconds", "more_like", "less_like", "visited", "arrived", "passed")
    muted = [[one.by, one.papers] for one in page.muted]
    return {**{name: jsonable(getattr(page, name)) for name in head}, "muted": muted, "items": items}


def feed_lines(page: FeedPage) -> Iterator[str | Line]:
    """A reader's page for people."""
    if page.cold:
        yield "No interests known yet: save or rate a few papers, or `broadsheet reader import FILE`."
    yield from _news_lines(page)
    before = False
    for item in page.items:
        if page.visited and not item.is_new and not before:
            before = True
            yield "From before your last visit:"
        yield _headline(item.position, _plain(item.stored.paper.title), item.stored, _marks(item))
        yield from _byline(item.stored)
        for reason in item.reasons:
            yield f"    why: {clean(reason.text)}"
    for one in page.muted:
        if one.papers:
            yield f"Taken out: {one.papers:,} that fit, by {clean(one.by)}."
    if page.passed:
        yield f"Left out for good: {page.passed:,} shown on {SHOWN_IN_VAIN} days without an action."


def _news_lines(page: FeedPage) -> Iterator[str]:
    """What came since the last visit, where none of it is on the page."""
    if page.visited and not any(item.is_new for item in page.items):
        since = f"since {page.visited.astimezone():%Y-%m-%d %H:%M}"
        if page.arrived:
            yield f"Nothing new fits: {page.arrived:,} papers came {since}, and none is near what you follow."
        else:
            yield f"Nothing new: no paper came {since}."
    elif not page.items:
        yield "Nothing new to read."


def mix_report_lines(report: MixReport) -> Iterator[str]:
    """Two mixes compared by the log."""
    yield f"{report.pages:,} pages with {report.shown:,} papers, of which {report.wanted:,} were wanted; wanted a page:"
    rows = (("as it is", report.mix), ("the other mix", report.other), ("difference", report.difference))
    for label, estimates in rows:
        parts = (f"{name} {e.value:.2f} [{e.low:.2f}, {e.high:.2f}]" for name, e in estimates.items())
        yield f"{label:<14}{'  '.join(parts)}"
    yield f"{'weight':<14}{report.support.effective:.0f} of {report.shown:,} papers (effective sample size)"
    yield from (f"careful: {warning}" for warning in report.warnings)
    robust = report.difference["dr"]
    if robust.low > 0:
        yield "The other mix would have brought more."
    elif robust.high < 0:
        yield "The other mix would have brought less."
    else:
        yield "No difference is shown: the interval of dr holds 0. More pages, or more exploration, would tell."


def _marks(item: FeedItem) -> str:
    rating = {1: ", rated up", -1: ", rated down"}.get(item.rating, "")
    return f"{', saved' if item.saved else ''}{rating}"


def paper_lines(stored: Stored) -> Iterator[str | Line]:
    """One paper for people."""
    paper = stored.paper
    yield _headline(None, _plain(paper.title), stored, f", {state.upper()}" if (state := standing(paper)) else "")
    fields = (
        ("authors", "; ".join(person.name for person in paper.authors)),
        ("published", _venue_and_date(stored)),
        ("ids", ", ".join(f"{scheme}:{value}" for scheme, value in paper.ids.pairs())),
        ("keywords", ", ".join(paper.keywords)),
        ("links", " ".join(dict.fromkeys((*paper.urls, paper.pdf_url) if paper.pdf_url else paper.urls))),
        ("from", ", ".join(f"{source} {text}".strip() for source, text in stored.source_ids)),
        ("added", f"{stored.added_at:%Y-%m-%d %H:%M}"),
    )
    for name, text in fields:
        if text:
            yield f"{name + ':':<11}{clean(text)}"
    for text in (summary_of(paper), paper.abstract):
        if text:
            yield ""
            yield clean(text)


def _headline(rank: int | None, title: Iterable[Span], stored: Stored, marks: str = "") -> Line:
    head = _styled("" if rank is None else f"{rank:>2}  ", title, base="bold")
    return Line((*head.parts, (f"  [{stored.id}{marks}]", "dim")))


def _plain(text: str) -> tuple[Span, ...]:
    from broadsheet.pipeline.records import Span

    return (Span(text),)


def _styled(indent: str, spans: Iterable[Span], base: str = "") -> Line:
    parts = ((clean(span.text), "bold yellow" if span.matched else base) for span in spans)
    return Line(((indent, ""), *parts))


def _byline(stored: Stored) -> Iterator[str]:
    names = [person.name for person in stored.paper.authors]
    more = f" and {len(names) - _AUTHORS} more" if len(names) > _AUTHORS else ""
    parts = [part for part in (", ".join(names[:_AUTHORS]) + more, _venue_and_date(stored)) if part]
    if parts:
        yield f"    {clean(' · '.join(parts))}"


def _venue_and_date(stored: Stored) -> str:
    paper = stored.paper
    day = paper.announced or paper.submitted or paper.updated
    return " · ".join(part for part in (paper.venue, day.isoformat() if day else str(paper.year or "")) if part)
