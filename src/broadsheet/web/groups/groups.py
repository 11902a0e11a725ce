"""Pages and forms of reading groups. Nobody but their members sees anything of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.catalogue.community.groups import Group, Nomination
from broadsheet.community.comments import LONGEST, Audience
from broadsheet.community.group_reading import LONGEST_WHY, Shown
from broadsheet.community.groups import LONGEST_ABOUT, LONGEST_NAME, Circle, invitation_path
from broadsheet.kit.errors import UsageError
from broadsheet.web import presenters
from broadsheet.web.actions import Next, redirect, require_form_token
from broadsheet.web.daily.threads import page_of
from broadsheet.web.groups.group_changes import GroupChange, change_group
from broadsheet.web.markdown import as_html
from broadsheet.web.not_found import refused_as_404
from broadsheet.web.site import Here, Site

__all__ = ["circle_of", "router"]

router = APIRouter(include_in_schema=False)
_FORM = [Depends(require_form_token)]
_SHOWN = 20  # papers of a week, and papers that were talked about
_NOMINATED = 30  # papers, those with the most votes
_TALK = 30  # comments on a paper
_EARLIER = 15  # papers that were read
Name = Annotated[str, Form(max_length=LONGEST_NAME)]
About = Annotated[str, Form(max_length=2 * LONGEST_ABOUT)]


@dataclass(frozen=True, slots=True)
class Item:
    """A paper on the page of a group."""

    card: presenters.Card
    shown: Shown | None = None
    nomination: Nomination | None = None
    comments: int = 0


@router.get("/groups")
def groups(request: Request, site: Here) -> Response:
    """The groups of whoever asks, those that invite them, and the form that makes one."""
    own = site.community.groups
    context = {
        "groups": own.of(site.actor),
        "inviting": own.inviting(site.actor),
        "longest_name": LONGEST_NAME,
        "longest_about": LONGEST_ABOUT,
    }
    return site.page(request, "groups/groups.html", context, here="library")


@router.post("/groups", dependencies=_FORM)
def make(
    site: Here,
    what: Annotated[str, Form(max_length=20)] = "make",
    name: Name = "",
    about: About = "",
    group: Annotated[int, Form(ge=0, le=2**53)] = 0,
) -> Response:
    """Make a group, or answer an invitation."""
    own = site.community.groups
    if what == "make":
        return redirect(f"/groups/{own.create(site.actor, name, about)}", {"done": "group-make"})
    if what == "accept":
        return redirect(f"/groups/{own.accept(site.actor, group)}", {"done": "group-join"})
    if what == "decline":
        own.decline(site.actor, group)
        return redirect("/groups", {"done": "group-decline"})
    raise UsageError(f"unknown change {what!r} of groups; choose make, accept or decline")


@router.get("/groups/{number:int}")
def group(request: Request, site: Here, number: int) -> Response:
    """A group: what it reads next, what its members saved, what it talks about, who is in it."""
    circle = circle_of(site, number)
    reading = site.community.group_reading
    agenda, week = reading.agenda(site.actor, number), reading.week(site.actor, number)[:_SHOWN]
    talk = reading.discussed(site.actor, number)
    nominated, earlier = agenda.nominated[:_NOMINATED], agenda.earlier[:_EARLIER]
    ids = [n.paper_id for n in (*nominated, *agenda.next, *earlier)]
    ids += [*(one.paper_id for one in week), *list(talk)[:_SHOWN]]
    cards = _cards(site, ids)
    lists = site.community.reading_lists
    shared = lists.of_group(number, site.reader)
    there = {one.collection.id for one in shared}
    context = {
        "circle": circle,
        "about": as_html(circle.group.about) if circle.group.about else "",
        "invited": site.community.groups.invited(site.actor, number),
        "link": site.base_url(request) + invitation_path(circle.group.invite_key) if circle.group.invite_key else "",
        "coming": _nominated(agenda.next, cards, talk),
        "nominated": _nominated(nominated, cards, talk),
        "left_out": len(agenda.nominated) - len(nominated),
        "earlier": _nominated(earlier, cards, talk),
        "week": [Item(cards[one.paper_id], one) for one in week if one.paper_id in cards],
        "talk": [Item(cards[n], comments=count) for n, count in list(talk.items())[:_SHOWN] if n in cards],
        "shared": shared,
        "own_lists": [one for one in lists.all(site.reader) if one.is_own and one.collection.id not in there],
        "today": site.library.now().date(),
        "longest_name": LONGEST_NAME,
        "longest_about": LONGEST_ABOUT,
        "longest_why": LONGEST_WHY,
    }
    return site.page(request, "groups/group.html", context, here="library")


@router.post("/groups/{number:int}", dependencies=_FORM)
def change(  # noqa: PLR0913, PLR0917 - the fields of its forms
    site: Here,
    number: int,
    what: Annotated[str, Form(max_length=20)],
    name: Name = "",
    about: About = "",
    paper: Annotated[str, Form(max_length=500)] = "",
    why: Annotated[str, Form(max_length=LONGEST_WHY)] = "",
    day: Annotated[str, Form(max_length=10)] = "",
    collection: Annotated[str, Form(max_length=18)] = "",
    may: Annotated[str, Form(max_length=10)] = "",
    after: Next = "",
) -> Response:
    """Change a group, one's part in it, or what it reads."""
    circle_of(site, number)
    if what in {"leave", "delete"}:
        own = site.community.groups
        deletion = (own.leave if what == "leave" else own.delete)(site.actor, number)
        codes = {"done": f"group-{what}" if deletion is None or what == "delete" else "group-delete"}
        return redirect("/groups", {**codes, **({} if deletion is None else {"deletion": str(deletion)})})
    try:
        asked = GroupChange.model_validate(
            {
                **{"what": what, "name": name, "about": about, "paper": paper, "why": why, "day": day or None},
                **{"collection": collection or 0, "may_edit": may == "edit"},
            }
        )
    except ValidationError as error:
        raise UsageError(f"this change of a group cannot be read: {error.errors()[0]['msg']}") from None
    about_paper = change_group(site, number, asked)
    codes = {"done": f"group-{what}", **({"paper": str(about_paper)} if about_paper else {})}
    return redirect(after or f"/groups/{number}", codes)


