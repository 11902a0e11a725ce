"""Reporting, the queue of curators, hiding and unhiding, and the public moderation log."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Query
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.catalogue.community.submissions import Submission
from broadsheet.community.moderation import Case, Target, target_of
from broadsheet.community.participation import LONGEST_REASON
from broadsheet.community.threads import Entry
from broadsheet.kit.errors import UsageError
from broadsheet.web.actions import redirect, require_form_token
from broadsheet.web.daily.comments import comment_of
from broadsheet.web.daily.tagging import link_label
from broadsheet.web.daily.threads import Said, said
from broadsheet.web.site import Here, Site

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_FORM = [Depends(require_form_token)]
_ACTS = 100  # of the log on a page
_CASES = 50  # on a page
Text = Annotated[str, Form(max_length=5000)]
Decision = Literal["hide", "resolve", "dismiss"]


@router.get("/moderation")
def queue(request: Request, site: Here) -> Response:
    """What is reported and waits for a decision."""
    cases = site.community.moderation.queue(site.actor)
    titles = site.titles(case.target.number for case in cases[:_CASES] if case.target.kind == "paper")
    context = {
        "cases": [(case, _comment(site, case), _submission(site, case)) for case in cases[:_CASES]],
        "more": len(cases) - _CASES,
        "titles": titles,
        "longest_reason": LONGEST_REASON,
    }
    return site.page(request, "daily/moderation.html", context)


@router.post("/moderation", dependencies=_FORM)
def decide(site: Here, target: Text, what: Annotated[Decision, Form()], reason: Text = "") -> Response:
    """Decide about what is reported: hide the comment or the submission, or close the reports."""
    subject, moderation = target_of(target), site.community.moderation
    if what == "hide":
        if subject.kind == "paper":
            raise UsageError("a paper is not hidden; its tags and links are taken off, or an administrator deletes it")
        hider = site.community.comments if subject.kind == "comment" else site.community.submissions
        hider.hide(site.actor, subject.number, reason)
    elif what == "dismiss":
        moderation.dismiss(site.actor, subject, reason)
    else:
        moderation.resolve(site.actor, subject, reason)
    return redirect("/moderation", {"done": f"{what}-report"})


@router.get("/moderation/log")
def log(request: Request, site: Here, before: Annotated[int, Query(ge=1, le=2**53)] = 2**53) -> Response:
    """What curators did and why, for everybody."""
    acts = site.community.moderation.log(_ACTS + 1, before)
    context = {
        "acts": [(act, _path(act.target)) for act in acts[:_ACTS]],
        "older": acts[_ACTS - 1].id if len(acts) > _ACTS else 0,
    }
    return site.page(request, "daily/moderation_log.html", context)


@router.post("/comments/{number:int}/report", dependencies=_FORM)
def report_comment(site: Here, number: int, reason: Text = "") -> Response:
    """Tell the curators about a comment."""
    return _reported(site, Target("comment", comment_of(site, number).id), reason, f"/comments/{number}")


@router.post("/comments/{number:int}/hide", dependencies=_FORM)
def hide(site: Here, number: int, reason: Text = "") -> Response:
    """Hide a comment."""
    site.community.comments.hide(site.actor, comment_of(site, number).id, reason)
    return redirect(f"/comments/{number}", {"done": "hide-comment"})


@router.post("/comments/{number:int}/unhide", dependencies=_FORM)
def unhide(site: Here, number: int, reason: Text = "") -> Response:
    """Show a hidden comment again."""
    site.community.comments.unhide(site.actor, comment_of(site, number).id, reason)
    return redirect(f"/comments/{number}", {"done": "unhide-comment"})


@router.get("/papers/{number:int}/report")
def report_page(request: Request, site: Here, number: int) -> Response:
    """The forms that report a paper, its tags or its links, or what came with its submission."""
    if not site.community.has_accounts:
        raise HTTPException(404, "There is nobody to report to: this Broadsheet has one reader.")
    stored = site.library.paper(number)
    submission = site.community.submissions.standing(site.actor, stored.id).submission
    shown = submission if submission and submission.hidden_at is None else None
    context = {"stored": stored, "submission": shown, "longest_reason": LONGEST_REASON}
    return site.page(request, "daily/report.html", context)


@router.post("/papers/{number:int}/report", dependencies=_FORM)
def report_paper(site: Here, number: int, reason: Text = "") -> Response:
    """Tell the curators about a paper."""
    number = site.library.resolve(number)
    return _reported(site, Target("paper", number), reason, f"/paper/{number}")


@router.post("/submissions/{number:int}/report", dependencies=_FORM)
def report_submission(site: Here, number: int, reason: Text = "") -> Response:
    """Tell the curators about the words or the picture of a submission."""
    return _reported(site, Target("submission", number), reason, f"/submissions/{number}")


@router.get("/papers/{number:int}/moderate")
def annotations_page(request: Request, site: Here, number: int) -> Response:
    """The tags and links of a paper, each with a form that takes it off for a reason."""
    stored, annotations = site.library.paper(number), site.community.annotations
    context: dict[str, Any] = {
        "stored": stored,
        "paper_tags": annotations.tags(stored.id),
        "paper_links": [(link, link_label(link)) for link in annotations.links(stored.id)],
        "longest_reason": LONGEST_REASON,
    }
    return site.page(request, "daily/moderate_paper.html", context)


def _reported(site: Site, target: Target, reason: str, after: str) -> Response:
    is_new = site.community.moderation.report(site.actor, target, reason)
    return redirect(after, {"done": "report" if is_new else "reported"})


def _comment(site: Site, case: Case) -> Said | None:
    """The comment that a case is about; None for other cases, and where it is gone."""
    if case.target.kind != "comment":
        return None
    try:
        comment = site.community.comments.get(site.actor, case.target.number)
    except UsageError:
        return None
    return said(site, [Entry(comment)])[0]


def _submission(site: Site, case: Case) -> Submission | None:
    """The submission that a case is about; None for other cases, and where it was taken back."""
    stored = site.library.catalogue.community.submissions
    return stored.get(case.target.number) if case.target.kind == "submission" else None


def _path(target: str) -> str:
    try:
        return target_of(target).path
    except UsageError:
        return ""
