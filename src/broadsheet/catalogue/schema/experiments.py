"""The tables of what readers try out: the last replay of their past, and drafts of two mixes against each other."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text, UniqueConstraint

from broadsheet.catalogue.schema.columns import METADATA, key_column, reference_column, text_column

__all__ = ["interleavings", "replays"]

replays = Table(
    "replays",
    METADATA,
    key_column("reader_id", "readers.id"),
    text_column("made_at"),
    text_column("report"),  # JSON: numbers and words, no papers
    sqlite_with_rowid=False,
)
interleavings = Table(
    "interleavings",
    METADATA,
    Column("id", Integer, primary_key=True),
    reference_column("reader_id", "readers.id"),
    text_column("started_at"),  # names it in the policy of its impressions
    Column("stopped_at", Text),
    text_column("other"),  # JSON: the weights of the mix that is set against the reader's own
    UniqueConstraint("reader_id", "started_at"),
    sqlite_autoincrement=True,
)
