"""Statements for reading groups: members, invitations, what they show each other, and what they read next."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, delete, exists, func, or_, select, update

from broadsheet.catalogue.dialects.building import into
from broadsheet.catalogue.schema import (
    accounts,
    comments,
    deletions,
    group_invitations,
    group_members,
    group_nominations,
    group_votes,
    reader_papers,
    readers,
    reading_groups,
    votes,
)
from broadsheet.catalogue.statements.elements import any_of, json_field

_GROUP: BindParameter[Any] = bindparam("group_id")
_ACCOUNT: BindParameter[Any] = bindparam("account_id")
_OF_GROUP: BindParameter[Any] = bindparam("of_group")
_OF_ACCOUNT: BindParameter[Any] = bindparam("of_account")
_OF_PAPER: BindParameter[Any] = bindparam("of_paper")
_SINCE: BindParameter[Any] = bindparam("since")
_lives = reading_groups.c.deleted_at.is_(None)
_group = select(*reading_groups.c["id", "name", "about", "created_at", "invite_key"])

# --- groups and members -----------------------------------------------------------------------------------------
GROUP = _group.where(reading_groups.c.id == _GROUP, _lives)
GROUP_OF_KEY = _group.where(reading_groups.c.invite_key == bindparam("invite_key"), _lives)
GROUPS_OF_ACCOUNT = (
    _group.join(group_members, group_members.c.group_id == reading_groups.c.id)
    .where(group_members.c.account_id == _ACCOUNT, _lives)
    .order_by(reading_groups.c.name, reading_groups.c.id)
)
GROUP_IDS = select(reading_groups.c.id)
_member = (
    select(
        group_members.c.account_id,
        readers.c.id,
        readers.c.name,
        accounts.c.full_name,
        *group_members.c["role", "joined_at", "shown_since", "group_id"],
    )
    .join_from(group_members, accounts, accounts.c.id == group_members.c.account_id)
    .join(readers, readers.c.id == accounts.c.reader_id)
    .join(reading_groups, reading_groups.c.id == group_members.c.group_id)
    .where(_lives)
)
GROUP_MEMBERS = _member.where(group_members.c.group_id == _GROUP).order_by(
    group_members.c.joined_at, group_members.c.account_id
)
GROUPS_INVITED_TO = (
    _group.join(group_invitations, group_invitations.c.group_id == reading_groups.c.id)
    .where(group_invitations.c.account_id == _ACCOUNT, _lives)
    .order_by(group_invitations.c.at)
)
INVITED_INTO_GROUP = (
    select(accounts.c.id, readers.c.name)
    .join_from(group_invitations, accounts, accounts.c.id == group_invitations.c.account_id)
    .join(readers, readers.c.id == accounts.c.reader_id)
    .where(group_invitations.c.group_id == _GROUP)
    .order_by(readers.c.name)
)
ADD_GROUP = into(reading_groups, "id", "name", "about", "created_at")
CHANGE_GROUP = update(reading_groups).where(reading_groups.c.id == _OF_GROUP)
ADD_GROUP_MEMBER = into(group_members, "group_id", "account_id", "role", "joined_at", ignoring=True)
CHANGE_GROUP_MEMBER = update(group_members).where(
    group_members.c.group_id == _OF_GROUP, group_members.c.account_id == _OF_ACCOUNT
)
REMOVE_GROUP_MEMBER = delete(group_members).where(
    group_members.c.group_id == _OF_GROUP, group_members.c.account_id == _OF_ACCOUNT
)
ADD_GROUP_INVITATION = into(group_invitations, ignoring=True)
REMOVE_GROUP_INVITATION = delete(group_invitations).where(
    group_invitations.c.group_id == _OF_GROUP, group_invitations.c.account_id == _OF_ACCOUNT
)
DELETED_GROUPS = select(json_field(deletions.c.content, "group")).where(
    deletions.c.kind == "group",
    deletions.c.restored_at.is_(None),
    or_(bindparam("number") == 0, deletions.c.id == bindparam("number")),
)
FORGET_GROUPS = delete(reading_groups).where(any_of(reading_groups.c.id, "ids"))

# --- what members show each other -------------------------------------------------------------------------------
_shows = and_(
    group_members.c.group_id == _GROUP, group_members.c.shown_since.is_not(None), accounts.c.suspended_at.is_(None)
)
SAVES_IN_GROUP = (  # (paper, member, when): of those who show them, from when they began to
    select(reader_papers.c.paper_id, readers.c.name, reader_papers.c.saved_at)
    .join_from(group_members, accounts, accounts.c.id == group_members.c.account_id)
    .join(readers, readers.c.id == accounts.c.reader_id)
    .join(reader_papers, reader_papers.c.reader_id == accounts.c.reader_id)
    .where(_shows, reader_papers.c.saved_at >= group_members.c.shown_since, reader_papers.c.saved_at >= _SINCE)
    .order_by(reader_papers.c.saved_at.desc(), reader_papers.c.paper_id)
    .limit(bindparam("most"))
)
VOTES_IN_GROUP = (
    select(votes.c.paper_id, readers.c.name, votes.c.at)
    .join_from(group_members, accounts, accounts.c.id == group_members.c.account_id)
    .join(readers, readers.c.id == accounts.c.reader_id)
    .join(votes, votes.c.reader_id == accounts.c.reader_id)
    .where(_shows, votes.c.at >= group_members.c.shown_since, votes.c.at >= _SINCE)
    .order_by(votes.c.at.desc(), votes.c.paper_id)
    .limit(bindparam("most"))
)
COMMENTED_IN_GROUP = (  # (paper, comments that stand)
    select(comments.c.paper_id, func.count())
    .where(comments.c.group_id == _GROUP, comments.c.deleted_at.is_(None))
    .group_by(comments.c.paper_id)
    .order_by(func.max(comments.c.id).desc())
    .limit(bindparam("most"))
)
GROUPS_DISCUSSING = (  # (group, comments on a paper)
    select(comments.c.group_id, func.count())
    .where(
        comments.c.paper_id == bindparam("paper_id"),
        any_of(comments.c.group_id, "ids"),
        comments.c.deleted_at.is_(None),
    )
    .group_by(comments.c.group_id)
)

# --- what is read next ------------------------------------------------------------------------------------------
NOMINATIONS = (
    select(
        group_nominations.c.paper_id,
        func.coalesce(readers.c.name, ""),
        *group_nominations.c["account_id", "at", "why", "read_on"],
    )
    .select_from(
        group_nominations.outerjoin(accounts, accounts.c.id == group_nominations.c.account_id).outerjoin(
            readers, readers.c.id == accounts.c.reader_id
        )
    )
    .where(group_nominations.c.group_id == _GROUP)
    .order_by(group_nominations.c.at, group_nominations.c.paper_id)
)
GROUP_VOTES = (
    select(*group_votes.c["paper_id", "account_id"])
    .where(
        group_votes.c.group_id == _GROUP,
        exists().where(
            group_members.c.group_id == group_votes.c.group_id, group_members.c.account_id == group_votes.c.account_id
        ),
    )
    .order_by(group_votes.c.at)
)
ADD_NOMINATION = into(group_nominations, "group_id", "paper_id", "account_id", "at", "why", ignoring=True)
_NOMINATION = (group_nominations.c.group_id == _OF_GROUP, group_nominations.c.paper_id == _OF_PAPER)
CHANGE_NOMINATION = update(group_nominations).where(*_NOMINATION)
REMOVE_NOMINATION = delete(group_nominations).where(*_NOMINATION)
ADD_GROUP_VOTE = into(group_votes, ignoring=True)
REMOVE_GROUP_VOTES = delete(group_votes).where(group_votes.c.group_id == _OF_GROUP, group_votes.c.paper_id == _OF_PAPER)
REMOVE_GROUP_VOTE = REMOVE_GROUP_VOTES.where(group_votes.c.account_id == _OF_ACCOUNT)
