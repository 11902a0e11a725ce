"""Reading groups: who is in them, what members show each other, and what they read next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.database import Database, fetch, in_list, insert, next_id, parse_time, stored_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.redirects import follow
from broadsheet.kit.errors import UnknownPaper
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from broadsheet.catalogue.statements import groups as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "groups")

__all__ = ["Group", "GroupTable", "Member", "Nomination"]

_MOST = 300  # saves, votes and discussed papers that are looked at


@dataclass(frozen=True, slots=True)
class Group:
    """A reading group."""

    id: int
    name: str
    about: str
    created_at: datetime
    invite_key: str  # "": there is no link


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a group; without an owner the longest member is one."""

    account_id: int
    reader_id: int
    name: str
    full_name: str
    is_owner: bool
    joined_at: datetime
    shown_since: datetime | None  # since when the group sees what they save and vote for
    group_id: int


@dataclass(frozen=True, slots=True)
class Nomination:
    """A paper that a group may read together."""

    paper_id: int
    by: str  # "" of somebody who has left
    account_id: int | None
    at: datetime
    why: str
    read_on: date | None  # the day it is, or was, read
    voters: frozenset[int]  # accounts


class GroupTable:
    """Stores groups."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Reading ----------------------------------------------------------------------------------------------------

    def get(self, group_id: int) -> Group | None:
        """The group of this number; None if there is none, or it is deleted."""
        return next(iter(self._groups(sql.GROUP, group_id=group_id)), None)

    def of_key(self, invite_key: str) -> Group | None:
        """The group that a link of invitation leads to."""
        return next(iter(self._groups(sql.GROUP_OF_KEY, invite_key=invite_key)), None)

    def of_account(self, account_id: int) -> list[Group]:
        """The groups of a member, by name."""
        return self._groups(sql.GROUPS_OF_ACCOUNT, account_id=account_id)

    def inviting(self, account_id: int) -> list[Group]:
        """The groups that invite somebody."""
        return self._groups(sql.GROUPS_INVITED_TO, account_id=account_id)

    def members(self, group_id: int) -> list[Member]:
        """The members of a group, the longest first."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.GROUP_MEMBERS, group_id=group_id)
        no_owner = all(row[4] != "owner" for row in rows)
        return [_member(row, is_owner=no_owner and at == 0) for at, row in enumerate(rows)]

    def invited(self, group_id: int) -> list[tuple[int, str]]:
        """(account, name) of those whom a group invites."""
        with self._database.read() as connection:
            return list(fetch(connection, sql.INVITED_INTO_GROUP, group_id=group_id))

    def saves(self, group_id: int, since: datetime) -> list[tuple[int, str, datetime]]:
        """(paper, member, when) of what members save who show it, newest first."""
        return self._shown(sql.SAVES_IN_GROUP, group_id, since)

    def votes(self, group_id: int, since: datetime) -> list[tuple[int, str, datetime]]:
        """(paper, member, when) of the votes of members who show them, newest first."""
        return self._shown(sql.VOTES_IN_GROUP, group_id, since)

    def discussed(self, group_id: int) -> dict[int, int]:
        """The papers that a group talks about → comments, the last discussed first."""
        with self._database.read() as connection:
            return dict(fetch(connection, sql.COMMENTED_IN_GROUP, group_id=group_id, most=_MOST))

    def discussing(self, group_ids: Collection[int], paper_id: int) -> dict[int, int]:
        """Those of these groups that talk about a paper → their comments on it."""
        with self._database.read() as connection:
            return dict(fetch(connection, sql.GROUPS_DISCUSSING, ids=in_list(group_ids), paper_id=paper_id))

    def nominations(self, group_id: int) -> list[Nomination]:
        """The papers that were nominated, in the order of nomination."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.NOMINATIONS, group_id=group_id)
            cast = fetch(connection, sql.GROUP_VOTES, group_id=group_id)
        voters: dict[int, set[int]] = defaultdict(set)
        for paper_id, account_id in cast:
            voters[paper_id].add(account_id)
        return [
            Nomination(
                *(paper_id, by, account_id, parse_time(at), why),
                date.fromisoformat(read_on) if read_on else None,
                frozenset(voters[paper_id]),
            )
            for paper_id, by, account_id, at, why, read_on in rows
        ]

    # Writing ----------------------------------------------------------------------------------------------------

    def create(self, name: str, about: str, account_id: int) -> int:
        """Make a group with its owner; returns its number."""
        with self._database.write() as connection:
            now, number = self._database.now(), next_id(connection, "reading_groups")
            insert(connection, statements.ADD_GROUP, [(number, name, about, now)])
            insert(connection, statements.ADD_GROUP_MEMBER, [(number, account_id, "owner", now)])
        return number

    def change(self, group_id: int, **columns: Any) -> None:
        """Overwrite name, about or the key of the link."""
        with self._database.write() as connection:
            connection.execute(statements.CHANGE_GROUP, {"of_group": group_id, **columns})

    def delete(self, group_id: int, reader_id: int) -> int:
        """Delete a group; returns the number of the deletion, by which that reader can restore it."""
        from broadsheet.catalogue.reader_deletions import record_group  # imported here: only writers need it

        with self._database.write() as connection:
            now = self._database.now()
            deletion = record_group(connection, reader_id, group_id, now)
            connection.execute(statements.CHANGE_GROUP, {"of_group": group_id, "deleted_at": now})
        return deletion

    def invite(self, group_id: int, account_id: int) -> None:
        """Invite somebody."""
        self._insert(statements.ADD_GROUP_INVITATION, group_id, account_id, self._database.now())

    def uninvite(self, group_id: int, account_id: int) -> None:
        """Take an invitation back, or decline it."""
        self._execute(statements.REMOVE_GROUP_INVITATION, of_group=group_id, of_account=account_id)

    def join(self, group_id: int, account_id: int) -> None:
        """Become a member; the invitation is used up."""
        with self._database.write() as connection:
            row = (group_id, account_id, "member", self._database.now())
            insert(connection, statements.ADD_GROUP_MEMBER, [row])
            key = {"of_group": group_id, "of_account": account_id}
            connection.execute(statements.REMOVE_GROUP_INVITATION, key)

    def leave(self, group_id: int, account_id: int) -> None:
        """Leave a group, or be removed from it."""
        self._execute(statements.REMOVE_GROUP_MEMBER, of_group=group_id, of_account=account_id)

    def change_member(self, group_id: int, account_id: int, **columns: Any) -> None:
        """Overwrite a member's role, or since when they show what they save."""
        if isinstance(columns.get("shown_since"), datetime):
            columns["shown_since"] = stored_time(columns["shown_since"])
        self._execute(statements.CHANGE_GROUP_MEMBER, of_group=group_id, of_account=account_id, **columns)

    def nominate(self, group_id: int, paper_id: int, account_id: int, why: str) -> None:
        """Nominate a paper; one that is nominated stays as it is. Raises UnknownPaper."""
        with self._database.write() as connection:
            live = follow(connection, [paper_id]).get(paper_id)
            if live is None:
                raise UnknownPaper(f"no paper has the number {paper_id}")
            row = (group_id, live, account_id, self._database.now(), why)
            insert(connection, statements.ADD_NOMINATION, [row])

    def withdraw(self, group_id: int, paper_id: int) -> None:
        """Take a nomination away, with its votes."""
        with self._database.write() as connection:
            key = {"of_group": group_id, "of_paper": paper_id}
            connection.execute(statements.REMOVE_NOMINATION, key)
            connection.execute(statements.REMOVE_GROUP_VOTES, key)

    def read_on(self, group_id: int, paper_id: int, day: date | None) -> None:
        """Set the day on which a nominated paper is read, or take it back."""
        change = {"read_on": day.isoformat() if day else None}
        self._execute(statements.CHANGE_NOMINATION, of_group=group_id, of_paper=paper_id, **change)

    def vote(self, group_id: int, paper_id: int, account_id: int) -> None:
        """Vote for a nominated paper; twice is once."""
        self._insert(statements.ADD_GROUP_VOTE, group_id, paper_id, account_id, self._database.now())

    def unvote(self, group_id: int, paper_id: int, account_id: int) -> None:
        """Take a vote for a nominated paper back."""
        self._execute(statements.REMOVE_GROUP_VOTE, of_group=group_id, of_paper=paper_id, of_account=account_id)

    def _groups(self, query: str, **parameters: Any) -> list[Group]:
        with self._database.read() as connection:
            rows = fetch(connection, query, **parameters)
        return [Group(number, name, about, parse_time(at), key or "") for number, name, about, at, key in rows]

    def _shown(self, query: str, group_id: int, since: datetime) -> list[tuple[int, str, datetime]]:
        with self._database.read() as connection:
            rows = fetch(connection, query, group_id=group_id, since=stored_time(since), most=_MOST)
        return [(paper_id, name, parse_time(at)) for paper_id, name, at in rows]

    def _execute(self, statement: Any, **parameters: Any) -> None:
        with self._database.write() as connection:
            connection.execute(statement, parameters)

    def _insert(self, statement: Any, *row: Any) -> None:
        with self._database.write() as connection:
            insert(connection, statement, [row])


def _member(row: Sequence[Any], *, is_owner: bool = False) -> Member:
    account_id, reader_id, name, full_name, role, joined, shown, group_id = row
    return Member(
        *(account_id, reader_id, name, full_name, is_owner or role == "owner", parse_time(joined)),
        *(parse_time(shown) if shown else None, group_id),
    )
