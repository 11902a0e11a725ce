"""What can be changed of a group, for its forms and for the API alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import Field

from broadsheet.community.actor import Actor
from broadsheet.community.group_reading import LONGEST_WHY, GroupReading
from broadsheet.community.groups import LONGEST_ABOUT, LONGEST_NAME, Groups
from broadsheet.kit.errors import UsageError
from broadsheet.web.schemas import In
from broadsheet.web.site import Site

__all__ = ["GroupChange", "change_group"]

What = Literal[
    "rename", "invite", "uninvite", "open-link", "close-link", "remove", "make-owner", "make-member",
    "show", "hide", "nominate", "withdraw", "vote", "unvote", "pick", "unpick", "share", "unshare",
]  # fmt: skip
_ON_PAPERS = frozenset({"nominate", "withdraw", "vote", "unvote", "unpick"})


class GroupChange(In):
    """One change: the group gets another `name` and `about`; a member `name` is invited, removed, made an owner or a
    member; it gets a link, or loses it; one shows or hides what one saves; a `paper` is nominated, with a line `why`,
    voted for, or picked for a `day`, without a paper that with the most votes; a `collection` of one's own, by its
    number, is shared with the group, whose members may read or, with `may_edit`, change it."""

    what: What
    name: Annotated[str, Field(max_length=LONGEST_NAME)] = ""
    about: Annotated[str, Field(max_length=LONGEST_ABOUT)] = ""
    paper: Annotated[str, Field(max_length=500)] = ""
    why: Annotated[str, Field(max_length=LONGEST_WHY)] = ""
    day: date | None = None
    collection: Annotated[int, Field(ge=0, le=2**53)] = 0
    may_edit: bool = False


@dataclass(frozen=True, slots=True)
class _Call:
    """Who changes which group, and what it takes."""

    site: Site
    group: int
    change: GroupChange
    paper: int

    @property
    def actor(self) -> Actor:
        return self.site.actor

    @property
    def groups(self) -> Groups:
        return self.site.community.groups

    @property
    def reading(self) -> GroupReading:
        return self.site.community.group_reading


_Act: TypeAlias = Callable[[_Call], object]
_ACTS: Mapping[str, _Act] = {
    "rename": lambda one: one.groups.change(one.actor, one.group, one.change.name, one.change.about),
    "invite": lambda one: one.groups.invite(one.actor, one.group, one.change.name),
    "uninvite": lambda one: one.groups.uninvite(one.actor, one.group, one.change.name),
    "open-link": lambda one: one.groups.open_link(one.actor, one.group),
    "close-link": lambda one: one.groups.close_link(one.actor, one.group),
    "remove": lambda one: one.groups.remove(one.actor, one.group, one.change.name),
    "make-owner": lambda one: one.groups.make_owner(one.actor, one.group, one.change.name),
    "make-member": lambda one: one.groups.make_owner(one.actor, one.group, one.change.name, is_owner=False),
    "show": lambda one: one.groups.show_mine(one.actor, one.group, shown=True),
    "hide": lambda one: one.groups.show_mine(one.actor, one.group, shown=False),
    "nominate": lambda one: one.reading.nominate(one.actor, one.group, one.paper, one.change.why),
    "withdraw": lambda one: one.reading.withdraw(one.actor, one.group, one.paper),
    "vote": lambda one: one.reading.vote(one.actor, one.group, one.paper),
    "unvote": lambda one: one.reading.vote(one.actor, one.group, one.paper, cast=False),
    "pick": lambda one: one.reading.pick(one.actor, one.group, _day(one.change), one.paper),
    "unpick": lambda one: one.reading.pick(one.actor, one.group, None, one.paper),
    "share": lambda one: one.groups.share(one.actor, one.group, one.change.collection, may_edit=one.change.may_edit),
    "unshare": lambda one: one.site.community.reading_lists.unshare_with_group(
        one.site.reader, one.change.collection, one.group
    ),
}


def change_group(site: Site, group: int, change: GroupChange) -> int:
    """Carry a change out; returns the paper that it was about, or 0. Raises UsageError, UnknownPaper, RateLimited."""
    site.community.groups.get(site.actor, group)  # first: who is not in it learns nothing
    if change.what not in get_args(What):
        raise UsageError(f"unknown change {change.what!r} of a group; choose one of {', '.join(get_args(What))}")
    is_named = change.what in _ON_PAPERS or (change.what == "pick" and change.paper)
    paper = site.library.resolve(change.paper) if is_named else 0
    outcome = _ACTS[change.what](_Call(site, group, change, paper))
    return outcome if change.what == "pick" and isinstance(outcome, int) else paper


def _day(change: GroupChange) -> date:
    if change.day is None:
        raise UsageError("say on which day the paper is read")
    return change.day
