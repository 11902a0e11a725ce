"""Voting by forms, one's own votes, the rules, and what administrators see of the votes for a paper."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.community.votes import Ballot
from broadsheet.web.actions import Next, redirect, require_form_token
from broadsheet.web.notices import notice
from broadsheet.web.security import local_path
from broadsheet.web.site import Here

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_SHOWN = 500  # of one's own votes


@router.post("/papers/{number:int}/vote", dependencies=[Depends(require_form_token)])
def vote(
    request: Request,
    site: Here,
    number: int,
    vote: Annotated[Literal["cast", "withdraw"], Form()],
    position: Annotated[str, Form(max_length=9)] = "",
    page: Annotated[str, Form(max_length=200)] = "",
    after: Next = "/",
) -> Response:
    """Vote for a paper, or take the vote back."""
    number = site.library.resolve(number)
    votes = site.community.votes
    place = int(position) if position.isascii() and position.isdigit() else None
    ballot = votes.cast(site.actor, number, page, place) if vote == "cast" else votes.withdraw(site.actor, number)
    code = {"done": _code(ballot), "paper": str(number)}
    if request.headers.get("x-fragment") != "true":
        return redirect(after, code, f"p{number}")
    context = {
        "id": number,
        "name": site.library.paper(number).paper.title,
        "ballot": ballot,
        "position": place,
        "page": page,
        "notice": notice(site.library, code),
        "back": local_path(after),
    }
    return site.fragment("daily/_vote.html", context)


@router.get("/votes/rules")
def rules(request: Request, site: Here) -> Response:
    """What counts as a vote, who sees what, and what administrators can do: for everybody to read."""
    return site.page(request, "daily/vote_rules.html", {})


@router.get("/votes")
def own(request: Request, site: Here) -> Response:
    """The reader's own votes, with a note where one is not counted."""
    votes = site.community.votes.mine(site.actor)[:_SHOWN]
    context = {
        "votes": votes,
        "titles": site.titles(one.paper_id for one in votes),
        "asks_for_name": site.community.votes.is_unasked(site.actor),
    }
    return site.page(request, "daily/own_votes.html", context, here="library")


@router.post("/votes/name", dependencies=[Depends(require_form_token)])
def show_name(site: Here, shown: Annotated[Literal["yes", "no"], Form()], after: Next = "/votes") -> Response:
    """Say whether others may see the reader's name with their votes."""
    site.community.votes.show_name(site.actor, shown == "yes")
    return redirect(after, {"done": f"voter-{shown}"})


@router.get("/admin/votes/{number:int}")
def record(request: Request, site: Here, number: int) -> Response:
    """Every vote for a paper: who, when, from which page and place, counted or not, and why."""
    stored = site.library.paper(number)
    votes, decisions = site.community.votes.record(site.actor, stored.id)
    if stored.id != number:
        return RedirectResponse(f"/admin/votes/{stored.id}", 307)
    context = {
        "stored": stored,
        "votes": votes,
        "decisions": {one.reader_id: one for one in decisions},
        "counted": sum(one.counted for one in votes),
        "groups": site.community.trends.groups_of_voters(stored.id, site.library.now()),
        "names": {one.reader_id: one.reader for one in votes},
        "why": site.community.trends.order([stored.id], site.library.now())[0].reason,
    }
    return site.page(request, "daily/admin_votes.html", context)


@router.post("/admin/votes/{number:int}", dependencies=[Depends(require_form_token)])
def decide(
    site: Here,
    number: int,
    reader: Annotated[str, Form(max_length=200)],
    counted: Annotated[Literal["yes", "no"], Form()],
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Count one vote or leave it out, with a reason."""
    site.community.votes.decide(site.actor, number, reader, counted=counted == "yes", reason=reason)
    return redirect(f"/admin/votes/{number}", {"done": "decide"})


def _code(ballot: Ballot) -> str:
    if not ballot.is_mine:
        return "unvote"
    return "bookmark" if ballot.why_not else "vote"
