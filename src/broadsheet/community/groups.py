"""Reading groups: who is in them, and who may change what.

Nothing of a group is seen by anybody else. A member shows saves and votes only after saying so, and only those from
then on.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from broadsheet.catalogue.community.groups import Group, Member
from broadsheet.community.actor import Actor
from broadsheet.community.participation import author_of, limited, line, paragraphs
from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.library import Library

if TYPE_CHECKING:
    from broadsheet.community.reading_lists import ReadingLists

__all__ = ["LONGEST_ABOUT", "LONGEST_NAME", "Circle", "Groups", "invitation_path"]

LONGEST_NAME = 80  # characters
LONGEST_ABOUT = 1000
MOST_GROUPS = 50  # of a member
MOST_MEMBERS = 200
_AN_HOUR = 60  # invitations and nominations of a member


@dataclass(frozen=True, slots=True)
class Circle:
    """A group as one of its members sees it."""

    group: Group
    me: Member
    members: Sequence[Member]


class Groups:
    """Groups over a library. Every method raises UsageError for what `actor` may not."""

    def __init__(self, library: Library, reading_lists: ReadingLists) -> None:
        self._library = library
        self._stored = library.catalogue.community.groups
        self._accounts = library.catalogue.community.accounts
        self._lists = reading_lists
        self._has_accounts = library.settings.community.mode == "community"

    # Reading ----------------------------------------------------------------------------------------------------

    def of(self, actor: Actor) -> list[Group]:
        """The groups of whoever asks, by name."""
        return self._stored.of_account(actor.account_id) if actor.account_id is not None else []

    def inviting(self, actor: Actor) -> list[Group]:
        """The groups that invite whoever asks."""
        return self._stored.inviting(actor.account_id) if actor.account_id is not None else []

    def get(self, actor: Actor, which: int | str, *, as_owner: bool = False) -> Circle:
        """A group of one's own, by number or name."""
        account = self.account(actor)
        named = [one for one in self._stored.of_account(account) if which in (one.id, str(one.id), one.name)]
        if len(named) > 1:
            raise UsageError(f"several groups of yours are called {which!r}; name one by its number")
        if not named:
            raise UsageError(f"there is no group {which!r} of yours" if isinstance(which, str) else _none(which))
        members = self._stored.members(named[0].id)
        me = next(member for member in members if member.account_id == account)
        if as_owner and not me.is_owner:
            raise UsageError("only an owner of the group may do this")
        return Circle(named[0], me, members)

    def of_link(self, invite_key: str) -> Group:
        """The group that a link of invitation leads to."""
        group = self._stored.of_key(invite_key) if invite_key else None
        if group is None:
            raise UsageError("this invitation was taken back, or its link is not whole")
        return group

    def invited(self, actor: Actor, which: int | str) -> list[str]:
        """The names of those whom a group invites, for its members."""
        return [name for _, name in self._stored.invited(self.get(actor, which).group.id)]

    # Members ----------------------------------------------------------------------------------------------------

    def create(self, actor: Actor, name: str, about: str = "") -> int:
        """Make a group, whose owner one is; returns its number. Raises RateLimited."""
        account, name, about = self.account(actor, writes=True), _name(name), _about(about)
        if len(self._stored.of_account(account)) >= MOST_GROUPS:
            raise UsageError(f"a member is in {MOST_GROUPS} groups at most")
        self.limit(actor)
        return self._stored.create(name, about, account)

    def change(self, actor: Actor, which: int | str, name: str, about: str) -> None:
        """Give a group another name and description."""
        self._stored.change(self.owned(actor, which).group.id, name=_name(name), about=_about(about))

    def delete(self, actor: Actor, which: int | str) -> int:
        """Delete a group; returns the number of the deletion, by which whoever deleted it restores it."""
        circle = self.owned(actor, which)
        return self._stored.delete(circle.group.id, circle.me.reader_id)

    def invite(self, actor: Actor, which: int | str, name: str) -> None:
        """Invite a member of the community by name. Raises RateLimited."""
        circle = self.owned(actor, which)
        account = self._accounts.named(name.strip().lower())
        if account is None or account.suspended_at is not None:
            raise UsageError(f"no member is called {name.strip()[:60]!r}")
        if any(member.account_id == account.id for member in circle.members):
            raise UsageError(f"{account.name} is in the group already")
        self.limit(actor)
        self._stored.invite(circle.group.id, account.id)

    def uninvite(self, actor: Actor, which: int | str, name: str) -> None:
        """Take an invitation back."""
        circle = self.owned(actor, which)
        for account, invited in self._stored.invited(circle.group.id):
            if invited == name:
                self._stored.uninvite(circle.group.id, account)

    def open_link(self, actor: Actor, which: int | str) -> str:
        """Make a link by which members join; an earlier one leads nowhere any more. Returns its path."""
        key = secrets.token_urlsafe(24)
        self._stored.change(self.owned(actor, which).group.id, invite_key=key)
        return invitation_path(key)

    def close_link(self, actor: Actor, which: int | str) -> None:
        """Take the link back."""
        self._stored.change(self.owned(actor, which).group.id, invite_key=None)

    def join_by_link(self, actor: Actor, invite_key: str) -> int:
        """Become a member by a link; returns the number of the group."""
        return self._join(actor, self.of_link(invite_key).id)

    def accept(self, actor: Actor, group_id: int) -> int:
        """Become a member by an invitation."""
        if group_id not in {group.id for group in self.inviting(actor)}:
            raise UsageError(f"group {group_id} does not invite you")
        return self._join(actor, group_id)

    def decline(self, actor: Actor, group_id: int) -> None:
        """Decline an invitation."""
        self._stored.uninvite(group_id, self.account(actor))

    def leave(self, actor: Actor, which: int | str) -> int | None:
        """Leave a group; what one said and nominated there stays. The last member's leaving deletes it.

        Returns the number of that deletion. If no other owner is left, the longest member becomes one.
        """
        circle = self.get(actor, which)
        others = [member for member in circle.members if member.account_id != circle.me.account_id]
        if not others:
            return self._stored.delete(circle.group.id, circle.me.reader_id)
        self._part(circle.group.id, circle.me)
        if not any(member.is_owner for member in others):
            self._stored.change_member(circle.group.id, others[0].account_id, role="owner")
        return None

    def remove(self, actor: Actor, which: int | str, name: str) -> None:
        """Take a member out of a group."""
        circle = self.owned(actor, which)
        member = _of_name(circle, name)
        if member.account_id == circle.me.account_id:
            raise UsageError("leave the group yourself")
        self._part(circle.group.id, member)

    def make_owner(self, actor: Actor, which: int | str, name: str, *, is_owner: bool = True) -> None:
        """Make a member an owner, or an owner a member again."""
        circle = self.owned(actor, which)
        member = _of_name(circle, name)
        if not is_owner and [one.name for one in circle.members if one.is_owner] == [member.name]:
            raise UsageError(f"{member.name} is the last owner; make another one first")
        self._stored.change_member(circle.group.id, member.account_id, role="owner" if is_owner else "member")

    def show_mine(self, actor: Actor, which: int | str, *, shown: bool) -> None:
        """Show the group what one saves and votes for from now on, or nothing any more."""
        circle = self.get(actor, which)
        since = (circle.me.shown_since or self._library.now()) if shown else None
        self._stored.change_member(circle.group.id, circle.me.account_id, shown_since=since)

    def share(self, actor: Actor, which: int | str, collection: int | str, *, may_edit: bool = False) -> None:
        """Share a collection of one's own with a group."""
        group_id = self.get(actor, which).group.id
        self._lists.share_with_group(actor.reader, collection, group_id, may_edit=may_edit)

    def _join(self, actor: Actor, group_id: int) -> int:
        account = self.account(actor, writes=True)
        members = self._stored.members(group_id)
        if len(members) >= MOST_MEMBERS:
            raise UsageError(f"a group has {MOST_MEMBERS} members at most")
        if len(self._stored.of_account(account)) >= MOST_GROUPS:
            raise UsageError(f"a member is in {MOST_GROUPS} groups at most")
        self._stored.join(group_id, account)
        return group_id

    def _part(self, group_id: int, member: Member) -> None:
        self._stored.leave(group_id, member.account_id)
        self._lists.unshare_all(member.reader_id, group_id)

    def owned(self, actor: Actor, which: int | str) -> Circle:
        """A group of which one is an owner."""
        self.account(actor, writes=True)
        return self.get(actor, which, as_owner=True)

    def account(self, actor: Actor, *, writes: bool = False) -> int:
        """The account of whoever acts; one that `writes` is not suspended."""
        if not self._has_accounts:
            raise UsageError("groups are for a community: this library has one reader")
        if actor.account_id is None:
            raise UsageError("sign in to use groups")
        if writes:
            author_of(self._library, actor)  # not a suspended account
        return actor.account_id

    def limit(self, actor: Actor) -> None:
        """Count an invitation, a nomination or a new group. Raises RateLimited."""
        limited(self._library, "group act of", author_of(self._library, actor), _AN_HOUR)


def invitation_path(key: str) -> str:
    """The path of the page that a link of invitation leads to."""
    return f"/groups/join/{key}"


def _name(text: str) -> str:
    name = line(text, LONGEST_NAME, "the name of a group")
    if not name:
        raise UsageError("a group needs a name")
    return name


def _about(text: str) -> str:
    return paragraphs(text, LONGEST_ABOUT) if text.strip() else ""


def _of_name(circle: Circle, name: str) -> Member:
    for member in circle.members:
        if member.name == name.strip().lower():
            return member
    raise UsageError(f"no member of the group is called {name.strip()[:60]!r}")


def _none(group_id: int) -> str:
    return f"there is no group {group_id} of yours"
