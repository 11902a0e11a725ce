"""The tables of the change log, harvesting, imports and deletions."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint

from broadsheet.catalogue.schema.columns import METADATA, integer_column, key_column, text_column

__all__ = ["changes", "cursors", "deletions", "imports", "meta", "providers", "quarantine", "runs", "tombstones"]

meta = Table("meta", METADATA, Column("key", Text, primary_key=True), text_column("value"))
changes = Table(
    "changes",
    METADATA,
    Column("seq", Integer, primary_key=True),
    integer_column("paper_id"),
    text_column("kind"),  # add | update | delete
    sqlite_autoincrement=True,
)
cursors = Table("cursors", METADATA, Column("name", Text, primary_key=True), text_column("value"), text_column("at"))
quarantine = Table(
    "quarantine",
    METADATA,
    Column("id", Integer, primary_key=True),
    text_column("at"),
    text_column("source"),
    text_column("place"),
    text_column("reason"),
    text_column("raw"),
    UniqueConstraint("source", "place", "reason"),
)
providers = Table(
    "providers", METADATA, Column("name", Text, primary_key=True), text_column("state"), text_column("at")
)
runs = Table(
    "runs",
    METADATA,
    Column("id", Integer, primary_key=True),
    text_column("source"),
    text_column("started"),
    text_column("finished"),
    text_column("report"),
)
imports = Table(
    "imports",
    METADATA,
    Column("id", Integer, primary_key=True),
    text_column("at"),
    text_column("source"),
    Column("undone", Integer),  # the deletion that undid this import
)
deletions = Table(
    "deletions",
    METADATA,
    Column("id", Integer, primary_key=True),
    text_column("at"),
    text_column("kind"),  # paper | import | collection | search | group
    text_column("label"),
    integer_column("papers"),
    text_column("content"),  # JSON of every deleted row; empty once restored
    Column("restored_at", Text),
    sqlite_autoincrement=True,
)
tombstones = Table(
    "tombstones",
    METADATA,
    Column("scheme", Text, primary_key=True),  # the scheme of an identifier, or `key`, \x1f and a source
    Column("value", Text, primary_key=True),
    key_column("deletion_id", "deletions.id"),
    text_column("title"),
    Index("tombstones_by_deletion", "deletion_id"),
    sqlite_with_rowid=False,
)
