"""The page of a reader's interests and mutes, the forms that change them, and the page of an earlier day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Query
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.catalogue.steering import MUTE_KINDS
from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.feed.onboarding import QUESTIONS
from broadsheet.pipeline.feed.own_interests import ReaderInterest
from broadsheet.pipeline.feed.steering import KINDS
from broadsheet.pipeline.reader_steering import Moved
from broadsheet.web import presenters
from broadsheet.web.actions import Next, redirect, require_form_token
from broadsheet.web.limits import TITLE, shortened
from broadsheet.web.site import Here, Site

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

SHOWN = 4  # papers of an interest, the latest
MOVED = 40  # papers named in an address, of those that leave and of those that come
PAST = 30  # days: what "a month ago" means
Text = Annotated[str, Form(max_length=600)]


@router.get("/interests")
def interests(request: Request, site: Here) -> Response:
    """All interests with their papers, what is muted and what that takes out, and the forms that change them."""
    view = site.library.steering.view(site.reader)
    feed = site.library.feed(site.reader, log=False)
    state = site.library.state(site.reader)
    today = site.library.now().date()
    context = {
        "interests": [_row(site, one) for one in view.interests],
        "deleted": view.deleted,
        "mutes": view.mutes,
        "taken_out": {(one.kind, one.value): one.papers for one in feed.muted},
        "last_change": view.last_change,
        "mute_kinds": MUTE_KINDS,
        "sources": {
            "tag": sorted(name for name, papers in state.tags.items() if papers),
            "collection": sorted(site.library.collections(site.reader)),
            "search": [one.name for one in site.community.searches.all(site.reader)],
        },
        "tuning": site.library.tuning(site.reader),
        "cold": feed.cold,
        "month_ago": date.fromordinal(today.toordinal() - PAST),
        "today": today,
    }
    return site.page(request, "steering/interests.html", context, here="about")


@router.post("/interests", dependencies=[Depends(require_form_token)])
def change(  # noqa: PLR0913, PLR0917 - each parameter is a field of the form
    site: Here,
    what: Annotated[str, Form(max_length=20)],
    key: Annotated[str, Form(max_length=40)] = "",
    name: Text = "",
    weight: Annotated[str, Form(max_length=20)] = "",
    quota: Annotated[str, Form(max_length=20)] = "",
    other: Text = "",
    kind: Annotated[str, Form(max_length=20)] = "",
    value: Text = "",
    after: Next = "/interests",
) -> Response:
    """Change one thing; the answer says what moves."""
    form = _Form(site, key, name, weight, quota, other, kind, value)
    if what not in _CHANGES:
        raise UsageError(f"unknown change {what!r} of interests; choose one of {', '.join(_CHANGES)}")
    moved = _CHANGES[what](form)
    codes = {"done": "nothing"}
    if moved is not None:
        codes = {
            "done": "unsteer" if what == "undo" else "steer",
            "left": _joined(moved.left),
            "came": _joined(moved.came),
        }
    return redirect(after, codes, f"i{key}" if what in _IN_PLACE else "")


@router.get("/interests/start")
def start(
    request: Request,
    site: Here,
    no: Annotated[str, Query(max_length=400)] = "",
    near: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """One paper after the other, ten at most, to be answered with yes, near it or no; a no is not kept."""
    refused, around = _numbers(no), _numbers(near)
    number = site.library.steering.next_question(site.reader, refused, around)
    page = site.library.feed(site.reader, 3, log=False)
    papers = site.library.papers([number] if number else [])
    context = {
        "card": presenters.card(papers[0], presenters.Mark(is_visitors=True)) if papers else None,
        "no": ".".join(map(str, refused)),
        "near": ".".join(map(str, around)),
        "asked": len(refused)
        + len(around)
        + sum(rating > 0 for rating in site.library.state(site.reader).ratings.values()),
        "most": QUESTIONS,
        "feed": page,
        "first": [shortened(item.stored.paper.title, TITLE) for item in page.items],
    }
    return site.page(request, "steering/start.html", context, here="today")


@router.post("/interests/start", dependencies=[Depends(require_form_token)])
def answer(
    site: Here,
    paper: Annotated[int, Form(ge=0, le=2**53)],
    answer: Annotated[Literal["yes", "near", "no"], Form()],
    no: Annotated[str, Form(max_length=400)] = "",
    near: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Take one answer: a yes asks for more like the paper, "near it" counts as opened, a no is kept in the address."""
    said = {"no": _numbers(no), "near": _numbers(near)}
    if answer != "no":
        site.library.act(site.reader, paper, "up" if answer == "yes" else "open", policy="start")
    if answer != "yes":
        said[answer].append(paper)
    return redirect("/interests/start", {name: ".".join(map(str, papers)) for name, papers in said.items() if papers})


