"""Reading groups in the JSON API, for their members alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import Field

from broadsheet.catalogue.community.groups import Group, Nomination
from broadsheet.community.groups import LONGEST_ABOUT, LONGEST_NAME, invitation_path
from broadsheet.web import outcomes
from broadsheet.web.api import PREFIX, only_json
from broadsheet.web.groups.group_changes import GroupChange, change_group
from broadsheet.web.groups.groups import circle_of
from broadsheet.web.models import Out
from broadsheet.web.outcomes import failures
from broadsheet.web.schemas import In
from broadsheet.web.site import Here, Site

__all__ = ["router"]

router = APIRouter(
    prefix=f"{PREFIX}/groups", tags=["groups"], dependencies=[Depends(only_json)], responses=failures(400, 404)
)


class GroupIn(In):
    """A new group."""

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    about: Annotated[str, Field(max_length=LONGEST_ABOUT)] = ""


class JoinIn(In):
    """An invitation that one accepts: the number of the `group` that invites, or the `key` at the end of its link."""

    group: Annotated[int, Field(ge=0, le=2**53)] = 0
    key: Annotated[str, Field(max_length=100)] = ""


class GroupOut(Out):
    """A group."""

    id: int
    name: str
    about: str

    @classmethod
    def of(cls, group: Group) -> GroupOut:
        """The response for one group."""
        return cls(id=group.id, name=group.name, about=group.about)


class MemberOut(Out):
    """A member; `shows` is whether the group sees what they save and vote for."""

    name: str
    role: Literal["owner", "member"]
    shows: bool


class NominationOut(Out):
    """A paper that is nominated, or has a day."""

    paper: int
    by: str
    why: str
    votes: int
    mine: bool
    read_on: date | None


class ShownOut(Out):
    """A paper that members saved or voted for in the last seven days."""

    paper: int
    at: datetime
    saved_by: tuple[str, ...]
    voted_by: tuple[str, ...]


class WholeGroupOut(GroupOut):
    """A group as its member sees it."""

    members: tuple[MemberOut, ...]
    invited: tuple[str, ...]
    link: str
    nominated: tuple[NominationOut, ...]
    next: tuple[NominationOut, ...]
    earlier: tuple[NominationOut, ...]
    week: tuple[ShownOut, ...]
    discussed: dict[int, int]
    reading_lists: tuple[int, ...]


@router.get("")
def groups(site: Here) -> list[GroupOut]:
    """The groups of whoever asks."""
    return [GroupOut.of(one) for one in site.community.groups.of(site.actor)]


@router.post("", responses=failures(415, 429))
def make(site: Here, body: GroupIn) -> WholeGroupOut:
    """Make a group."""
    return _whole(site, site.community.groups.create(site.actor, body.name, body.about))


@router.post("/join", responses=failures(415))
def join(site: Here, body: JoinIn) -> WholeGroupOut:
    """Accept an invitation by name or by link."""
    own = site.community.groups
    return _whole(site, own.join_by_link(site.actor, body.key) if body.key else own.accept(site.actor, body.group))


@router.get("/{number:int}")
def group(site: Here, number: int) -> WholeGroupOut:
    """One group: members, what it reads, what its members show."""
    return _whole(site, number)


@router.post("/{number:int}", responses=failures(415, 429))
def change(site: Here, number: int, body: GroupChange) -> WholeGroupOut:
    """Change the group, one's part in it, or what it reads."""
    circle_of(site, number)
    change_group(site, number, body)
    return _whole(site, number)


@router.post("/{number:int}/leave", responses=failures(415))
def leave(site: Here, number: int) -> outcomes.Done:
    """Leave a group; the last member's leaving deletes it."""
    circle_of(site, number)
    site.community.groups.leave(site.actor, number)
    return outcomes.Done()


@router.delete("/{number:int}", responses=failures(415))
def delete(site: Here, number: int) -> outcomes.Deleted:
    """Delete a group, as its owner; the answer has the number by which it can be restored."""
    circle_of(site, number)
    return outcomes.Deleted(deletion=site.community.groups.delete(site.actor, number))


def _whole(site: Site, number: int) -> WholeGroupOut:
    circle, reading = circle_of(site, number), site.community.group_reading
    agenda = reading.agenda(site.actor, number)

    def nominations(found: Sequence[Nomination]) -> tuple[NominationOut, ...]:
        return tuple(
            NominationOut(
                paper=one.paper_id,
                by=one.by,
                why=one.why,
                votes=len(one.voters),
                mine=circle.me.account_id in one.voters,
                read_on=one.read_on,
            )
            for one in found
        )

    shared = site.community.reading_lists.of_group(number, site.reader)
    return WholeGroupOut(
        **dict(GroupOut.of(circle.group)),
        members=tuple(
            MemberOut(name=m.name, role="owner" if m.is_owner else "member", shows=m.shown_since is not None)
            for m in circle.members
        ),
        invited=tuple(site.community.groups.invited(site.actor, number)),
        link=invitation_path(circle.group.invite_key) if circle.group.invite_key and circle.me.is_owner else "",
        nominated=nominations(agenda.nominated),
        next=nominations(agenda.next),
        earlier=nominations(agenda.earlier),
        week=tuple(
            ShownOut(paper=one.paper_id, at=one.at, saved_by=tuple(one.savers), voted_by=tuple(one.voters))
            for one in reading.week(site.actor, number)
        ),
        discussed=reading.discussed(site.actor, number),
        reading_lists=tuple(one.collection.id for one in shared),
    )
