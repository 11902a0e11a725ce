"""Presenters: the library's records turned into what templates print. Pure functions that read no library."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import quote, urlencode, urlsplit

from broadsheet.kit.paper import Paper
from broadsheet.pipeline.results import FeedItem, Reason, Result, Span, Stored

__all__ = [
    "Card",
    "Link",
    "Mark",
    "Piece",
    "card",
    "changed_fields",
    "clamp",
    "coins",
    "day",
    "feed_card",
    "links",
    "published",
    "reason_pieces",
    "search_card",
    "search_link",
    "web_url",
]

_AUTHORS_SHOWN = 4
_LEAD_CHARACTERS = 340
_SENTENCE_END = re.compile(r"[.?!]['\")\]]?\s")
_RESOLVERS = (  # (label, identifier scheme, address of its page)
    ("arXiv", "arxiv", "https://arxiv.org/abs/"),
    ("DOI", "doi", "https://doi.org/"),
    ("ACL Anthology", "acl", "https://aclanthology.org/"),
    ("OpenReview", "openreview", "https://openreview.net/forum?id="),
    ("PubMed", "pmid", "https://pubmed.ncbi.nlm.nih.gov/"),
    ("OpenAlex", "openalex", "https://openalex.org/"),
    ("Semantic Scholar", "s2", "https://www.semanticscholar.org/paper/"),
)


@dataclass(frozen=True, slots=True)
class Link:
    """A labelled address; always http or https."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a sentence, linked when `href` is set."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """What the reader has said about one paper."""

    saved: bool = False
    rating: int = 0  # -1, 0, +1
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One paper in a list, ready to print."""

    id: int
    title: tuple[Span, ...]
    name: str  # the title as plain text, for labels
    kicker: tuple[str, ...]  # venue or category, and date
    byline: str
    lead: tuple[Span, ...]
    rest: str  # what unfolds
    rest_label: str
    coins: str
    mark: Mark
    reasons: tuple[tuple[Piece, ...], ...] = ()
    matched: tuple[str, ...] = ()
    share: int | None = None  # lexical share of the score in percent
    position: int | None = None
    policy: str = ""
    retracted: bool = False


def web_url(url: str) -> str:
    """The address if a browser may safely follow it (http or https with a host), else an empty string."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    return url.strip() if parts.scheme in ("http", "https") and parts.netloc else ""


def day(when: date | datetime) -> str:
    """A date as people write it: 3 Nov 2026."""
    return f"{when.day} {when:%b %Y}"


def published(paper: Paper) -> str:
    """The most exact date known, as text; the year alone where no day is known; else empty."""
    known = paper.announced or paper.submitted or paper.updated
    return day(known) if known else str(paper.year or "")


def clamp(text: str, limit: int = _LEAD_CHARACTERS) -> tuple[str, str]:
    """Split a text into what is shown and what unfolds; whole sentences where that leaves at least half of `limit`."""
    text = text.strip()
    if len(text) <= limit * 5 // 4:
        return text, ""
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, limit)]
    if ends and ends[-1] >= limit // 2:
        return text[: ends[-1]].rstrip(), text[ends[-1] :]
    cut = text.rfind(" ", 0, limit)
    cut = cut if cut > 0 else limit
    return text[:cut].rstrip() + " …", "… " + text[cut:].lstrip()


def byline(paper: Paper) -> str:
    """The first authors by name and how many more; only their number and organisation where that is all we know."""
    names = [person.name for person in paper.authors]
    if not names:
        count, organisation = paper.extra.get("author_count"), paper.extra.get("organisation")
        known = f"{count} author{'s' if count != 1 else ''}" if isinstance(count, int) and count > 0 else ""
        return ", ".join(part for part in (known, organisation) if isinstance(part, str) and part)
    if len(names) <= _AUTHORS_SHOWN + 1:
        return ", ".join(names)
    return f"{', '.join(names[:_AUTHORS_SHOWN])} and {len(names) - _AUTHORS_SHOWN} more"


def kicker(paper: Paper) -> tuple[str, ...]:
    """What stands above a title: venue (else the primary category), then the date."""
    place = paper.venue or (paper.categories[0] if paper.categories else "")
    when = published(paper)
    if paper.venue and when and when in paper.venue:
        when = ""  # "NeurIPS 2024 · 2024" says it twice
    return tuple(part for part in (place, when) if part)


def links(paper: Paper) -> tuple[Link, ...]:
    """Where the paper lives elsewhere: one link for every identifier, the PDF, and other safe addresses."""
    found = []
    for label, scheme, address in _RESOLVERS:
        if value := getattr(paper.ids, scheme):
            found.append(Link(label, address + quote(value, safe="/:().;_-")))
    if pdf := web_url(paper.pdf_url):
        found.append(Link("PDF", pdf))
    elif paper.ids.arxiv:
        found.append(Link("PDF", f"https://arxiv.org/pdf/{quote(paper.ids.arxiv, safe='/.-')}"))
    known = {link.href for link in found}
    for url in map(web_url, paper.urls):
        if url and url not in known:
            known.add(url)
            found.append(Link(urlsplit(url).netloc.removeprefix("www."), url))
    return tuple(found)


