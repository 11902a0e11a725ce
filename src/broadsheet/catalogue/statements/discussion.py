"""Statements for comments, reports, the moderation log, and the tags and links that people add to papers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, delete, exists, func, or_, select, update

from broadsheet.catalogue.dialects.building import into
from broadsheet.catalogue.schema import (
    accounts,
    audit_log,
    comment_mentions,
    comment_versions,
    comments,
    group_members,
    moderation_log,
    paper_counts,
    paper_links,
    paper_tags,
    papers,
    readers,
    reading_groups,
    reports,
)
from broadsheet.catalogue.statements.elements import any_of, each, lookup

_COMMENT: BindParameter[Any] = bindparam("comment_id")
_ACCOUNT: BindParameter[Any] = bindparam("account_id")
_READER: BindParameter[Any] = bindparam("reader_id")
_PAPER: BindParameter[Any] = bindparam("paper_id")
_BEFORE: BindParameter[Any] = bindparam("before")
_MOST: BindParameter[Any] = bindparam("most")
_TARGET: BindParameter[Any] = bindparam("target")
_TAG: BindParameter[Any] = bindparam("tag")
_IDS = each("ids")
_OF_COMMENT: BindParameter[Any] = bindparam("of_comment")
_OF_ACCOUNT: BindParameter[Any] = bindparam("of_account")
_OF_PAPER: BindParameter[Any] = bindparam("of_paper")

# --- comments ---------------------------------------------------------------------------------------------------
_comment = select(
    *comments.c["id", "paper_id", "account_id", "reader_id"],
    func.coalesce(readers.c.name, ""),
    func.coalesce(accounts.c.full_name, ""),
    *comments.c["parent_id", "at", "text", "edited_at", "deleted_at", "hidden_at", "hidden_reason", "group_id"],
).select_from(
    comments.outerjoin(accounts, accounts.c.id == comments.c.account_id).outerjoin(
        readers, readers.c.id == func.coalesce(accounts.c.reader_id, comments.c.reader_id)
    )
)
_GROUP: BindParameter[Any] = bindparam("group_id")
_public = comments.c.group_id.is_(None)  # what is said in a group is for the group alone
# a note is for its reader alone
_readable = and_(_public, or_(comments.c.reader_id.is_(None), comments.c.reader_id == _READER))
_standing = and_(comments.c.deleted_at.is_(None), comments.c.hidden_at.is_(None))
COMMENT = _comment.where(comments.c.id == _COMMENT)
COMMENTS_OF_PAPER = _comment.where(comments.c.paper_id == _PAPER, _readable).order_by(comments.c.id).limit(_MOST)
COMMENTS_IN_GROUP = (
    _comment.where(comments.c.paper_id == _PAPER, comments.c.group_id == _GROUP).order_by(comments.c.id).limit(_MOST)
)
NOTES_ON_PAPERS = _comment.where(
    any_of(comments.c.paper_id, "ids"), comments.c.reader_id == _READER, _public, comments.c.deleted_at.is_(None)
).order_by(comments.c.id)
PAPERS_WITH_NOTES = (
    select(comments.c.paper_id).where(comments.c.reader_id == _READER, comments.c.deleted_at.is_(None)).distinct()
)
COMMENTS_OF_ACCOUNT = _comment.where(comments.c.account_id == _ACCOUNT, _public).order_by(comments.c.id)
NOTES_OF_READER = _comment.where(comments.c.reader_id == _READER).order_by(comments.c.id)
COMMENT_COUNTS = (
    select(comments.c.paper_id, func.count())
    .select_from(lookup(_IDS, comments, comments.c.paper_id == _IDS.c.value))
    .where(_readable, _standing)
    .group_by(comments.c.paper_id)
)
SAME_COMMENT = select(comments.c.id).where(
    comments.c.paper_id == _PAPER,
    func.coalesce(comments.c.account_id, 0) == _ACCOUNT,
    func.coalesce(comments.c.reader_id, 0) == _READER,
    func.coalesce(comments.c.parent_id, 0) == bindparam("parent_id"),
    func.coalesce(comments.c.group_id, 0) == _GROUP,
    comments.c.text == bindparam("text"),
    comments.c.deleted_at.is_(None),
    comments.c.at >= bindparam("since"),
)
ADD_COMMENT = into(comments, "id", "paper_id", "account_id", "reader_id", "parent_id", "at", "text", "group_id")
CHANGE_COMMENT = update(comments).where(comments.c.id == _OF_COMMENT)
VERSIONS_OF_COMMENT = (
    select(*comment_versions.c["n", "replaced_at", "text"])
    .where(comment_versions.c.comment_id == _COMMENT)
    .order_by(comment_versions.c.n)
)
ADD_COMMENT_VERSION = into(comment_versions, "comment_id", "n", "replaced_at", "text")
FORGET_COMMENT_VERSIONS = delete(comment_versions).where(comment_versions.c.comment_id == _OF_COMMENT)

# --- mentions ---------------------------------------------------------------------------------------------------
MEMBERS_NAMED = (
    select(readers.c.name, accounts.c.id)
    .join_from(accounts, readers, readers.c.id == accounts.c.reader_id)
    .where(any_of(readers.c.name, "names"))
)
MENTIONED_IN = (
    select(comment_mentions.c.comment_id, readers.c.name)
    .select_from(lookup(_IDS, comment_mentions, comment_mentions.c.comment_id == _IDS.c.value))
    .join(accounts, accounts.c.id == comment_mentions.c.account_id)
    .join(readers, readers.c.id == accounts.c.reader_id)
)
_in_group = exists().where(
    group_members.c.group_id == comments.c.group_id,
    group_members.c.account_id == _ACCOUNT,
    reading_groups.c.id == comments.c.group_id,
    reading_groups.c.deleted_at.is_(None),
)
_mentioned = (
    comment_mentions.c.account_id == _ACCOUNT,
    comments.c.account_id.is_distinct_from(_ACCOUNT),
    _standing,
    or_(_public, _in_group),
)
MENTIONS_OF_ACCOUNT = (
    _comment.add_columns(comment_mentions.c.seen_at)
    .join(comment_mentions, comment_mentions.c.comment_id == comments.c.id)
    .where(*_mentioned)
    .order_by(comments.c.id.desc())
    .limit(_MOST)
)
UNSEEN_MENTIONS = (
    select(func.count())
    .join_from(comment_mentions, comments, comments.c.id == comment_mentions.c.comment_id)
    .where(*_mentioned, comment_mentions.c.seen_at.is_(None))
)
ADD_MENTIONS = into(comment_mentions, "comment_id", "account_id", ignoring=True)
FORGET_OTHER_MENTIONS = delete(comment_mentions).where(
    comment_mentions.c.comment_id == _OF_COMMENT, ~any_of(comment_mentions.c.account_id, "ids")
)
SEE_MENTIONS = update(comment_mentions).where(
    comment_mentions.c.account_id == _OF_ACCOUNT,
    comment_mentions.c.comment_id <= bindparam("last"),
    comment_mentions.c.seen_at.is_(None),
)

# --- reports and the moderation log -----------------------------------------------------------------------------
OPEN_REPORTS = (
    select(*reports.c["id", "target", "account_id"], func.coalesce(readers.c.name, ""), *reports.c["at", "reason"])
    .select_from(
        reports.outerjoin(accounts, accounts.c.id == reports.c.account_id).outerjoin(
            readers, readers.c.id == accounts.c.reader_id
        )
    )
    .where(reports.c.resolved_at.is_(None))
    .order_by(reports.c.id)
    .limit(_MOST)
)
OPEN_REPORT_OF = select(reports.c.id).where(
    reports.c.target == _TARGET, reports.c.account_id == _ACCOUNT, reports.c.resolved_at.is_(None)
)
OPEN_REPORTS_ON = select(func.count()).where(reports.c.target == _TARGET, reports.c.resolved_at.is_(None))
ADD_REPORT = into(reports, "target", "account_id", "at", "reason")
RESOLVE_REPORTS = update(reports).where(reports.c.target == bindparam("of_target"), reports.c.resolved_at.is_(None))
MODERATION = (
    select(*moderation_log.c["id", "at", "actor", "act", "target", "reason"])
    .where(moderation_log.c.id < _BEFORE)
    .order_by(moderation_log.c.id.desc())
    .limit(_MOST)
)
ADD_MODERATION = into(moderation_log, "at", "actor", "act", "target", "reason")
ADD_MODERATION_AUDIT = into(audit_log, "at", "actor", "act", "target", "detail")

# --- tags -------------------------------------------------------------------------------------------------------
_is_here = exists().where(papers.c.id == paper_tags.c.paper_id)
TAGS_OF_PAPER = (
    select(paper_tags.c.tag, paper_tags.c.account_id, func.coalesce(readers.c.name, ""), paper_tags.c.at)
    .select_from(
        paper_tags.outerjoin(accounts, accounts.c.id == paper_tags.c.account_id).outerjoin(
            readers, readers.c.id == accounts.c.reader_id
        )
    )
    .where(paper_tags.c.paper_id == _PAPER)
    .order_by(paper_tags.c.tag)
)
TAG_COUNTS = (
    select(paper_tags.c.tag, func.count())
    .where(_is_here)
    .group_by(paper_tags.c.tag)
    .order_by(func.count().desc(), paper_tags.c.tag)
    .limit(_MOST)
)
TAG_COUNTS_AMONG = TAG_COUNTS.where(any_of(paper_tags.c.paper_id, "ids"))
PAPERS_TAGGED = (
    select(paper_tags.c.paper_id)
    .where(paper_tags.c.tag == _TAG, _is_here)
    .order_by(paper_tags.c.at.desc(), paper_tags.c.paper_id.desc())
)
ADD_PAPER_TAG = into(paper_tags, "paper_id", "tag", "account_id", "at", ignoring=True)
REMOVE_PAPER_TAG = delete(paper_tags).where(paper_tags.c.paper_id == _OF_PAPER, paper_tags.c.tag == bindparam("of_tag"))

# --- links ------------------------------------------------------------------------------------------------------
LINKS_OF_PAPER = (
    select(
        *paper_links.c["id", "kind", "url", "title"],
        func.coalesce(readers.c.name, paper_links.c.by),
        *paper_links.c["account_id", "at"],
    )
    .select_from(
        paper_links.outerjoin(accounts, accounts.c.id == paper_links.c.account_id).outerjoin(
            readers, readers.c.id == accounts.c.reader_id
        )
    )
    .where(paper_links.c.paper_id == _PAPER)
    .order_by(paper_links.c.id)
)
ADD_PAPER_LINK = into(paper_links, "paper_id", "kind", "url", "title", "by", "account_id", "at", ignoring=True)
REMOVE_PAPER_LINK = delete(paper_links).where(paper_links.c.id == bindparam("of_link"))
STARS_OF_PAPER = (  # of each place that counts, from the first day to the last
    select(paper_counts.c.source, paper_counts.c.value)
    .where(paper_counts.c.paper_id == _PAPER, paper_counts.c.kind == "stars")
    .order_by(paper_counts.c.source, paper_counts.c.day)
)
