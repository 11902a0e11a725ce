"""Alerts: their page, the papers of each, the forms that make and change them, and their feeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.catalogue.community.alerts import Alert, Hit
from broadsheet.community.alerts.alerts import LEVELS, Rate
from broadsheet.community.mail.shapes import SHAPES
from broadsheet.kit.errors import UsageError
from broadsheet.web import presenters
from broadsheet.web.actions import redirect, require_form_token
from broadsheet.web.feed_formats import Entry
from broadsheet.web.feeds import SIZE, Listing, feed_answer, feed_links
from broadsheet.web.limits import TITLE, shortened
from broadsheet.web.search_address import LAST_PAGE, PageNumber
from broadsheet.web.site import Here, Site

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

PAGE_SIZE = 20
_WAYS = {
    "digest": "in a section of the daily mail",
    "once": "by mail at once",
    "daily": "by mail every day",
    "weekly": "by mail on Mondays",
    "no": "on this page and in the feed alone",
}
_KINDS = {
    "search": "A saved search",
    "author": "An author",
    "organisation": "An organisation",
    "cites": "Papers that cite mine",
}
Text = Annotated[str, Form(max_length=300)]
Number = Annotated[int, Form(ge=0, le=2**53)]


@router.get("/alerts")
def alerts(
    request: Request,
    site: Here,
    kind: Annotated[str, Query(max_length=20)] = "",
    target: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """All alerts of the reader, and a form for one more, which says how much it would bring."""
    parts = site.community.alerts
    made, error = None, ""
    if kind and (target.strip() or kind == "cites"):
        try:
            made = {"label": parts.label(site.reader, kind, target), "rates": parts.rates(site.reader, kind, target)}
        except UsageError as refusal:
            error = str(refusal)
    citing, papers = parts.citing_known() if kind == "cites" else (0, 0)
    context = {
        **{"rows": [_row(site, one) for one in parts.all(site.reader)], "made": made, "error": error},
        **{"kind": kind, "target": target, "kinds": _KINDS, "ways": _WAYS, "citing": citing, "recent": papers},
        "searches": [saved.name for saved in site.community.searches.all(site.reader)],
        "changed": len(site.community.changes.unseen(site.reader)),
        "mail": _mail_note(site),
    }
    return site.page(request, "steering/alerts.html", context, here="alerts")


@router.get("/alerts/{number:int}")
def alert(request: Request, site: Here, number: int, page: PageNumber = 1) -> Response:
    """What one alert found, the last first, and how it tells of it."""
    parts = site.community.alerts
    one = parts.get(site.reader, number)
    start = (page - 1) * PAGE_SIZE
    hits = parts.hits(site.reader, number, PAGE_SIZE, start)
    before, after = presenters.page_numbers(page, PAGE_SIZE, len(hits), one.found, LAST_PAGE)
    context = {
        **{"alert": one, "row": _row(site, one), "cards": _cards(site, hits), "page": page},
        **{"before": before, "after": after, "ways": _WAYS, "kinds": _KINDS, "shapes": list(SHAPES)},
        "rates": _rates(site, one),
        "mail": _mail_note(site),
    }
    return site.page(request, "steering/alert.html", context, here="alerts")


@router.post("/alerts", dependencies=[Depends(require_form_token)])
def change(
    site: Here,
    what: Annotated[str, Form(max_length=20)],
    number: Number = 0,
    kind: Text = "",
    target: Text = "",
    name: Text = "",
    near: Annotated[int, Form(ge=0, le=999)] = 0,
    mail: Annotated[str, Form(max_length=20)] = "digest",
) -> Response:
    """Make an alert, or pause, resume or delete one, or note that its papers were looked at."""
    parts = site.community.alerts
    if what == "make":
        made = parts.make(site.reader, kind, target, name, near=near, mail=mail)
        return redirect(f"/alerts/{made.id}", {"done": "make-alert"})
    if what == "delete":
        parts.delete(site.reader, number)
        return redirect("/alerts", {"done": "delete-alert"})
    if what in {"pause", "resume"}:
        parts.pause(site.reader, number, paused=what == "pause")
    elif what == "look":
        parts.look(site.reader, number)
    else:
        raise UsageError(f"unknown change {what!r} of an alert; choose make, pause, resume, look or delete")
    return redirect(f"/alerts/{number}", {"done": f"{what}-alert"})


@router.post("/alerts/{number:int}", dependencies=[Depends(require_form_token)])
def settings(
    site: Here,
    number: int,
    name: Text,
    near: Annotated[int, Form(ge=0, le=999)] = 0,
    mail: Annotated[str, Form(max_length=20)] = "digest",
    hook_url: Annotated[str, Form(max_length=2000)] = "",
    hook_shape: Annotated[str, Form(max_length=20)] = "json",
) -> Response:
    """Change the name, the threshold and the ways of an alert."""
    parts = site.community.alerts
    one = parts.get(site.reader, number)
    values: dict[str, object] = {"name": name, "near": near, "mail": mail}
    if (hook_url.strip(), hook_shape) != (one.hook_url, one.hook_shape or "json"):
        values |= {"hook_url": hook_url, "hook_shape": hook_shape}
    parts.change(site.reader, number, **values)
    return redirect(f"/alerts/{number}", {"done": "change-alert"})


@router.get("/alerts/feed.{form}")
def all_feed(request: Request, site: Here, form: str) -> Response:
    """What all alerts found, the last first."""
    names = {one.id: one.name for one in site.community.alerts.all(site.reader)}
    table = site.library.catalogue.community.alerts
    hits = table.hits_of_reader(site.library.reader(site.reader).id, 2 * SIZE)
    entries = _entries(site, hits, names)
    return feed_answer(request, site, form, Listing("alerts", f"alerts:{site.reader}", "/alerts", entries))


@router.get("/alerts/{number:int}/feed.{form}")
def feed(request: Request, site: Here, number: int, form: str) -> Response:
    """What one alert found, the last first."""
    one = site.community.alerts.get(site.reader, number)
    entries = _entries(site, site.community.alerts.hits(site.reader, number, SIZE), {one.id: one.name})
    listing = Listing(f"alert “{one.name}”", f"alert:{one.id}", f"/alerts/{one.id}", entries)
    return feed_answer(request, site, form, listing)


def _entries(site: Site, hits: Sequence[Hit], names: dict[int, str]) -> list[Entry]:
    """One entry a paper, with the alerts that found it."""
    found: dict[int, list[str]] = {}
    for hit in hits:
        found.setdefault(hit.paper_id, []).append(names.get(hit.alert_id, ""))
    return [Entry(stored, f"Found by {', '.join(found[stored.id])}") for stored in site.library.papers(list(found))]


def _row(site: Site, one: Alert) -> dict[str, Any]:
    rate = site.community.alerts.rate(one)
    return {
        "alert": one,
        "kind": _KINDS[one.kind],
        "way": _WAYS[one.mail] + (", and by webhook" if one.hook_url else ""),
        "rate": rate.words if rate else "",
        "path": f"/alerts/{one.id}",
        "feeds": feed_links(site, f"/alerts/{one.id}/feed"),
    }


def _rates(site: Site, one: Alert) -> Sequence[Rate]:
    """How much each threshold brings, the alert's own among them; () where its target is gone."""
    try:
        return site.community.alerts.rates(site.reader, one.kind, one.target, sorted({*LEVELS, one.near}))
    except UsageError:
        return ()


