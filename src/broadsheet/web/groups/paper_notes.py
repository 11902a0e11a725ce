"""Notes and highlights of a reader on the page of a paper, and the forms that make them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from starlette.responses import Response

from broadsheet.catalogue.highlights import Highlight
from broadsheet.community.comments import LONGEST, ME
from broadsheet.community.notes import spans_in
from broadsheet.kit.errors import UsageError
from broadsheet.kit.paper import Paper
from broadsheet.kit.passages import LONGEST as LONGEST_PASSAGE
from broadsheet.kit.passages import locate, with_marks
from broadsheet.pipeline.records import Span, Stored
from broadsheet.web.actions import redirect, require_form_token
from broadsheet.web.daily.threads import said
from broadsheet.web.site import Here, Site

__all__ = ["marked_text", "notes_part", "router"]

router = APIRouter(include_in_schema=False)
_BETWEEN = "\n\n"  # paragraphs of an abstract


@router.post("/papers/{number:int}/highlights", dependencies=[Depends(require_form_token)])
def mark(
    site: Here,
    number: int,
    what: Annotated[str, Form(max_length=10)] = "mark",
    quote: Annotated[str, Form(max_length=2 * LONGEST_PASSAGE)] = "",
    highlight: Annotated[int, Form(ge=0, le=2**53)] = 0,
) -> Response:
    """Mark a passage of the title or abstract, or take a mark off."""
    number = site.library.resolve(number)
    if what == "mark":
        site.community.notes.mark(site.actor, number, quote)
    elif what == "unmark":
        site.community.notes.unmark(site.actor, highlight)
    else:
        raise UsageError(f"unknown change {what!r} of highlights; choose mark or unmark")
    return redirect(f"/paper/{number}", {"done": what}, "highlights")


def notes_part(site: Site, stored: Stored) -> Mapping[str, Any]:
    """What the reader wrote and marked, and where their groups talk about the paper; nothing for a visitor."""
    if not site.reader:
        return {"notes": [], "highlights": [], "group_talk": [], "longest_passage": 0, "longest_note": 0}
    own = site.community.comments.thread(site.actor, stored.id, ME) if site.community.has_accounts else []
    talk = site.community.group_reading.talk(site.actor, stored.id)
    return {
        "notes": said(site, own),
        "highlights": [
            (one, locate(getattr(stored.paper, one.field), one.passage) is not None)
            for one in site.community.notes.highlights(site.actor, stored.id)
        ],
        "group_talk": talk,
        "longest_passage": LONGEST_PASSAGE,
        "longest_note": LONGEST,
    }


def marked_text(paper: Paper, highlights: Sequence[Highlight]) -> dict[str, Any]:
    """The title, and the abstract in paragraphs, in spans of which those that the reader marked match."""
    title = paper.title.strip() or "Untitled"
    shown = spans_in(paper, highlights, "title") if title == paper.title else []
    return {
        "title_spans": _spans(title, shown),
        "abstract_spans": list(_paragraphs(paper.abstract, spans_in(paper, highlights, "abstract"))),
    }


def _paragraphs(text: str, places: Sequence[tuple[int, int]]) -> Iterator[list[Span]]:
    at = 0
    for part in text.split(_BETWEEN) if text else ():
        end = at + len(part)
        yield _spans(part, [(max(a, at) - at, min(b, end) - at) for a, b in places if a < end and b > at])
        at = end + len(_BETWEEN)


def _spans(text: str, places: Sequence[tuple[int, int]]) -> list[Span]:
    return [Span(piece, matched) for piece, matched in with_marks(text, places)]
