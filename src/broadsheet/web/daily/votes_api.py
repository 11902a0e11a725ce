"""Votes by programs: PUT casts, DELETE takes back, GET tells. No body: a browser asks before it sends these for a page
of another site, and is refused."""

from __future__ import annotations

from fastapi import APIRouter

from broadsheet.community.votes import Ballot
from broadsheet.web.api import PREFIX
from broadsheet.web.models import Out
from broadsheet.web.outcomes import failures
from broadsheet.web.site import Here, Site

__all__ = ["router"]

router = APIRouter(responses=failures(400))
_PAPER = f"{PREFIX}/papers/{{paper:path}}"


class PaperVotes(Out):
    """The votes for a paper: counted here, counted by other places, and the caller's own."""

    paper: int
    votes: int
    elsewhere: int
    voted: bool
    counted: bool
    why_not: str
    voters: tuple[str, ...] = ()


class OwnVotes(Out):
    """The papers that the caller voted for, newest vote first."""

    papers: tuple[int, ...]


@router.get(_PAPER + "/votes", tags=["read"], responses=failures(404))
def votes(site: Here, paper: str) -> PaperVotes:
    """The votes for a paper; voters are named if they agreed to it."""
    number = site.library.resolve(paper)
    ballot = site.community.votes.ballots(site.actor, [number])[number]
    return _votes(number, ballot, tuple(site.community.votes.voters(number)))


@router.get(PREFIX + "/votes", tags=["read"])
def own_votes(site: Here) -> OwnVotes:
    """The papers the caller voted for."""
    return OwnVotes(papers=tuple(one.paper_id for one in site.community.votes.mine(site.actor)))


@router.put(_PAPER + "/vote", tags=["change"], responses=failures(404))
def cast(site: Here, paper: str) -> PaperVotes:
    """Vote for a paper; twice is once."""
    return _cast(site, paper)


@router.delete(_PAPER + "/vote", tags=["change"], responses=failures(404))
def withdraw(site: Here, paper: str) -> PaperVotes:
    """Take a vote back, if there is one."""
    return _withdraw(site, paper)


@router.put("/api/papers/{paper:path}/upvote", include_in_schema=False)
def upvote(site: Here, paper: str) -> PaperVotes:
    """The same under the address that clients of other services use."""
    return _cast(site, paper)


@router.delete("/api/papers/{paper:path}/upvote", include_in_schema=False)
def remove_upvote(site: Here, paper: str) -> PaperVotes:
    """The same under the address that clients of other services use."""
    return _withdraw(site, paper)


def _cast(site: Site, paper: str) -> PaperVotes:
    number = site.library.resolve(paper)
    return _votes(number, site.community.votes.cast(site.actor, number, "api"))


def _withdraw(site: Site, paper: str) -> PaperVotes:
    number = site.library.resolve(paper)
    return _votes(number, site.community.votes.withdraw(site.actor, number))


def _votes(number: int, ballot: Ballot, voters: tuple[str, ...] = ()) -> PaperVotes:
    return PaperVotes(
        paper=number,
        votes=ballot.votes,
        elsewhere=ballot.elsewhere,
        voted=ballot.is_mine,
        counted=ballot.is_mine and not ballot.why_not,
        why_not=ballot.why_not,
        voters=voters,
    )
