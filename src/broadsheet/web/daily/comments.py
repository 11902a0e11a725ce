"""Pages and forms of comments: writing with a preview, answering, changing, deleting, earlier versions, mentions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Query
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.catalogue.community.comments import Comment
from broadsheet.community.comments import EVERYBODY, LONGEST, Audience
from broadsheet.community.participation import LONGEST_REASON
from broadsheet.community.threads import Entry
from broadsheet.kit.errors import RateLimited, UsageError
from broadsheet.web.actions import redirect, require_form_token
from broadsheet.web.daily.threads import Said, comment_html, page_of, said
from broadsheet.web.not_found import refused_as_404
from broadsheet.web.site import Here, Site

__all__ = ["comment_of", "own_comment_of", "router"]

router = APIRouter(include_in_schema=False)
_FORM = [Depends(require_form_token)]
Text = Annotated[str, Form()]
Number = Annotated[int, Query(ge=0, le=2**53)]


@router.get("/paper/{number:int}/comments")
def thread_page(
    request: Request, site: Here, number: int, first: Annotated[Number, Query(alias="from")] = 0
) -> Response:
    """The comments on a paper, those from one on."""
    stored = site.library.paper(number)
    entries = site.community.comments.thread(site.actor, stored.id)
    shown, following = page_of(site, entries, first)
    is_first = not entries or not shown or shown[0].comment.id == entries[0].comment.id
    context = {"stored": stored, "comments": shown, "following_comments": following, "is_first": is_first}
    return site.page(request, "daily/thread.html", context)


@router.post("/papers/{number:int}/comments", dependencies=_FORM)
def write(
    request: Request,
    site: Here,
    number: int,
    text: Text = "",
    parent: Text = "",
    what: Text = "post",
    audience: Annotated[str, Form(max_length=30)] = "",
) -> Response:
    """Say something about a paper to everybody, to a group or to oneself, or see first how it will look."""
    number = site.library.resolve(number)
    parent_id = int(parent) if parent.isascii() and parent.isdigit() and len(parent) < 18 else None
    answered = comment_of(site, parent_id) if parent_id else None
    to = Audience.of(answered) if answered else Audience.named(audience)
    if what == "preview":
        return _writing(request, site, number, text, answered, to=to)

    def post() -> Response:
        comment_id = site.community.comments.add(site.actor, number, text, parent_id, to)
        return _to_comment(site, number, comment_id, "keep-note" if to.is_me else "comment")

    return _posted(request, site, number, text, post, answered=answered, to=to)


@router.get("/comments/{number:int}")
def comment_page(request: Request, site: Here, number: int) -> Response:
    """One comment with its versions, and what one may do about it."""
    comment = comment_of(site, number)
    (one,) = said(site, [Entry(comment)])
    versions = site.community.comments.versions(site.actor, number) if one.html is not None else []
    context = {
        "one": one,
        "stored": site.library.paper(comment.paper_id),
        "answers": _answers(site, comment),
        "thread_path": _thread_path(comment),
        **_group_of(site, comment),
        "versions": [(version, comment_html(version.text)) for version in versions[::-1][:50]],
        "longest_comment": LONGEST,
        "longest_reason": LONGEST_REASON,
    }
    return site.page(request, "daily/comment.html", context)


@router.post("/comments/{number:int}/edit", dependencies=_FORM)
def edit(request: Request, site: Here, number: int, text: Text = "", what: Text = "post") -> Response:
    """Change one's own comment, or see first how it will look."""
    comment = own_comment_of(site, number)
    if what == "preview":
        return _writing(request, site, comment.paper_id, text, edited=comment, to=Audience.of(comment))

    def post() -> Response:
        site.community.comments.edit(site.actor, number, text)
        return _to_comment(site, comment.paper_id, number, "edit-comment")

    return _posted(request, site, comment.paper_id, text, post, edited=comment, to=Audience.of(comment))


@router.post("/comments/{number:int}/delete", dependencies=_FORM)
def delete(site: Here, number: int) -> Response:
    """Delete one's own comment."""
    comment = comment_of(site, number)
    if comment.group_id is None:
        own_comment_of(site, number)
    site.community.comments.delete(site.actor, number)
    if comment.group_id is not None:
        return redirect(_place(comment), {"done": "delete-comment"}, "comments")
    anchor = "notes" if comment.note_of and site.community.has_accounts else "comments"
    return redirect(_place(comment), {"done": "delete-comment"}, anchor)


