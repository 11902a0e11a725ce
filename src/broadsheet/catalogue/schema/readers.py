"""Readers, their events, and the state these add up to."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint, text

from broadsheet.catalogue.schema.columns import METADATA, key, number, ref, words

__all__ = ["collection_papers", "collections", "events", "reader_days", "reader_papers", "reader_tags", "readers"]

readers = Table(
    "readers",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    words("created_at"),
    words("settings"),
    number("last_event", default="0"),  # id of the last event that is no impression
    sqlite_autoincrement=True,
)
events = Table(
    "events",
    METADATA,
    Column("id", Integer, primary_key=True),
    ref("reader_id", "readers.id"),
    words("at"),
    words("kind"),
    number("paper_id"),  # no foreign key: what happened stays when the paper is deleted
    Column("position", Integer),
    words("policy"),
    words("value"),
    Column("undoes", Integer, unique=True),  # the event this one takes back
    Index("events_actions", "reader_id", "paper_id", sqlite_where=text("kind <> 'impression'")),
    Index("events_by_reader", "reader_id", "id", sqlite_where=text("kind <> 'impression'")),
    sqlite_autoincrement=True,
)
# The state the events add up to, kept in the same transaction.
reader_papers = Table(
    "reader_papers",
    METADATA,
    key("reader_id", "readers.id"),
    key("paper_id", "papers.id"),
    Column("saved_at", Text),
    number("rating", default="0"),
    number("hidden", default="0"),
    Column("opened_at", Text),
    number("days_seen", default="0"),  # distinct days with an impression
    words("last_seen_day", default=""),
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
    key("reader_id", "readers.id"),
    key("paper_id", "papers.id"),
    Column("day", Text, primary_key=True),
    Index("reader_days_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
reader_tags = Table(
    "reader_tags",
    METADATA,
    key("reader_id", "readers.id"),
    Column("tag", Text, primary_key=True),
    key("paper_id", "papers.id"),
    Index("reader_tags_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
collections = Table(
    "collections",
    METADATA,
    Column("id", Integer, primary_key=True),
    ref("reader_id", "readers.id"),
    words("name"),
    words("created_at"),
    UniqueConstraint("reader_id", "name"),
)
collection_papers = Table(
    "collection_papers",
    METADATA,
    key("collection_id", "collections.id"),
    key("paper_id", "papers.id"),
    words("added_at"),
    Index("collection_papers_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