@router.get("/interests/as-of")
def as_of(request: Request, site: Here, day: Annotated[str, Query(max_length=10)] = "") -> Response:
    """The page as it would have been at the end of a day; it can be looked at, and its steering taken again."""
    then = _day(day)
    feed = site.library.steering.feed_as_of(site.reader, then)
    titles = site.titles(reason.paper_id for item in feed.items for reason in item.reasons)
    unmarked = presenters.Mark(is_visitors=True)
    cards = [presenters.with_mark(presenters.feed_card(item, "", titles), unmarked) for item in feed.items]
    context = {"feed": feed, "cards": cards, "day": then}
    return site.page(request, "steering/as_of.html", context, here="about")


@dataclass(frozen=True, slots=True)
class _Form:
    site: Site
    key: str
    name: str
    weight: str
    quota: str
    other: str
    kind: str
    value: str

    def number(self, text: str, what: str) -> float:
        """A number as it is typed. Raises UsageError."""
        try:
            return float(text.strip().removesuffix("%").replace(",", "."))
        except ValueError as error:
            raise UsageError(f"the {what} is a number, not {text[:20]!r}") from error


def _quota(form: _Form) -> Moved:
    share = form.number(form.quota, "quota") / 100 if form.quota.strip() else None
    return form.site.library.steering.set_quota(form.site.reader, form.key, share)


def _make(form: _Form) -> Moved:
    steering, reader = form.site.library.steering, form.site.reader
    if form.kind not in KINDS or form.kind == "list":
        raise UsageError(
            "choose what the interest is made from: a sentence, a tag, a collection, a search or an author"
        )
    value = steering.query_of_search(reader, form.value) if form.kind == "search" else form.value
    return steering.make(reader, form.kind, value, form.name or (form.value[:60] if form.kind == "search" else ""))


_CHANGES: dict[str, Callable[[_Form], Moved | None]] = {
    "rename": lambda f: f.site.library.steering.rename(f.site.reader, f.key, f.name),
    "weigh": lambda f: f.site.library.steering.weigh(f.site.reader, f.key, f.number(f.weight, "weight")),
    "quota": _quota,
    "mute": lambda f: f.site.library.steering.set_state(f.site.reader, f.key, "muted"),
    "unmute": lambda f: f.site.library.steering.set_state(f.site.reader, f.key, "on"),
    "split": lambda f: f.site.library.steering.split(f.site.reader, f.key),
    "merge": lambda f: f.site.library.steering.merge(f.site.reader, f.key, f.other),
    "delete": lambda f: f.site.library.steering.delete(f.site.reader, f.key),
    "make": _make,
    "mute-thing": lambda f: f.site.library.steering.mute(f.site.reader, f.kind, f.value),
    "unmute-thing": lambda f: f.site.library.steering.unmute(f.site.reader, f.kind, f.value),
    "undo": lambda f: f.site.library.steering.undo(f.site.reader),
    "reset": lambda f: f.site.library.steering.reset(f.site.reader),
    "go-back": lambda f: f.site.library.steering.go_back(f.site.reader, _day(f.value)),
}
_IN_PLACE = ("rename", "weigh", "quota", "mute", "unmute")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"a day is written 2026-07-01, not {text[:20]!r}") from error


def _numbers(text: str) -> list[int]:
    parts = text.split(".") if text else []
    if len(parts) > QUESTIONS or not all(part.isascii() and part.isdigit() and len(part) < 17 for part in parts):
        raise UsageError("these are no numbers of papers; begin again at /interests/start")
    return [int(part) for part in parts]


def _joined(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers[:MOVED]))


def _row(site: Site, one: ReaderInterest) -> dict[str, object]:
    papers = site.library.papers(one.papers[::-1][:SHOWN])
    return {
        "one": one,
        "papers": [(stored.id, shortened(stored.paper.title, TITLE)) for stored in papers],
        "more": max(len(one.papers) - len(papers), 0),
    }
