"""Changed since you read it: a shelf of the library, a part of the paper page, and a feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.community.alerts.changes import Change
from broadsheet.community.shelves import shelves
from broadsheet.kit.word_difference import Piece
from broadsheet.pipeline.records import Stored
from broadsheet.web import presenters
from broadsheet.web.actions import Next, redirect, require_form_token
from broadsheet.web.feed_formats import Entry
from broadsheet.web.feeds import SIZE, Listing, feed_answer, feed_links
from broadsheet.web.search_address import LAST_PAGE, PageNumber
from broadsheet.web.site import Here, Site

__all__ = ["SHELF", "changed_page", "changes_part", "router"]

router = APIRouter(include_in_schema=False)

SHELF = "changed"
PAGE_SIZE = 20
_LONGEST = 4000  # characters of a difference in a feed


def changed_page(request: Request, site: Site, page: PageNumber) -> Response:
    """The papers that changed since their reader kept them, the last change first, with the difference of each."""
    unseen = site.community.changes.unseen(site.reader)
    start = (page - 1) * PAGE_SIZE
    shown = unseen[start : start + PAGE_SIZE]
    read = site.community.changes.read(shown)
    marks = site.marks(one.stored.id for one in read)
    before, after = presenters.page_numbers(page, PAGE_SIZE, len(shown), len(unseen), LAST_PAGE)
    context = {
        **{"total": len(unseen), "page": page, "before": before, "after": after},
        "rows": [(one, presenters.card(one.stored, marks[one.stored.id])) for one in read],
        "shelves": shelves(site.library.state(site.reader)),
        "feeds": feed_links(site, "/library/changed/feed"),
    }
    return site.page(request, "steering/changed.html", context, here="library")


@router.post("/library/changed", dependencies=[Depends(require_form_token)])
def seen(
    site: Here, paper: Annotated[int, Form(ge=0, le=2**53)] = 0, after: Next = "/library?shelf=changed"
) -> Response:
    """Note that the changes of a paper, or without a number of all, are seen."""
    site.community.changes.see(site.reader, [paper] if paper else None)
    return redirect(after, {"done": "see-changes"})


@router.get("/library/changed/feed.{form}")
def feed(request: Request, site: Here, form: str) -> Response:
    """The changes that their reader has not seen, each an entry of its own."""
    read = site.community.changes.read(site.community.changes.unseen(site.reader)[:SIZE])
    entries = [Entry(one.stored, one.line, changed_at=one.unseen.at, more=_html(one)) for one in read]
    listing = Listing("changed since you read it", f"changes:{site.reader}", "/library?shelf=changed", entries)
    return feed_answer(request, site, form, listing)


def changes_part(site: Site, stored: Stored) -> Mapping[str, Any]:
    """What changed of a paper since its reader kept it, for its page."""
    return {"change": site.community.changes.of_paper(site.reader, stored.id)}


def _html(change: Change) -> str:
    """The differences of a change as safe HTML, whole parts only."""
    parts, length = [], 0
    for part in change.differences:
        text = f"<p>{escape(part.label)}: {_marked(part.pieces, part.joint)}</p>"
        length += len(text)
        if length > _LONGEST:
            break
        parts.append(text)
    return "".join(parts)


def _marked(pieces: Sequence[Piece], joint: str) -> str:
    tags = {"same": ("", ""), "out": ("<del>", "</del>"), "in": ("<ins>", "</ins>")}
    return escape(joint).join(f"{tags[kind][0]}{escape(text)}{tags[kind][1]}" for kind, text in pieces)
