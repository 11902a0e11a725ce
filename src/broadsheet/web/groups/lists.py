"""Pages of a collection as a reading list: its order, sections, remarks, sharing, what it lacks, and its files."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import StreamingResponse
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.community.actor import VISITOR
from broadsheet.community.list_files import list_file
from broadsheet.community.reading_lists import LONGEST_HEADING, LONGEST_REMARK, Listing, link_path
from broadsheet.kit.errors import UsageError
from broadsheet.kit.reading_formats import READING_FORMATS, reading_format
from broadsheet.kit.reading_lists import Arrangement, Entry, ListedPaper, ReadingList
from broadsheet.sources.files.write_reading_list import PRINT_STYLE, address_of
from broadsheet.web import mathematics, presenters
from broadsheet.web.actions import Next, redirect, require_form_token
from broadsheet.web.groups.list_changes import ListChange, change_list
from broadsheet.web.not_found import refused_as_404
from broadsheet.web.search_address import PageNumber
from broadsheet.web.site import Here, Site

__all__ = ["as_file", "listing_of", "router"]

router = APIRouter(include_in_schema=False)

PAGE_SIZE = 20
MISSING = 10
_SHARED = 150  # papers of a public page; the files have all
_LAST = 1000
_STYLE = b64encode(sha256(PRINT_STYLE.encode()).digest()).decode()
_PRINT_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
NO_INDEX = {"X-Robots-Tag": "noindex, nofollow"}
Text = Annotated[str, Form(max_length=LONGEST_REMARK)]
Heading = Annotated[str, Form(max_length=LONGEST_HEADING)]


@dataclass(frozen=True, slots=True)
class Row:
    """A paper of a list as its page shows it."""

    number: int  # from 1
    card: presenters.Card
    entry: Entry


@router.get("/collections/{number:int}")
def collection(request: Request, site: Here, number: int, page: PageNumber = 1) -> Response:
    """A collection: its papers in their order, with what one may change."""
    listing = listing_of(site, number)
    order = site.community.reading_lists.arrangement(number)
    start = (page - 1) * PAGE_SIZE
    sections = list(_rows(site, order, start))
    shown = sum(len(rows) for _, rows in sections)
    before, after = presenters.page_numbers(page, PAGE_SIZE, shown, len(order.entries), _LAST)
    context = {
        "listing": listing,
        "sections": sections,
        "headings": order.sections,
        "formats": READING_FORMATS,
        "longest_heading": LONGEST_HEADING,
        "longest_remark": LONGEST_REMARK,
        "total": len(order.entries),
        "page": page,
        "before": before,
        "after": after,
        **_sharing(request, site, listing),
    }
    return site.page(request, "groups/collection.html", context, here="library")


@router.post("/collections/{number:int}", dependencies=[Depends(require_form_token)])
def change(  # noqa: PLR0913, PLR0917 - the fields of its forms
    site: Here,
    number: int,
    what: Annotated[str, Form(max_length=20)],
    paper: Annotated[str, Form(max_length=500)] = "",
    place: Annotated[str, Form(max_length=6)] = "",
    heading: Heading = "",
    to: Heading = "",
    remark: Text = "",
    name: Annotated[str, Form(max_length=100)] = "",
    group: Annotated[str, Form(max_length=18)] = "",
    may: Annotated[str, Form(max_length=10)] = "",
    after: Next = "",
) -> Response:
    """Change a collection, or whom it is shared with."""
    listing_of(site, number)
    try:
        asked = ListChange.model_validate(
            {
                **{"what": what, "paper": paper, "heading": heading, "to": to, "remark": remark, "name": name},
                **{"place": place or 0, "group": group or 0, "may_edit": may == "edit"},
            }
        )
    except ValidationError as error:
        raise UsageError(f"this change of a collection cannot be read: {error.errors()[0]['msg']}") from None
    about = change_list(site, number, asked)
    gone = what == "unshare" and name.strip() == site.reader
    codes = {"done": f"list-{what}", **({"paper": str(about)} if about else {})}
    return redirect("/library" if gone else after or f"/collections/{number}", codes, f"p{about}" if about else "")


@router.get("/collections/{number:int}/missing")
def missing(request: Request, site: Here, number: int) -> Response:
    """The papers that a collection lacks most, each with its reasons."""
    listing = listing_of(site, number)
    found = site.community.reading_lists.missing(site.reader, number, MISSING)
    marks = site.marks(one.stored.id for one in found)
    rows = [(presenters.card(one.stored, marks[one.stored.id]), one.reasons) for one in found]
    return site.page(request, "groups/missing.html", {"listing": listing, "rows": rows}, here="library")


@router.get("/collections/{number:int}/export/{form}")
def export(site: Here, number: int, form: str, notes: Annotated[bool, Query()] = False) -> Response:
    """A collection as a file; with `notes`, what the reader wrote and marked in its papers."""
    listing = listing_of(site, number)
    texts = partial(site.community.notes.texts, site.actor) if notes else None
    return as_file(site.community.reading_lists.printed(listing.collection, texts), form)


@router.get("/collections/shared/{key}")
def shared(request: Request, site: Here, key: str) -> Response:
    """A collection as everybody may read it who has its link: the same for all, without a cookie."""
    printed = _opened(site, key)
    context = {
        "printed": printed,
        "sections": list(_first_of(printed, _SHARED)),
        "left_out": max(len(printed.papers) - _SHARED, 0),
        "address_of": address_of,
        "formats": READING_FORMATS,
        "path": link_path(key),
    }
    visitor = site.visited(request, VISITOR)
    response = visitor.page(request, "groups/shared.html", context, is_public=True)
    response.headers.update(NO_INDEX)
    return response


@router.get("/collections/shared/{key}/export/{form}")
def shared_export(site: Here, key: str, form: str) -> Response:
    """A collection as a file, for everybody who has its link."""
    return as_file(_opened(site, key), form)


def as_file(printed: ReadingList, form: str) -> Response:
    """A reading list as a file; as HTML, a page that a browser prints."""
    chosen = reading_format(form)
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in printed.title.lower()).strip("-") or "papers"
    how = "inline" if chosen.name == "html" else "attachment"
    headers = {"Content-Disposition": f'{how}; filename="{plain[:80]}.{chosen.ending}"', **NO_INDEX}
    if chosen.name == "html":
        headers["Content-Security-Policy"] = _PRINT_POLICY
    pieces = list_file(printed, form, lambda text: str(mathematics.html(text)))
    return StreamingResponse(pieces, media_type=chosen.media_type, headers=headers)


def listing_of(site: Site, number: int) -> Listing:
    """A collection that whoever asks may read. Raises 404."""
    with refused_as_404():
        return site.community.reading_lists.get(site.reader, number)


def _first_of(printed: ReadingList, most: int) -> Iterator[tuple[str, Sequence[ListedPaper]]]:
    """The sections with the first papers of the whole list."""
    for section in printed.sections:
        yield section.heading, section.papers[:most]
        most = max(most - len(section.papers), 0)


def _opened(site: Site, key: str) -> ReadingList:
    with refused_as_404():
        stored = site.community.reading_lists.of_key(key)
    return site.community.reading_lists.printed(stored)


def _rows(site: Site, order: Arrangement, start: int) -> Iterator[tuple[str, list[Row]]]:
    """Each section with those of its papers that stand on the page; an empty section on the first one."""
    ids = [entry.paper_id for entry in order.entries[start : start + PAGE_SIZE]]
    papers = {stored.id: stored for stored in site.library.papers(ids)}
    marks = site.marks(papers)
    number = 0
    for heading, entries in order.by_section():
        rows = []
        for entry in entries:
            number += 1
            if entry.paper_id in papers and start < number <= start + PAGE_SIZE:
                rows.append(Row(number, presenters.card(papers[entry.paper_id], marks[entry.paper_id]), entry))
        if rows or (not entries and not start):
            yield heading, rows


def _sharing(request: Request, site: Site, listing: Listing) -> dict[str, Any]:
    """What its reader sees of the sharing; the others see nothing of it."""
    if not listing.is_own:
        return {"shares": None, "link": "", "own_groups": []}
    shares = site.community.reading_lists.shares(listing.collection.id)
    link = site.base_url(request) + link_path(shares.link_key) if shares.link_key else ""
    own = site.community.groups.of(site.actor) if site.community.has_accounts else []
    there = {number for number, _, _ in shares.groups}
    return {"shares": shares, "link": link, "own_groups": [group for group in own if group.id not in there]}
