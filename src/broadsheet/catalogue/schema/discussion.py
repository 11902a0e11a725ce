"""Comments on papers, reports of what should not stand, and what moderators did, for everybody to read."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from broadsheet.catalogue.schema.columns import METADATA, integer_column, key_column, text_column

__all__ = ["comment_mentions", "comment_versions", "comments", "moderation_log", "paper_tags", "reports"]

comments = Table(
    "comments",
    METADATA,
    Column("id", Integer, primary_key=True),
    integer_column("paper_id"),
    Column("account_id", Integer),  # no foreign key: NULL once the author has left
    Column("reader_id", Integer, ForeignKey("readers.id", ondelete="CASCADE")),  # NULL, or whose note to themself it is
    Column("parent_id", Integer),  # the comment it answers
    text_column("at"),
    text_column("text"),  # Markdown
    Column("edited_at", Text),
    Column("deleted_at", Text),  # by its author
    Column("hidden_at", Text),  # by a curator
    text_column("hidden_reason", default=""),
    Column("group_id", Integer, ForeignKey("reading_groups.id", ondelete="CASCADE")),  # NULL, or who alone reads it
    Index("comments_by_paper", "paper_id", "id"),
    Index("comments_by_account", "account_id"),
    Index("comments_by_reader", "reader_id"),
    Index("comments_by_group", "group_id"),
    sqlite_autoincrement=True,
)
comment_versions = Table(
    "comment_versions",
    METADATA,
    key_column("comment_id", "comments.id"),
    key_column("n"),
    text_column("replaced_at"),
    text_column("text"),
    sqlite_with_rowid=False,
)
comment_mentions = Table(
    "comment_mentions",
    METADATA,
    key_column("comment_id", "comments.id"),
    key_column("account_id", "accounts.id"),
    Column("seen_at", Text),
    Index("comment_mentions_by_account", "account_id"),
    sqlite_with_rowid=False,
)
reports = Table(
    "reports",
    METADATA,
    Column("id", Integer, primary_key=True),
    text_column("target"),  # "comment 12", "submission 3", "paper 77"
    Column("account_id", Integer),  # who reports
    text_column("at"),
    text_column("reason"),
    Column("resolved_at", Text),
    text_column("resolution", default=""),
    Index("reports_open", "resolved_at"),
    Index("reports_by_target", "target"),
    sqlite_autoincrement=True,
)
moderation_log = Table(  # public
    "moderation_log",
    METADATA,
    Column("id", Integer, primary_key=True),
    text_column("at"),
    text_column("actor"),
    text_column("act"),  # hide | unhide | remove | restore | suspend | …
    text_column("target"),
    text_column("reason", default=""),
    sqlite_autoincrement=True,
)
paper_tags = Table(  # of the community, beside the tags a reader keeps for themself
    "paper_tags",
    METADATA,
    key_column("paper_id"),
    Column("tag", Text, primary_key=True),
    Column("account_id", Integer),
    text_column("at"),
    Index("paper_tags_by_tag", "tag"),
    sqlite_with_rowid=False,
)