@router.get("/account/mentions")
def mentions(request: Request, site: Here) -> Response:
    """The comments that mention whoever asks."""
    rows = site.community.comments.mentions(site.actor)
    shown = said(site, [Entry(comment) for comment, _ in rows][:30])
    context = {
        "mentions": list(zip(shown, [seen for _, seen in rows], strict=False)),
        "titles": site.titles(comment.paper_id for comment, _ in rows),
        "last": rows[0][0].id if rows else 0,
        "unseen": sum(not seen for _, seen in rows),
    }
    return site.page(request, "daily/mentions.html", context, here="account")


@router.post("/account/mentions", dependencies=_FORM)
def see_mentions(site: Here, last: Annotated[int, Form(ge=0, le=2**53)] = 0) -> Response:
    """Note that the mentions up to a comment are seen."""
    site.community.comments.see_mentions(site.actor, last)
    return redirect("/account/mentions", {"done": "mentions"})


def comment_of(site: Site, number: int) -> Comment:
    """The comment of this number. Raises 404."""
    with refused_as_404():
        return site.community.comments.get(site.actor, number)


def own_comment_of(site: Site, number: int) -> Comment:
    """The comment of this number if it is of whoever asks. Raises 404, 403."""
    comment = comment_of(site, number)
    if not site.community.comments.is_own(site.actor, comment):
        raise HTTPException(403, "This comment is somebody else's.")
    return comment


def _answers(site: Site, comment: Comment) -> list[Said]:
    """The answers to a comment, those that answer it directly."""
    entries = site.community.comments.thread(site.actor, comment.paper_id, Audience.of(comment))
    direct = [Entry(entry.comment, 0, comment) for entry in entries if entry.comment.parent_id == comment.id]
    return page_of(site, direct)[0]


def _posted(
    request: Request,
    site: Site,
    number: int,
    text: str,
    post: Callable[[], Response],
    answered: Comment | None = None,
    edited: Comment | None = None,
    to: Audience = EVERYBODY,
) -> Response:
    """What posting answers; where the text is refused, its form again with the reason."""
    try:
        return post()
    except UsageError as error:
        response = _writing(request, site, number, text, answered, edited, error, to)
        if isinstance(error, RateLimited):
            response.headers["Retry-After"] = str(error.seconds)
        return response


def _writing(
    request: Request,
    site: Site,
    number: int,
    text: str,
    answered: Comment | None = None,
    edited: Comment | None = None,
    error: UsageError | None = None,
    to: Audience = EVERYBODY,
) -> Response:
    """The form with a text, how it will look, and why it was refused."""
    text = text.replace("\r\n", "\n")
    context: dict[str, Any] = {
        "stored": site.library.paper(number),
        "text": text,
        "preview": comment_html(text) if text.strip() and len(text) <= LONGEST else None,
        "answered": said(site, [Entry(answered)])[0] if answered else None,
        "edited": edited,
        "error": str(error) if error else "",
        "audience": str(to),
        "longest_comment": LONGEST,
    }
    status = 429 if isinstance(error, RateLimited) else 400 if error else 200
    return site.page(request, "daily/write.html", context, status=status)


def _to_comment(site: Site, paper_id: int, comment_id: int, done: str) -> Response:
    """To the comment: on the page of its paper or its group if it is there, else on its own."""
    comment = comment_of(site, comment_id)
    entries = site.community.comments.thread(site.actor, paper_id, Audience.of(comment))
    on_paper = any(one.comment.id == comment_id for one in page_of(site, entries)[0])
    return redirect(_place(comment) if on_paper else f"/comments/{comment_id}", {"done": done}, f"c{comment_id}")


def _place(comment: Comment) -> str:
    """The page on which a comment stands with the others of its audience."""
    if comment.group_id is not None:
        return f"/groups/{comment.group_id}/papers/{comment.paper_id}"
    return f"/paper/{comment.paper_id}"


def _thread_path(comment: Comment) -> str:
    """Where a comment stands in its thread."""
    anchor = f"#c{comment.id}"
    if comment.note_of is not None or comment.group_id is not None:
        return _place(comment) + anchor
    return f"/paper/{comment.paper_id}/comments?from={comment.id}{anchor}"


def _group_of(site: Site, comment: Comment) -> dict[str, Any]:
    """The group within which something is said, and whether whoever asks owns it."""
    if comment.group_id is None:
        return {"group": None, "owns_group": False}
    circle = site.community.groups.get(site.actor, comment.group_id)
    return {"group": circle.group, "owns_group": circle.me.is_owner}
