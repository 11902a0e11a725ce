"""Presenters: turn the library's records into the values that templates print. Pure functions, no library access."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from html import escape

from broadsheet.community.votes import Ballot
from broadsheet.kit import venues
from broadsheet.kit.central_sentence import central_sentence
from broadsheet.kit.paper import Paper
from broadsheet.kit.standing import standing
from broadsheet.pipeline.records import FeedItem, Reason, Result, Span, Stored
from broadsheet.web.facts import listed, organisations
from broadsheet.web.limits import TITLE, fitted, shortened, shortened_spans
from broadsheet.web.links import Link, author_link, card_links, coins, links, search_link
from broadsheet.web.mathematics import is_cut

__all__ = [
    "Card",
    "Mark",
    "Piece",
    "byline",
    "card",
    "clamp",
    "day",
    "feed_card",
    "moment",
    "published",
    "reason_pieces",
    "search_card",
    "tab",
    "with_mark",
]

_AUTHORS_SHOWN = 4
_LEAD_CHARACTERS = 340
_SENTENCE_END = re.compile(r"[.?!]['\")\]]?\s")
_SNIPPET = 1200  # characters


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a sentence; a link if `href` is set."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A reader's marks on one paper."""

    saved: bool = False
    rating: int = 0  # -1, 0, +1
    hidden: bool = False
    is_visitors: bool = False  # who can make none


@dataclass(frozen=True, slots=True)
class Card:
    """One paper in a list, ready to print."""

    id: int
    title: tuple[Span, ...]
    name: str  # the title as plain text, for labels
    kicker: tuple[Piece, ...]  # venue or category, and date
    byline: tuple[Piece, ...]  # authors, each a link to their page, and the text between them
    organisations: str  # of the authors, where a source names them apart
    listed: str  # when it was listed, its votes, and where
    links: tuple[Link, ...]
    lead: tuple[Span, ...]
    rest: str  # the hidden text that a click unfolds
    rest_label: str
    coins: str
    mark: Mark
    reasons: tuple[tuple[Piece, ...], ...] = ()
    matched: tuple[str, ...] = ()
    share: int | None = None  # lexical share of the score in percent
    position: int | None = None
    policy: str = ""
    standing: str = ""  # retracted or withdrawn, if it is
    is_new: bool = False  # added since the reader's last visit
    ballot: Ballot | None = None  # its votes, where a community votes


def day(date_: date) -> str:
    """A date as text: 3 Nov 2026; a time is converted to the machine's time zone first."""
    date_ = date_.astimezone() if isinstance(date_, datetime) else date_
    return f"{date_.day} {date_:%b %Y}"


def moment(when: datetime, zone: tzinfo | None = None) -> str:
    """Date and time with the zone's name: 3 Nov 2026, 14:05 CET; by default in the machine's zone."""
    local = when.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M} {local.tzname()}"


def published(paper: Paper) -> str:
    """The paper's date as text, or only its year; "" if neither is known."""
    date_ = paper.announced or paper.submitted or paper.updated
    return day(date_) if date_ else str(paper.year or "")


def clamp(text: str, limit: int = _LEAD_CHARACTERS) -> tuple[str, str]:
    """Split a text into a visible part and a hidden rest, after a sentence if that fills half of `limit`."""
    text = text.strip()
    if len(text) <= limit * 5 // 4:
        return text, ""
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, limit)]
    if ends and ends[-1] >= limit // 2 and not is_cut(text, ends[-1]):
        return text[: ends[-1]].rstrip(), text[ends[-1] :]
    cut = text.rfind(" ", 0, limit)
    cut = cut if cut > 0 else limit
    if formula := is_cut(text, cut):
        cut = formula.stop
    if not text[cut:].strip():
        return text, ""
    return text[:cut].rstrip() + " …", "… " + text[cut:].lstrip()


def tab(text: str, limit: int = 50) -> str:
    """A title cut for a browser tab: at most `limit` characters after escaping."""
    length = limit
    while length > 4 and len(escape(shortened(text, length))) > limit:
        length -= 4
    return shortened(text, length)


def byline(paper: Paper) -> str:
    """The first authors and the number of others; without names, the number of authors and their organisation."""
    if not paper.authors:
        count, organisation = paper.extra.get("author_count"), paper.extra.get("organisation")
        count_text = f"{count} author{'s' if count != 1 else ''}" if isinstance(count, int) and count > 0 else ""
        return ", ".join(part for part in (count_text, organisation) if isinstance(part, str) and part)
    return "".join(piece.text for piece in authors(paper))


def authors(paper: Paper) -> tuple[Piece, ...]:
    """The byline in pieces, each author linked to their page."""
    if not paper.authors:
        text = byline(paper)
        return (Piece(text),) if text else ()
    named = paper.authors if _all_fit(paper) else paper.authors[:_AUTHORS_SHOWN]
    pieces: list[Piece] = []
    for person in named:
        pieces += [Piece(", ")] if pieces else []
        pieces.append(Piece(person.name, author_link(person)))
    more = _number_of_authors(paper) - len(named)
    return (*pieces, Piece(f" and {more:,} more")) if more else tuple(pieces)


