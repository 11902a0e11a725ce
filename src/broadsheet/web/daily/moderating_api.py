"""Moderation in the JSON API: the queue of reports, decisions, and the public log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from broadsheet.community.moderation import target_of
from broadsheet.community.participation import LONGEST_REASON
from broadsheet.web import outcomes
from broadsheet.web.api import PREFIX, only_json
from broadsheet.web.models import Out
from broadsheet.web.outcomes import failures
from broadsheet.web.schemas import In
from broadsheet.web.site import Here

__all__ = ["router"]

router = APIRouter(
    prefix=f"{PREFIX}/moderation", tags=["discussion"], dependencies=[Depends(only_json)], responses=failures(400)
)


class ReportOut(Out):
    """A report that waits for a decision."""

    id: int
    target: str
    reporter: str
    at: datetime
    reason: str


class ActOut(Out):
    """One entry of the public log."""

    id: int
    at: datetime
    actor: str
    act: str
    target: str
    reason: str


class DecisionIn(In):
    """What a curator decides about everything that is reported of a target, such as "comment 12"."""

    target: Annotated[str, Field(max_length=60)]
    decision: Literal["resolve", "dismiss"]
    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]


@router.get("")
def queue(site: Here) -> list[ReportOut]:
    """Reports that wait for a decision, those of one target together."""
    cases = site.community.moderation.queue(site.actor)
    return [ReportOut.model_validate(report) for case in cases for report in case.reports]


@router.post("", responses=failures(415))
def decide(site: Here, body: DecisionIn) -> outcomes.Done:
    """Close the reports of a target."""
    moderation, target = site.community.moderation, target_of(body.target)
    close = moderation.resolve if body.decision == "resolve" else moderation.dismiss
    close(site.actor, target, body.reason)
    return outcomes.Done()


@router.get("/log")
def log(
    site: Here,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    before: Annotated[int, Query(ge=1, le=2**53, description="only what is before this number")] = 2**53,
) -> list[ActOut]:
    """What curators did and why, newest first."""
    return [ActOut.model_validate(act) for act in site.community.moderation.log(limit, before)]