def _cards(site: Site, hits: Sequence[Hit]) -> list[presenters.Card]:
    """The cards of what was found: which are new, and which paper of the reader's each cites."""
    stored = {one.id: one for one in site.library.papers([hit.paper_id for hit in hits])}
    marks, titles = site.marks(stored), site.titles(hit.cited_paper or None for hit in hits)
    cards = []
    for hit in hits:
        if hit.paper_id in stored:
            cited = shortened(titles.get(hit.cited_paper, ""), TITLE)
            reason = (presenters.Piece("Cites "), presenters.Piece(cited, f"/paper/{hit.cited_paper}"))
            card = presenters.card(stored[hit.paper_id], marks[hit.paper_id])
            cards.append(replace(card, is_new=hit.is_new, reasons=(reason,) if cited else ()))
    return cards


def _mail_note(site: Site) -> str:
    """Why no mail comes, for who wants one; "" if it does."""
    if not site.community.mail.is_set_up:
        return "No mail is sent yet: the settings name no relay."
    reader = site.library.reader(site.reader)
    told = site.library.catalogue.community.alert_mail.reader_to_tell(reader.id) if reader.id else None
    if not told:
        return "Mail needs an address of yours."
    is_off = site.community.mail.subscriptions.of_reader(site.reader).frequency == "never"
    return "Your daily mail is off, and with it its section for alerts." if is_off else ""