def _number_of_authors(paper: Paper) -> int:
    left_out = paper.extra.get("authors_left_out", 0)
    return len(paper.authors) + (left_out if isinstance(left_out, int) else 0)


def _all_fit(paper: Paper) -> bool:
    return _number_of_authors(paper) <= _AUTHORS_SHOWN + 1


def kicker(paper: Paper) -> tuple[Piece, ...]:
    """The line above a title: the venue (or the primary category) and the date."""
    venue = venues.display_name(paper.venue) or (paper.categories[0] if paper.categories else "")
    date_ = published(paper)
    if paper.venue and date_ and date_ in venue:
        date_ = ""  # avoids "NeurIPS 2024 · 2024"
    pieces = (Piece(venue, search_link("venue", venue) if paper.venue else ""), Piece(date_))
    return tuple(piece for piece in pieces if piece.text)


def reason_pieces(reason: Reason, titles: Mapping[int, str]) -> tuple[Piece, ...]:
    """A reason as a sentence with a link on the title of its paper; without the title, the whole sentence is a link."""
    text = reason.text[:1].upper() + reason.text[1:]
    if reason.interest:
        before, quote, name = text.partition("“")
        return (
            Piece(before + quote),
            Piece(shortened(name[:-1], TITLE), f"/interests#i{reason.interest}"),
            Piece(name[-1:]),
        )
    if reason.paper_id is None:
        return (Piece(shortened(text, TITLE)),)
    href = f"/paper/{reason.paper_id}"
    before, title, after = text.partition(titles.get(reason.paper_id) or "\0")
    pieces = (Piece(before), Piece(title, href), Piece(after)) if title else (Piece(text, href),)
    return tuple(replace(piece, text=shortened(piece.text, TITLE)) for piece in pieces if piece.text)


def with_mark(card: Card, mark: Mark) -> Card:
    """A card with other marks of a reader."""
    return replace(card, mark=mark)


def card(stored: Stored, mark: Mark) -> Card:
    """The card of a paper in a plain list. If it has a summary, the abstract is hidden until a click."""
    return _card(stored, fitted(stored.paper), mark)


def _card(stored: Stored, paper: Paper, mark: Mark) -> Card:
    if paper.summary:
        lead, rest = paper.summary.strip(), paper.abstract.strip()
    else:
        lead, rest = clamp(paper.abstract)
    title = paper.title.strip() or "Untitled"
    paper_links = links(paper)
    return Card(
        id=stored.id,
        title=(Span(title),),
        name=title,
        kicker=kicker(paper),
        byline=authors(paper),
        organisations=organisations(paper),
        listed=listed(paper, [source for source, _ in stored.source_ids]),
        links=card_links(paper_links),
        lead=(Span(lead),) if lead else (),
        rest=rest,
        rest_label="Abstract" if paper.summary else "Read on",
        coins=coins(paper, paper_links),
        mark=mark,
        standing=standing(stored.paper),
    )


def search_card(result: Result, mark: Mark) -> Card:
    """The card of a search result: highlighted title and snippet, and the shares of its score."""
    paper = fitted(result.stored.paper)
    base = _card(result.stored, paper, mark)
    total = result.lexical + result.semantic
    has_share = total > 0 and math.isfinite(total) and not result.reasons  # the reasons replace the share
    share = round(100 * result.lexical / total) if has_share else None
    text = (paper.abstract or paper.summary).strip()
    snippet = shortened_spans((span for span in result.snippet if span.text), _SNIPPET)
    if snippet and "".join(span.text for span in snippet).strip() == text:
        text = ""  # the snippet is the whole text
    return replace(
        base,
        title=shortened_spans(result.title, TITLE) or base.title,
        lead=snippet or base.lead,
        rest=text if snippet else base.rest,
        rest_label=("Abstract" if paper.abstract else "Summary") if snippet else base.rest_label,
        matched=(*result.matched, *(f"{word} ≈ {similar}" for word, similar in result.near)),
        share=share,
        reasons=tuple(reason_pieces(reason, {}) for reason in result.reasons),
    )


def feed_card(item: FeedItem, policy: str, titles: Mapping[int, str], written: str = "") -> Card:
    """The card of a paper on the reader's page, with its reasons, led by one sentence.

    That is `written`, a model's summary, if there is one; else the paper's own; else, of an abstract that does not fit,
    the sentence that is most like all of it.
    """
    paper = fitted(item.stored.paper)
    base = _card(item.stored, paper, Mark(item.saved, item.rating))
    if sentence := written or (central_sentence(paper.abstract) if base.rest and not paper.summary else ""):
        lead, _ = clamp(sentence)
        base = replace(base, lead=(Span(lead),), rest=paper.abstract.strip(), rest_label="Abstract")
    reasons = tuple(reason_pieces(reason, titles) for reason in item.reasons)
    return replace(base, reasons=reasons, position=item.position, policy=policy, is_new=item.is_new)


def page_numbers(page: int, size: int, shown: int, total: int, last: int) -> Sequence[int | None]:
    """(previous, next) page numbers, None where there is none."""
    more = shown == size and page * size < total and page < last
    return (page - 1 if page > 1 else None, page + 1 if more else None)
