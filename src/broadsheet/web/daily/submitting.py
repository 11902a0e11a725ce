"""Submitting papers by forms: which paper, then a reason and a picture; taking back, hiding; the pictures."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, UploadFile
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.community.participation import LONGEST_REASON
from broadsheet.community.pictures import LARGEST
from broadsheet.kit.errors import UsageError
from broadsheet.web import presenters
from broadsheet.web.actions import redirect, require_form_token, upload
from broadsheet.web.site import Here

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

Reason = Annotated[str, Form(max_length=4 * LONGEST_REASON)]
_PICTURE_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "inline",
}


@router.get("/submit")
def form(request: Request, site: Here) -> Response:
    """The form that asks which paper."""
    return site.page(request, "daily/submit.html", {"papers": ()}, here="papers")


@router.post("/submit", dependencies=[Depends(require_form_token)])
def find(
    request: Request,
    site: Here,
    paper: Annotated[str, Form(max_length=4000)] = "",
    file: UploadFile | None = None,
) -> Response:
    """Look the paper up, or read it from a file; what is known already is recognised before it is shown."""
    submissions = site.community.submissions
    if file is not None and file.filename:
        with upload(site, file.filename, file.file.read()) as path:
            numbers = submissions.find_in_file(site.actor, path)
    elif paper.strip():
        numbers = [submissions.find(site.actor, paper)]
    else:
        raise UsageError("Give an arXiv id, a DOI or a link, or choose a file.")
    if len(numbers) == 1:
        return RedirectResponse(f"/submit/{numbers[0]}", 303)
    return site.page(request, "daily/submit.html", {"papers": site.library.papers(numbers)}, here="papers")


@router.get("/submit/{number:int}")
def preview(request: Request, site: Here, number: int) -> Response:
    """The paper, how it stands to the daily, and the form for a reason and a picture."""
    stored = site.library.paper(number)
    context = {
        "card": presenters.card(stored, site.marks([stored.id])[stored.id]),
        "ballot": site.community.votes.ballots(site.actor, [stored.id])[stored.id],
        "standing": site.community.submissions.standing(site.actor, stored.id),
        "longest_reason": LONGEST_REASON,
        "largest": LARGEST,
    }
    return site.page(request, "daily/submit_paper.html", context, here="papers")


@router.post("/submit/{number:int}", dependencies=[Depends(require_form_token)])
def submit(site: Here, number: int, reason: Reason = "", picture: UploadFile | None = None) -> Response:
    """Submit the paper."""
    content = picture.file.read() if picture is not None and picture.filename else b""
    standing = site.community.submissions.submit(site.actor, number, reason, content)
    code = {"done": "submit" if standing.entry else "note", "paper": str(number)}
    return redirect(f"/paper/{site.library.resolve(number)}", code)


@router.post("/submissions/{number:int}/withdraw", dependencies=[Depends(require_form_token)])
def withdraw(site: Here, number: int) -> Response:
    """Take one's own submission back."""
    paper = site.community.submissions.withdraw(site.actor, number)
    return redirect(f"/paper/{paper}", {"done": "unsubmit", "paper": str(paper)})


@router.post("/submissions/{number:int}/hide", dependencies=[Depends(require_form_token)])
def hide(site: Here, number: int, reason: Reason = "") -> Response:
    """Hide a submission, for a reason that everybody can read."""
    return redirect(f"/paper/{site.community.submissions.hide(site.actor, number, reason)}", {"done": "decide"})


@router.post("/submissions/{number:int}/unhide", dependencies=[Depends(require_form_token)])
def unhide(site: Here, number: int, reason: Reason = "") -> Response:
    """Show a submission again, for a reason that everybody can read."""
    return redirect(f"/paper/{site.community.submissions.unhide(site.actor, number, reason)}", {"done": "decide"})


@router.get("/submissions/{number:int}")
def place(site: Here, number: int) -> Response:
    """Where a submission is shown."""
    return RedirectResponse(f"/paper/{site.community.submissions.get(number).paper_id}#submission", 307)


@router.get("/pictures/{number:int}")
def picture(request: Request, site: Here, number: int) -> Response:
    """A picture as we encoded it; its content never changes. Raises 404 for one that nobody may see."""
    shown = site.community.submissions.picture(site.actor, number)
    if shown is None:
        raise HTTPException(404, f"There is no picture {number}.")
    headers = {**_PICTURE_HEADERS, "ETag": f'"{shown.sha256[:32]}"'}
    if not shown.is_shown:  # a curator looks at a hidden one
        headers["Cache-Control"] = "private, no-store"
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(shown.content, media_type=shown.media_type, headers=headers)
