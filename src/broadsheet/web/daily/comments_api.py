"""Comments, tags and links of papers in the JSON API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from broadsheet.catalogue.community.annotations import PaperLink, PaperTag
from broadsheet.community.annotations import LinkKind
from broadsheet.community.comments import LONGEST, Audience
from broadsheet.community.moderation import Target
from broadsheet.community.participation import LONGEST_REASON
from broadsheet.community.threads import Entry
from broadsheet.web import outcomes
from broadsheet.web.api import PREFIX, only_json
from broadsheet.web.daily.comments import comment_of, own_comment_of
from broadsheet.web.daily.threads import Said, said
from broadsheet.web.models import Out
from broadsheet.web.outcomes import failures
from broadsheet.web.schemas import In
from broadsheet.web.site import Here, Site

__all__ = ["ReasonIn", "router"]

router = APIRouter(prefix=PREFIX, tags=["discussion"], dependencies=[Depends(only_json)], responses=failures(400, 404))
_CHANGES = failures(415, 429)
ReasonText = Annotated[str, Field(max_length=LONGEST_REASON)]
Reason = Annotated[str, Query(max_length=LONGEST_REASON, description="why, where a curator takes off another's")]


class CommentIn(In):
    """A comment in Markdown, with formulas between dollars; `parent` is the comment it answers."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    parent: Annotated[int | None, Field(ge=1, le=2**53)] = None
    audience: Annotated[str, Field(max_length=30)] = ""  # "" everybody, me, or group:3


class EditIn(In):
    """A comment's new text."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST)]


class ReasonIn(In):
    """Why something is reported, hidden or shown again."""

    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]


class TagIn(In):
    """A tag, in any spelling."""

    name: Annotated[str, Field(min_length=1, max_length=200)]


class LinkIn(In):
    """A link, http or https; it is not visited."""

    kind: LinkKind
    url: Annotated[str, Field(max_length=1000)]
    title: Annotated[str, Field(max_length=120)] = ""


class CommentOut(Out):
    """A comment as whoever asks may see it; of a deleted or hidden one there is no text."""

    id: int
    paper_id: int
    parent: int | None
    depth: int
    author: str
    full_name: str
    at: datetime
    edited_at: datetime | None
    state: Literal["stands", "hidden", "deleted"]
    hidden_reason: str
    text: str
    html: str

    @classmethod
    def of(cls, one: Said) -> CommentOut:
        """The response for one comment."""
        comment = one.comment
        return cls(
            id=comment.id,
            paper_id=comment.paper_id,
            parent=comment.parent_id,
            depth=one.depth,
            author=comment.author,
            full_name=comment.full_name,
            at=comment.at,
            edited_at=comment.edited_at,
            state="deleted" if comment.deleted_at else "hidden" if comment.hidden_at else "stands",
            hidden_reason=comment.hidden_reason,
            text=comment.text if one.html is not None else "",
            html=str(one.html or ""),
        )


class CommentVersionOut(Out):
    """What a comment said until `replaced_at`."""

    n: int
    replaced_at: datetime
    text: str


class TagOut(Out):
    """A tag of a paper."""

    name: str
    by: str
    at: datetime


class LinkOut(Out):
    """A link of a paper."""

    id: int
    kind: str
    url: str
    title: str
    by: str
    at: datetime


# Comments -----------------------------------------------------------------------------------------------------------


@router.get("/papers/{paper:path}/comments")
def comments(
    site: Here,
    paper: str,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0, le=5000)] = 0,
) -> list[CommentOut]:
    """The comments on a paper in reading order: each followed by its answers."""
    entries = site.community.comments.thread(site.actor, site.library.resolve(paper))
    return [CommentOut.of(one) for one in said(site, entries[offset : offset + limit])]


@router.post("/papers/{paper:path}/comments", responses=_CHANGES)
def add_comment(site: Here, paper: str, body: CommentIn) -> CommentOut:
    """Say something about a paper. The same text again within an hour is one comment."""
    number = site.library.resolve(paper)
    return _comment(
        site, site.community.comments.add(site.actor, number, body.text, body.parent, Audience.named(body.audience))
    )


@router.get("/comments/{number:int}")
def comment(site: Here, number: int) -> CommentOut:
    """One comment."""
    return _comment(site, number)


@router.get("/comments/{number:int}/versions")
def comment_versions(site: Here, number: int) -> list[CommentVersionOut]:
    """Earlier versions of a comment, oldest first."""
    comment_of(site, number)
    return [CommentVersionOut.model_validate(one) for one in site.community.comments.versions(site.actor, number)]


@router.patch("/comments/{number:int}", responses=failures(403, 415, 429))
def edit_comment(site: Here, number: int, body: EditIn) -> CommentOut:
    """Change one's own comment; what it was stays readable."""
    own_comment_of(site, number)
    site.community.comments.edit(site.actor, number, body.text)
    return _comment(site, number)


