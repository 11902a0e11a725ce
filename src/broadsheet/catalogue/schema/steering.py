"""The tables of how readers steer their pages: interests, what is muted, and earlier states for undo."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, Table, UniqueConstraint

from broadsheet.catalogue.schema.columns import METADATA, integer_column, key_column, reference_column, text_column

__all__ = ["interest_papers", "interests", "mutes", "steering_changes"]

interests = Table(
    "interests",
    METADATA,
    Column("id", Integer, primary_key=True),  # names its feed for ever
    reference_column("reader_id", "readers.id"),
    text_column("name"),
    text_column("kind"),  # saves | chosen | tag | collection | search | author | sentence | list
    text_column("value"),  # the tag, the collection, the query, the name, the sentence
    Column("weight", Float, nullable=False),
    Column("quota", Float),  # share of the page, 0..1; NULL: by weight
    text_column("state"),  # on | muted | dropped
    integer_column("named"),  # 1: the reader gave the name
    text_column("created_at"),
    Index("interests_by_reader", "reader_id"),
    sqlite_autoincrement=True,
)
interest_papers = Table(  # the saves that make an interest, by which it is known again
    "interest_papers",
    METADATA,
    key_column("interest_id", "interests.id"),
    key_column("paper_id"),  # no foreign key: rows stay when the paper is deleted
    Index("interest_papers_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
mutes = Table(
    "mutes",
    METADATA,
    Column("id", Integer, primary_key=True),
    reference_column("reader_id", "readers.id"),
    text_column("kind"),  # word | author | venue | organisation
    text_column("value"),
    text_column("created_at"),
    UniqueConstraint("reader_id", "kind", "value"),
    sqlite_autoincrement=True,
)
steering_changes = Table(  # what an undo brings back
    "steering_changes",
    METADATA,
    Column("id", Integer, primary_key=True),
    reference_column("reader_id", "readers.id"),
    text_column("at"),
    text_column("label"),
    text_column("earlier"),  # JSON: interests and mutes
    Index("steering_changes_by_reader", "reader_id", "id"),
    sqlite_autoincrement=True,
)
