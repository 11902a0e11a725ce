"""The pages of editions: the latest, a day, a week, a month, the calendar, and the front page of a community."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.community.editions import Edition
from broadsheet.community.entries import Entry
from broadsheet.community.periods import Kind, Period, period_named, period_of
from broadsheet.kit.errors import UsageError
from broadsheet.kit.fields import slug
from broadsheet.pipeline.records import Stored
from broadsheet.web.daily.archive import is_archived, kept
from broadsheet.web.daily.newspaper import field_counts, laid_out, stories_of
from broadsheet.web.presenters import page_numbers
from broadsheet.web.restricting import FieldName
from broadsheet.web.site import Here, Site

__all__ = ["front_page", "in_field", "router"]

_POLICIES = {  # the names under which what these pages show is counted
    Kind.day: "edition",
    Kind.week: "edition-week",
    Kind.month: "edition-month",
}
SIZE = 40  # papers on a page
NEWEST = 8  # papers of the library, shown where no edition has any
LAST_PAGE = 1000

router = APIRouter(include_in_schema=False)
PageNumber = Annotated[int, Query(ge=1, le=LAST_PAGE)]


@router.get("/papers")
def latest(request: Request, site: Here, field: FieldName = "", page: PageNumber = 1) -> Response:
    """The latest edition that has papers."""
    return front_page(request, site, field, page)


@router.get("/papers/date/{text}")
def of_day(request: Request, site: Here, text: str, field: FieldName = "", page: PageNumber = 1) -> Response:
    """The edition of a day."""
    return _named(request, site, Kind.day, text, field, page)


@router.get("/papers/week/{text}")
def of_week(request: Request, site: Here, text: str, field: FieldName = "", page: PageNumber = 1) -> Response:
    """The papers of an ISO week."""
    return _named(request, site, Kind.week, text, field, page)


@router.get("/papers/month/{text}")
def of_month(request: Request, site: Here, text: str, field: FieldName = "", page: PageNumber = 1) -> Response:
    """The papers of a month."""
    return _named(request, site, Kind.month, text, field, page)


@router.get("/papers/calendar")
def calendar_now(site: Here) -> Response:
    """The calendar of the latest year with papers."""
    years = site.community.editions.years()
    return RedirectResponse(f"/papers/calendar/{max(years, default=site.community.editions.today.year)}", 307)


@router.get("/papers/calendar/{text}")
def calendar(request: Request, site: Here, text: str) -> Response:
    """A year of days, those with papers linked."""
    editions = site.community.editions
    years = {**editions.years(), editions.today.year: 0} | editions.years()
    year = int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0
    if year not in years:
        latest = max(years)
        return _missing(request, site, f"There are no papers of the year {text[:20]!r}.", f"/papers/calendar/{latest}")
    counts = editions.counts(date(year, 1, 1), date(year, 12, 31))
    months = {day.month for day in counts} or {editions.today.month}
    known = sorted(years)
    at = known.index(year)
    context = {
        "year": year,
        "months": [_month(year, month, counts) for month in range(min(months), max(months) + 1)],
        "total": sum(counts.values()),
        "before": known[at - 1] if at else None,
        "after": known[at + 1] if at + 1 < len(known) else None,
        "today": editions.today,
    }
    return site.page(request, "daily/calendar.html", context, here="papers")


def front_page(request: Request, site: Site, field: str = "", page: int = 1) -> Response:
    """The newspaper: the latest edition."""
    return _page(request, site, site.community.editions.latest(), field, page, is_front=True)


def in_field(entries: Sequence[Entry], field: str) -> tuple[Entry, ...]:
    """The entries of a field, named by its slug; all without one."""
    named = slug(field)
    return tuple(one for one in entries if not named or named in map(slug, one.printed.fields))


def _named(request: Request, site: Site, kind: Kind, text: str, field: str, page: int) -> Response:
    editions = site.community.editions
    try:
        period = period_named(kind, text)
    except UsageError as error:
        return _missing(request, site, f"{error}.", period_of(kind, editions.today).path)
    if period.name != text:
        query = "?" + urlencode({"field": field}) if field else ""
        return RedirectResponse(period.path + query, 301)
    edition = editions.of(period)
    if not edition.entries and not (editions.first <= period.last and period.first <= editions.today):
        nearest = edition.previous or edition.following
        return _missing(request, site, edition.note, nearest.path if nearest else "/papers")
    return _page(request, site, edition, field, page)


def _missing(request: Request, site: Site, message: str, hint: str) -> Response:
    context = {"status": 404, "phrase": "Not Found", "message": message, "hint": hint}
    return site.page(request, "error.html", context, here="papers", status=404)


def _page(request: Request, site: Site, edition: Edition, field: str, page: int, *, is_front: bool = False) -> Response:
    """The page of an edition."""
    archived = is_archived(site, request, edition) and not is_front
    total = len(in_field(edition.entries, field))
    entries = in_field(edition.entries, field)[(page - 1) * SIZE : page * SIZE]
    if page > 1 and not entries:
        return _missing(request, site, f"There is no page {page} of this edition.", edition.period.path)
    before, after = page_numbers(page, SIZE, len(entries), total, LAST_PAGE)
    ids = [entry.paper_id for entry in entries if entry.paper_id is not None]
    ballots = site.community.votes.ballots(site.actor, ids) if site.reader else {}
    is_day = edition.period.kind is Kind.day
    stories = stories_of(entries, site.marks(ids), ballots, first=1 + (page - 1) * SIZE, is_week=not is_day)
    front = laid_out(stories)
    policy = _POLICIES[edition.period.kind]
    site.count_shown(request, policy, [story.number for story in stories], first=1 + (page - 1) * SIZE)
    fields = field_counts(edition.entries)
    invites = is_front and not edition.entries and edition.previous is None
    known = {name: label for label, name, _ in fields}
    name = slug(field)
    context = {
        "edition": edition,
        "front": front,
        "total": total,
        "among": f"edition:{edition.period.name}",
        "page": page,
        "before": before,
        "after": after,
        "heading": _heading(edition.period),
        "periods": _periods(edition),
        "fields": fields,
        "field": name,
        "field_name": known.get(name) or (site.community.fields.named(field) if field else ""),
        "query": "?" + urlencode({"field": name}) if name else "",
        "is_front": is_front,
        "invites": invites,
        "newest": _newest(site) if invites else (),
        "is_public": archived,
        "policy": policy,
        "canonical": site.base_url(request) + edition.period.path,
        "closes": edition.closes_at.astimezone(site.community.editions.hour.zone),
        "order_note": site.community.trends.note(site.library.now()) if edition.is_open and entries and is_day else "",
    }
    response = site.page(request, "daily/edition.html", context, here="papers", is_public=archived)
    return kept(request, response) if archived else response


def _newest(site: Site) -> list[Stored]:
    """The papers that were added last, for a community that has no edition yet."""
    return site.library.papers([int(i) for i in site.library.catalogue.papers.ids()[: -NEWEST - 1 : -1]])


def _heading(period: Period) -> str:
    first, last = period.first, period.last
    if period.kind is Kind.day:
        return f"{first:%A}, {first.day} {first:%B %Y}"
    if period.kind is Kind.month:
        return f"{first:%B %Y}"
    year, week, _ = first.isocalendar()
    return f"Week {week} of {year}: {first.day} {first:%B} to {last.day} {last:%B}"


def _periods(edition: Edition) -> list[tuple[str, Period]]:
    """The other ways to look at the same days."""
    kinds = {Kind.week: "Its week", Kind.month: "Its month"}
    first = edition.period.first
    return [(label, period_of(kind, first)) for kind, label in kinds.items() if kind is not edition.period.kind]


def _month(year: int, month: int, counts: dict[date, int]) -> dict[str, object]:
    """A month as weeks of days: (week's period, its days; None outside the month) with counts."""
    period = period_of(Kind.month, date(year, month, 1))
    monday = period.first - timedelta(days=period.first.weekday())
    weeks = []
    while monday <= period.last:
        days = [monday + timedelta(days=n) for n in range(7)]
        inside = [(one, counts.get(one, 0)) if one.month == month and one.year == year else None for one in days]
        weeks.append((period_of(Kind.week, monday), inside, any(cell and cell[1] for cell in inside)))
        monday += timedelta(days=7)
    return {"period": period, "weeks": weeks, "count": sum(n for one, n in counts.items() if one.month == month)}