def search_link(field: str, value: str) -> str:
    """The address of a search for one field: /search?q=author:"Ada Lovelace"."""
    return "/search?" + urlencode({"q": f'{field}:"{value.replace(chr(34), " ")}"' if field else value})


def coins(paper: Paper) -> str:
    """The OpenURL context object (COinS) that reference managers read from a list page."""
    fields = [("ctx_ver", "Z39.88-2004"), ("rft_val_fmt", "info:ofi/fmt:kev:mtx:dc"), ("rft.title", paper.title)]
    fields += [("rft.creator", person.name) for person in paper.authors]
    if when := paper.announced or paper.submitted:
        fields.append(("rft.date", when.isoformat()))
    elif paper.year:
        fields.append(("rft.date", str(paper.year)))
    if paper.venue:
        fields.append(("rft.source", paper.venue))
    if paper.ids.doi:
        fields.append(("rft.identifier", f"info:doi/{paper.ids.doi}"))
    fields += [("rft.identifier", link.href) for link in links(paper)[:1]]
    fields.append(("rft.type", paper.kind or "preprint"))
    return urlencode(fields)


def reason_pieces(reason: Reason, titles: Mapping[int, str]) -> tuple[Piece, ...]:
    """A reason as a sentence in which the paper it speaks of is linked; all of it where the title is not spelt out."""
    text = reason.text[:1].upper() + reason.text[1:]
    if reason.paper_id is None:
        return (Piece(text),)
    href = f"/paper/{reason.paper_id}"
    before, title, after = text.partition(titles.get(reason.paper_id) or "\0")
    if not title:
        return (Piece(text, href),)
    return tuple(piece for piece in (Piece(before), Piece(title, href), Piece(after)) if piece.text)


def card(stored: Stored, mark: Mark) -> Card:
    """A paper in a plain list. A summary comes before the abstract, which then unfolds whole."""
    paper = stored.paper
    if paper.summary:
        lead, rest = paper.summary.strip(), paper.abstract.strip()
    else:
        lead, rest = clamp(paper.abstract)
    title = paper.title.strip() or "Untitled"
    return Card(
        id=stored.id,
        title=(Span(title),),
        name=title,
        kicker=kicker(paper),
        byline=byline(paper),
        lead=(Span(lead),) if lead else (),
        rest=rest,
        rest_label="Abstract" if paper.summary else "Read on",
        coins=coins(paper),
        mark=mark,
        retracted=paper.is_retracted,
    )


def search_card(result: Result, mark: Mark) -> Card:
    """A search hit: highlighted title and snippet, and where its score came from."""
    base = card(result.stored, mark)
    total = result.lexical + result.semantic
    share = round(100 * result.lexical / total) if total > 0 and math.isfinite(total) else None
    paper = result.stored.paper
    snippet = tuple(span for span in result.snippet if span.text)
    whole = (paper.abstract or paper.summary).strip()
    if snippet and "".join(span.text for span in snippet).strip() == whole:
        whole = ""  # the snippet is all there is to show
    return replace(
        base,
        title=result.title or base.title,
        lead=snippet or base.lead,
        rest=whole if snippet else base.rest,
        rest_label=("Abstract" if paper.abstract else "Summary") if snippet else base.rest_label,
        matched=(*result.matched, *(f"{asked} ≈ {there}" for asked, there in result.near)),
        share=share,
        reasons=tuple(reason_pieces(reason, {}) for reason in result.reasons),
    )


def feed_card(item: FeedItem, policy: str, titles: Mapping[int, str]) -> Card:
    """A paper on the reader's page, with the reasons it is there."""
    base = card(item.stored, Mark(item.saved, item.rating))
    reasons = tuple(reason_pieces(reason, titles) for reason in item.reasons)
    return replace(base, reasons=reasons, position=item.position, policy=policy)


def changed_fields(older: Paper, newer: Paper) -> tuple[str, ...]:
    """What differs between two versions, in words a reader uses."""
    names: Iterable[tuple[str, str]] = (
        ("title", "title"),
        ("abstract", "abstract"),
        ("authors", "authors"),
        ("venue", "venue"),
        ("comments", "comments"),
        ("version", "version"),
        ("keywords", "keywords"),
        ("categories", "categories"),
        ("ids", "identifiers"),
        ("is_retracted", "retraction"),
    )
    differing = tuple(word for name, word in names if getattr(older, name) != getattr(newer, name))
    return differing or ("dates or other details",)


def page_numbers(page: int, size: int, shown: int, total: int, last: int) -> Sequence[int | None]:
    """(previous, next) page numbers, None where there is none."""
    more = shown == size and page * size < total and page < last
    return (page - 1 if page > 1 else None, page + 1 if more else None)
