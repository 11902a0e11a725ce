"""Feeds of editions: day by day, week by week, month by month, of one edition, of a field.

Only what is closed is in them: a day's papers come at once, and do not come again. `min_votes` (or `min_upvotes`)
leaves out papers with fewer votes as they are now, here and elsewhere together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Literal
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.community.editions import Edition, Editions
from broadsheet.community.entries import Entry
from broadsheet.community.periods import Kind, period_named, period_of
from broadsheet.web import feeds
from broadsheet.web.daily.pages import in_field
from broadsheet.web.feeds import Listing, feed_answer
from broadsheet.web.restricting import Restricted, Restriction
from broadsheet.web.site import Here, Site

__all__ = ["router"]

SIZE = 100  # entries
_EDITIONS = 40  # looked through for them, the latest first
_STREAMS = {Kind.day: "day by day", Kind.week: "week by week", Kind.month: "month by month"}
_VIA = {"submission": "submitted by", "pick": "picked by", "source": "from"}

router = APIRouter(include_in_schema=False)


@router.get("/papers/feed.{form}")
def days(
    request: Request,
    site: Here,
    form: str,
    only: Restricted,
) -> Response:
    """The papers of closed days, the latest day first."""
    return _stream(request, site, form, Kind.day, only)


@router.get("/papers/{kind}/feed.{form}")
def periods(
    request: Request,
    site: Here,
    kind: Literal["date", "week", "month"],
    form: str,
    only: Restricted,
) -> Response:
    """The papers of closed weeks or months, the latest first, in each those with the most votes first."""
    return _stream(request, site, form, Kind(kind), only)


@router.get("/papers/{kind}/{text}/feed.{form}")
def one(
    request: Request,
    site: Here,
    kind: Literal["date", "week", "month"],
    text: str,
    form: str,
    only: Restricted,
) -> Response:
    """The papers of one day, week or month; of one that is open, those of its closed days."""
    period = period_named(Kind(kind), text)
    edition = site.community.editions.of(period)
    path = f"{period.path}/feed.{form}"
    return _answer(request, site, form, period.name, path, period.path, [edition], only)


def _stream(request: Request, site: Site, form: str, kind: Kind, only: Restriction) -> Response:
    path = f"/papers/feed.{form}" if kind is Kind.day else f"/papers/{kind}/feed.{form}"
    editions = islice(_closed(site.community.editions, kind), _EDITIONS)
    return _answer(request, site, form, _STREAMS[kind], path, "/papers", editions, only)


def _closed(editions: Editions, kind: Kind) -> Iterable[Edition]:
    """The closed editions with papers, the latest first."""
    edition = editions.of(period_of(kind, editions.today))
    while True:
        if not edition.is_open:
            yield edition
        if edition.previous is None:
            return
        edition = editions.of(edition.previous)


def _answer(
    request: Request,
    site: Site,
    form: str,
    topic: str,
    path: str,
    home: str,
    editions: Iterable[Edition],
    only: Restriction,
) -> Response:
    entries: list[Entry] = []
    for edition in editions:
        printed = [one for one in in_field(edition.entries, only.field) if one.paper_id is not None and one.is_printed]
        entries += _with_votes(site, printed, only.votes)
        if len(entries) >= SIZE:
            break
    settings = site.library.settings
    listing = Listing(
        topic=", ".join([topic, *only.words(site)]),
        key=":".join(["edition", path.rpartition(".")[0], *map(str, only.values.values())]),
        home=home + ("?" + urlencode({"field": only.field}) if only.field else ""),
        entries=_feed_entries(site, entries[:SIZE]),
        size=SIZE,
        here=path + only.query if site.community.has_accounts else "",  # "": a request's token is part of it
        hub=settings.edition.hub if settings.community.url else "",
        is_public=site.community.has_accounts,
    )
    return feed_answer(request, site, form, listing)


def _with_votes(site: Site, entries: Sequence[Entry], votes: int) -> list[Entry]:
    if not votes:
        return list(entries)
    counts = site.community.votes.totals([one.paper_id for one in entries if one.paper_id is not None])
    return [one for one in entries if counts.get(one.paper_id or 0, 0) >= votes]


def _feed_entries(site: Site, entries: Sequence[Entry]) -> list[feeds.Entry]:
    stored = {one.id: one for one in site.library.papers([one.paper_id for one in entries if one.paper_id])}
    unique = {one.printed.paper_id: one for one in entries if one.paper_id in stored}
    return [feeds.Entry(stored[one.paper_id or 0], _why(one), one.printed.paper_id) for one in unique.values()]


def _why(entry: Entry) -> str:
    brought = f"{_VIA[entry.via]} {entry.by}" if entry.by else ""
    return f"Edition of {entry.day.isoformat()}, place {entry.place}" + (f"; {brought}" if brought else "")
