"""Submissions in the JSON API: report one, hide one, show it again."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from broadsheet.community.moderation import Target
from broadsheet.web import outcomes
from broadsheet.web.api import PREFIX, only_json
from broadsheet.web.daily.comments_api import ReasonIn
from broadsheet.web.outcomes import failures
from broadsheet.web.site import Here

__all__ = ["router"]

router = APIRouter(
    prefix=f"{PREFIX}/submissions",
    tags=["discussion"],
    dependencies=[Depends(only_json)],
    responses=failures(400, 415),
)


@router.post("/{number:int}/report")
def report(site: Here, number: int, body: ReasonIn) -> outcomes.Done:
    """Tell the curators about the words or the picture of a submission."""
    site.community.moderation.report(site.actor, Target("submission", number), body.reason)
    return outcomes.Done()


@router.post("/{number:int}/hide")
def hide(site: Here, number: int, body: ReasonIn) -> outcomes.Done:
    """Hide a submission, for a reason that everybody can read."""
    site.community.submissions.hide(site.actor, number, body.reason)
    return outcomes.Done()


@router.post("/{number:int}/unhide")
def unhide(site: Here, number: int, body: ReasonIn) -> outcomes.Done:
    """Show a hidden submission again, for a reason that everybody can read."""
    site.community.submissions.unhide(site.actor, number, body.reason)
    return outcomes.Done()
