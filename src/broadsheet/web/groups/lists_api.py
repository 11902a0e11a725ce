"""Collections as reading lists in the JSON API: order, sections, remarks, sharing, what is missing."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from broadsheet.community.reading_lists import Listing, link_path
from broadsheet.web import models
from broadsheet.web.api import PREFIX, only_json
from broadsheet.web.groups.list_changes import ListChange, change_list
from broadsheet.web.groups.lists import listing_of
from broadsheet.web.models import Out
from broadsheet.web.outcomes import failures
from broadsheet.web.site import Here, Site

__all__ = ["router"]

router = APIRouter(
    prefix=f"{PREFIX}/reading-lists",
    tags=["collections"],
    responses=failures(400, 404),
    dependencies=[Depends(only_json)],
)
_RIGHTS: tuple[Literal["read", "edit", "own"], ...] = ("read", "edit", "own")


class ListOut(Out):
    """A collection as whoever asks may use it."""

    id: int
    name: str
    owner: str
    may: Literal["read", "edit", "own"]
    papers: int

    @classmethod
    def of(cls, one: Listing) -> ListOut:
        """The response for one collection."""
        stored = one.collection
        return cls(id=stored.id, name=stored.name, owner=stored.owner, may=_RIGHTS[one.right], papers=one.size)


class ListedOut(Out):
    """A paper of a collection."""

    paper: int
    title: str
    remark: str


class ListSectionOut(Out):
    """Papers under a heading; the last section has none where some papers stand without one."""

    heading: str
    papers: tuple[ListedOut, ...]


class WholeListOut(ListOut):
    """A collection with its papers in their order; `link`, `members` and `groups` are for its owner alone."""

    sections: tuple[ListSectionOut, ...]
    link: str
    members: dict[str, Literal["read", "edit"]]
    groups: dict[str, Literal["read", "edit"]]


class MissingOut(Out):
    """A paper that a collection may lack, and why."""

    paper: models.Paper
    reasons: tuple[str, ...]


@router.get("")
def reading_lists(site: Here) -> list[ListOut]:
    """Every collection that the reader may read: their own, and those shared with them."""
    return [ListOut.of(one) for one in site.community.reading_lists.all(site.reader)]


@router.get("/{number:int}")
def reading_list(site: Here, number: int) -> WholeListOut:
    """One collection in its order."""
    return _whole(site, number)


@router.post("/{number:int}", responses=failures(415))
def change(site: Here, number: int, body: ListChange) -> WholeListOut:
    """Change the order, a section, a remark, or whom the collection is shared with."""
    listing_of(site, number)
    change_list(site, number, body)
    return _whole(site, number)


@router.get("/{number:int}/missing")
def missing(site: Here, number: int, k: Annotated[int, Query(ge=1, le=50)] = 10) -> list[MissingOut]:
    """The papers that a collection lacks most, each with reasons."""
    listing_of(site, number)
    found = site.community.reading_lists.missing(site.reader, number, k)
    return [MissingOut(paper=models.Paper.of(one.stored), reasons=tuple(one.reasons)) for one in found]


def _whole(site: Site, number: int) -> WholeListOut:
    listing, lists = listing_of(site, number), site.community.reading_lists
    shares = lists.shares(number) if listing.is_own else None
    sections = [
        ListSectionOut(
            heading=section.heading,
            papers=tuple(
                ListedOut(paper=one.number, title=one.paper.title, remark=one.remark) for one in section.papers
            ),
        )
        for section in lists.printed(listing.collection).sections
    ]
    may: dict[bool, Literal["read", "edit"]] = {True: "edit", False: "read"}
    return WholeListOut(
        **dict(ListOut.of(listing)),
        sections=tuple(sections),
        link=link_path(shares.link_key) if shares and shares.link_key else "",
        members={name: may[edits] for name, edits in shares.members} if shares else {},
        groups={name: may[edits] for _, name, edits in shares.groups} if shares else {},
    )