@router.get("/groups/{number:int}/leave")
def ask(request: Request, site: Here, number: int) -> Response:
    """The page that asks to confirm leaving a group, or its deletion."""
    return site.page(request, "groups/leave.html", {"circle": circle_of(site, number)}, here="library")


@router.get("/groups/{number:int}/papers/{paper:int}")
def talk(request: Request, site: Here, number: int, paper: int) -> Response:
    """What a group says about a paper, and its place on the agenda."""
    circle, stored = circle_of(site, number), site.library.paper(paper)
    entries = site.community.comments.thread(site.actor, stored.id, Audience(number))
    agenda = site.community.group_reading.agenda(site.actor, number)
    nominated = (n for n in (*agenda.nominated, *agenda.next, *agenda.earlier) if n.paper_id == stored.id)
    context = {
        "circle": circle,
        "stored": stored,
        "card": presenters.card(stored, site.marks([stored.id])[stored.id]),
        "comments": page_of(site, entries[-_TALK:])[0] if entries else [],
        "more": max(len(entries) - _TALK, 0),
        "nomination": next(nominated, None),
        "longest_comment": LONGEST,
        "longest_why": LONGEST_WHY,
    }
    return site.page(request, "groups/talk.html", context, here="library")


@router.get("/groups/join/{key}")
def invitation(request: Request, site: Here, key: str) -> Response:
    """The page of a link of invitation, which asks whether to join."""
    found = _of_link(site, key)
    return site.page(request, "groups/join.html", {"group": found, "key": key}, here="library")


@router.post("/groups/join/{key}", dependencies=_FORM)
def join(site: Here, key: str) -> Response:
    """Join a group by its link."""
    _of_link(site, key)
    return redirect(f"/groups/{site.community.groups.join_by_link(site.actor, key)}", {"done": "group-join"})


def circle_of(site: Site, number: int) -> Circle:
    """A group that whoever asks is in. Raises 404."""
    with refused_as_404():
        return site.community.groups.get(site.actor, number)


def _of_link(site: Site, key: str) -> Group:
    with refused_as_404():
        return site.community.groups.of_link(key)


def _cards(site: Site, ids: list[int]) -> dict[int, presenters.Card]:
    papers = site.library.papers(list(dict.fromkeys(ids)))
    marks = site.marks(stored.id for stored in papers)
    return {stored.id: presenters.card(stored, marks[stored.id]) for stored in papers}


def _nominated(
    nominations: Sequence[Nomination], cards: dict[int, presenters.Card], talk: dict[int, int]
) -> list[Item]:
    return [
        Item(cards[one.paper_id], nomination=one, comments=talk.get(one.paper_id, 0))
        for one in nominations
        if one.paper_id in cards
    ]
