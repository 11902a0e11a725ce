"""The tables of what readers take to other programs: private feeds, feed readers that sign in, and archives read in."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint

from broadsheet.catalogue.schema.columns import METADATA, integer_column, key_column, reference_column, text_column

__all__ = ["private_feeds", "read_marks", "reader_programs", "stream_papers", "takeout_imports"]

private_feeds = Table(  # the address of a feed is signed with the library's key; nothing here opens it
    "private_feeds",
    METADATA,
    Column("id", Integer, primary_key=True),
    reference_column("reader_id", "readers.id"),
    text_column("stream"),  # what the feed lists: "page", "tag:thesis", "search:7"
    integer_column("generation", default="1"),  # of its address; those of earlier ones are revoked
    integer_column("is_open", default="1"),  # 0: the present address is revoked, too
    text_column("created_at"),
    Column("fetched_at", Text),
    UniqueConstraint("reader_id", "stream"),
    sqlite_autoincrement=True,
)
reader_programs = Table(  # feed readers that sign in with a password of their own
    "reader_programs",
    METADATA,
    Column("id", Integer, primary_key=True),
    reference_column("reader_id", "readers.id"),
    text_column("name"),
    Column("password_hash", Text, nullable=False, unique=True),
    text_column("created_at"),
    Column("used_at", Text),
    Index("reader_programs_by_reader", "reader_id"),
    sqlite_autoincrement=True,
)
stream_papers = Table(  # when a paper came into what a feed reader follows
    "stream_papers",
    METADATA,
    key_column("reader_id", "readers.id"),
    Column("stream", Text, primary_key=True),
    key_column("paper_id"),
    text_column("at"),
    Index("stream_papers_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
read_marks = Table(  # what a reader marked as read, or as unread again
    "read_marks",
    METADATA,
    key_column("reader_id", "readers.id"),
    key_column("paper_id"),
    integer_column("is_read"),
    text_column("at"),
    Index("read_marks_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
takeout_imports = Table(  # which rows an archive brought, so that it can be undone
    "takeout_imports",
    METADATA,
    Column("import_id", Integer, primary_key=True),
    reference_column("reader_id", "readers.id"),
    text_column("at"),
    text_column("added"),  # JSON: by table the keys of its rows, "" once it is undone
    Index("takeout_imports_by_reader", "reader_id"),
)
