"""The tables of what readers share: collections with members and groups, highlights, and reading groups."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from broadsheet.catalogue.schema.columns import METADATA, integer_column, key_column, reference_column, text_column

__all__ = [
    "collection_groups",
    "collection_members",
    "group_invitations",
    "group_members",
    "group_nominations",
    "group_votes",
    "highlights",
    "reading_groups",
]

collection_members = Table(  # beside the reader whose collection it is
    "collection_members",
    METADATA,
    key_column("collection_id", "collections.id"),
    key_column("reader_id", "readers.id"),
    integer_column("may_edit"),
    text_column("at"),
    Index("collection_members_by_reader", "reader_id"),
    sqlite_with_rowid=False,
)
highlights = Table(
    "highlights",
    METADATA,
    Column("id", Integer, primary_key=True),
    reference_column("reader_id", "readers.id"),
    integer_column("paper_id"),
    text_column("at"),
    text_column("field"),  # title | abstract
    text_column("quote"),
    text_column("text_before"),  # what stood around it, by which it is found in a later version
    text_column("text_after"),
    Index("highlights_by_reader", "reader_id", "paper_id"),
    Index("highlights_by_paper", "paper_id"),
    sqlite_autoincrement=True,
)
reading_groups = Table(
    "reading_groups",
    METADATA,
    Column("id", Integer, primary_key=True),
    text_column("name"),
    text_column("about"),
    text_column("created_at"),
    Column("invite_key", Text),  # of the link by which members join, if there is one
    Column("deleted_at", Text),  # until it is restored, or deleted for good
    Index("reading_groups_by_key", "invite_key", unique=True),
    sqlite_autoincrement=True,
)
group_members = Table(
    "group_members",
    METADATA,
    key_column("group_id", "reading_groups.id"),
    key_column("account_id", "accounts.id"),
    text_column("role"),  # owner | member
    text_column("joined_at"),
    Column("shown_since", Text),  # since when the group sees what this member saves and votes for; NULL: it does not
    Index("group_members_by_account", "account_id"),
    sqlite_with_rowid=False,
)
group_invitations = Table(
    "group_invitations",
    METADATA,
    key_column("group_id", "reading_groups.id"),
    key_column("account_id", "accounts.id"),  # who is invited
    text_column("at"),
    Index("group_invitations_by_account", "account_id"),
    sqlite_with_rowid=False,
)
group_nominations = Table(  # papers to read together; with a day: chosen, and once it is past, read
    "group_nominations",
    METADATA,
    key_column("group_id", "reading_groups.id"),
    key_column("paper_id"),
    Column("account_id", Integer),  # who nominated it; no foreign key: NULL once the member has left
    text_column("at"),
    text_column("why"),
    Column("read_on", Text),
    Index("group_nominations_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
group_votes = Table(
    "group_votes",
    METADATA,
    key_column("group_id", "reading_groups.id"),
    key_column("paper_id"),
    key_column("account_id", "accounts.id"),
    text_column("at"),
    Index("group_votes_by_paper", "paper_id"),
    Index("group_votes_by_account", "account_id"),
    sqlite_with_rowid=False,
)
collection_groups = Table(
    "collection_groups",
    METADATA,
    key_column("collection_id", "collections.id"),
    key_column("group_id", "reading_groups.id"),
    integer_column("may_edit"),
    text_column("at"),
    Index("collection_groups_by_group", "group_id"),
    sqlite_with_rowid=False,
)
