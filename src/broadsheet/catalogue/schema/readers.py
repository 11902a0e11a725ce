"""The tables of readers, their events, their state, and what they keep: collections and searches."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, Table, Text, UniqueConstraint, text

from broadsheet.catalogue.schema.columns import METADATA, integer_column, key_column, reference_column, text_column

__all__ = [
    "collection_papers",
    "collections",
    "events",
    "reader_days",
    "reader_papers",
    "reader_tags",
    "readers",
    "saved_searches",
]

readers = Table(
    "readers",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    text_column("created_at"),
    text_column("settings"),
    integer_column("last_event", default="0"),  # id of the last event that is no impression
    sqlite_autoincrement=True,
)
events = Table(
    "events",
    METADATA,
    Column("id", Integer, primary_key=True),
    reference_column("reader_id", "readers.id"),
    text_column("at"),
    text_column("kind"),
    integer_column("paper_id"),  # no foreign key: events stay when the paper is deleted
    Column("position", Integer),
    text_column("policy"),
    text_column("value"),
    Column("undoes", Integer, unique=True),  # the event that this one undoes
    Column("propensity", Float),  # of an impression: the probability that its policy showed this paper
    Index("events_actions", "reader_id", "paper_id", sqlite_where=text("kind <> 'impression'")),
    Index("events_by_reader", "reader_id", "id", sqlite_where=text("kind <> 'impression'")),
    Index("impressions_by_reader", "reader_id", "at", sqlite_where=text("kind = 'impression'")),
    sqlite_autoincrement=True,
)
# The state is the sum of the events, written in the same transaction.
reader_papers = Table(
    "reader_papers",
    METADATA,
    key_column("reader_id", "readers.id"),
    key_column("paper_id", "papers.id"),
    Column("saved_at", Text),
    integer_column("rating", default="0"),
    integer_column("hidden", default="0"),
    Column("opened_at", Text),
    integer_column("days_seen", default="0"),  # distinct days with an impression
    text_column("last_seen_day", default=""),
    Index("reader_papers_by_paper", "paper_id"),
    Index(
        "reader_papers_touched",
        "reader_id",
        sqlite_where=text("saved_at IS NOT NULL OR rating <> 0 OR hidden <> 0 OR opened_at IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)
reader_days = Table(
    "reader_days",
    METADATA,
    key_column("reader_id", "readers.id"),
    key_column("paper_id", "papers.id"),
    Column("day", Text, primary_key=True),
    Index("reader_days_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
reader_tags = Table(
    "reader_tags",
    METADATA,
    key_column("reader_id", "readers.id"),
    Column("tag", Text, primary_key=True),
    key_column("paper_id", "papers.id"),
    Index("reader_tags_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
collections = Table(
    "collections",
    METADATA,
    Column("id", Integer, primary_key=True),
    reference_column("reader_id", "readers.id"),
    text_column("name"),
    text_column("created_at"),
    text_column("sections", default="[]"),  # JSON: their headings, in order
    Column("link_key", Text),  # of the link by which everybody may read it, if there is one
    UniqueConstraint("reader_id", "name"),
    Index("collections_by_key", "link_key", unique=True),
)
collection_papers = Table(
    "collection_papers",
    METADATA,
    key_column("collection_id", "collections.id"),
    key_column("paper_id", "papers.id"),
    text_column("added_at"),
    integer_column("position", default="0"),  # those of one place are in the order of adding
    text_column("section", default=""),
    text_column("remark", default=""),
    Index("collection_papers_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
saved_searches = Table(
    "saved_searches",
    METADATA,
    Column("id", Integer, primary_key=True),  # names its feed for ever
    reference_column("reader_id", "readers.id"),
    text_column("name"),
    text_column("search"),  # JSON: the query, and what it searches within
    text_column("created_at"),
    text_column("seen_at"),
    integer_column("seen_paper"),  # the newest paper of the index when the reader looked last
    UniqueConstraint("reader_id", "name"),
    sqlite_autoincrement=True,
)