@router.delete("/comments/{number:int}", responses=failures(403, 415))
def delete_comment(site: Here, number: int) -> outcomes.Done:
    """Delete one's own comment with its versions; its place in the thread stays."""
    own_comment_of(site, number)
    site.community.comments.delete(site.actor, number)
    return outcomes.Done()


@router.post("/comments/{number:int}/report", responses=_CHANGES)
def report_comment(site: Here, number: int, body: ReasonIn) -> outcomes.Done:
    """Tell the curators about a comment."""
    comment_of(site, number)
    site.community.moderation.report(site.actor, Target("comment", number), body.reason)
    return outcomes.Done()


@router.post("/comments/{number:int}/hide", responses=failures(415))
def hide_comment(site: Here, number: int, body: ReasonIn) -> CommentOut:
    """Hide a comment, with a reason that everybody can read."""
    comment_of(site, number)
    site.community.comments.hide(site.actor, number, body.reason)
    return _comment(site, number)


@router.post("/comments/{number:int}/unhide", responses=failures(415))
def unhide_comment(site: Here, number: int, body: ReasonIn) -> CommentOut:
    """Show a hidden comment again."""
    comment_of(site, number)
    site.community.comments.unhide(site.actor, number, body.reason)
    return _comment(site, number)


# Tags and links -----------------------------------------------------------------------------------------------------


@router.get("/tags")
def tags(site: Here) -> dict[str, int]:
    """Every tag of the community with the number of its papers, the most used first."""
    return dict(site.community.annotations.tag_counts())


@router.get("/papers/{paper:path}/tags")
def paper_tags(site: Here, paper: str) -> list[TagOut]:
    """The tags that members gave a paper."""
    return _tags(site.community.annotations.tags(site.library.resolve(paper)))


@router.post("/papers/{paper:path}/tags", responses=_CHANGES)
def add_tag(site: Here, paper: str, body: TagIn) -> list[TagOut]:
    """Put a tag on a paper; returns all its tags."""
    number = site.library.resolve(paper)
    site.community.annotations.add_tag(site.actor, number, body.name)
    return _tags(site.community.annotations.tags(number))


@router.delete("/papers/{paper:path}/tags", responses=failures(415))
def remove_tag(
    site: Here, paper: str, name: Annotated[str, Query(max_length=200)], reason: Reason = ""
) -> list[TagOut]:
    """Take one's own tag off a paper, or as a curator any; returns the tags that are left."""
    number = site.library.resolve(paper)
    site.community.annotations.remove_tag(site.actor, number, name, reason)
    return _tags(site.community.annotations.tags(number))


@router.get("/papers/{paper:path}/links")
def paper_links(site: Here, paper: str) -> list[LinkOut]:
    """The links that members and sources gave a paper: code, project, models, datasets, demos, videos."""
    return _links(site.community.annotations.links(site.library.resolve(paper)))


@router.post("/papers/{paper:path}/links", responses=_CHANGES)
def add_link(site: Here, paper: str, body: LinkIn) -> list[LinkOut]:
    """Add a link to a paper; returns all its links."""
    number = site.library.resolve(paper)
    site.community.annotations.add_link(site.actor, number, body.kind, body.url, body.title)
    return _links(site.community.annotations.links(number))


@router.delete("/papers/{paper:path}/links", responses=failures(415))
def remove_link(
    site: Here, paper: str, link: Annotated[int, Query(ge=1, le=2**53)], reason: Reason = ""
) -> list[LinkOut]:
    """Take one's own link off a paper, or as a curator any; returns the links that are left."""
    number = site.library.resolve(paper)
    site.community.annotations.remove_link(site.actor, number, link, reason)
    return _links(site.community.annotations.links(number))


def _comment(site: Site, number: int) -> CommentOut:
    return CommentOut.of(said(site, [Entry(comment_of(site, number))])[0])


def _tags(tags_: list[PaperTag]) -> list[TagOut]:
    return [TagOut.model_validate(tag) for tag in tags_]


def _links(links: list[PaperLink]) -> list[LinkOut]:
    return [LinkOut.model_validate(link) for link in links]
