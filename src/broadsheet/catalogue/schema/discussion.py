"""Comments on papers, reports of what should not stand, and what moderators did, for everybody to read."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from broadsheet.catalogue.schema.columns import METADATA, key, number, words

__all__ = ["comment_mentions", "comment_versions", "comments", "moderation_log", "paper_tags", "reports"]

comments = Table(
    "comments",
    METADATA,
    Column("id", Integer, primary_key=True),
    number("paper_id"),
    Column("account_id", Integer),  # no foreign key: NULL once the author has left
    Column("parent_id", Integer),  # the comment it answers
    words("at"),
    words("text"),  # Markdown
    Column("edited_at", Text),
    Column("deleted_at", Text),  # by its author
    Column("hidden_at", Text),  # by a curator
    words("hidden_reason", default=""),
    Index("comments_by_paper", "paper_id", "id"),
    Index("comments_by_account", "account_id"),
    sqlite_autoincrement=True,
)
comment_versions = Table(
    "comment_versions",
    METADATA,
    key("comment_id", "comments.id"),
    key("n"),
    words("replaced_at"),
    words("text"),
    sqlite_with_rowid=False,
)
comment_mentions = Table(
    "comment_mentions",
    METADATA,
    key("comment_id", "comments.id"),
    key("account_id", "accounts.id"),
    Column("seen_at", Text),
    Index("comment_mentions_by_account", "account_id"),
    sqlite_with_rowid=False,
)
reports = Table(
    "reports",
    METADATA,
    Column("id", Integer, primary_key=True),
    words("target"),  # "comment 12", "submission 3", "paper 77"
    Column("account_id", Integer),  # who reports
    words("at"),
    words("reason"),
    Column("resolved_at", Text),
    words("resolution", default=""),
    Index("reports_open", "resolved_at"),
    sqlite_autoincrement=True,
)
moderation_log = Table(  # public
    "moderation_log",
    METADATA,
    Column("id", Integer, primary_key=True),
    words("at"),
    words("actor"),
    words("act"),  # hide | unhide | remove | restore | suspend | …
    words("target"),
    words("reason", default=""),
    sqlite_autoincrement=True,
)
paper_tags = Table(  # of the community, beside the tags a reader keeps for themself
    "paper_tags",
    METADATA,
    key("paper_id"),
    Column("tag", Text, primary_key=True),
    Column("account_id", Integer),
    words("at"),
    Index("paper_tags_by_tag", "tag"),
    sqlite_with_rowid=False,
)
