"""The change log, how far harvesting is, and what can be undone."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint

from broadsheet.catalogue.schema.columns import METADATA, key, number, words

__all__ = ["changes", "cursors", "deletions", "imports", "meta", "providers", "quarantine", "runs", "tombstones"]

meta = Table("meta", METADATA, Column("key", Text, primary_key=True), words("value"))
changes = Table(
    "changes",
    METADATA,
    Column("seq", Integer, primary_key=True),
    number("paper_id"),
    words("kind"),  # add | update | delete
    sqlite_autoincrement=True,
)
cursors = Table("cursors", METADATA, Column("name", Text, primary_key=True), words("value"), words("at"))
quarantine = Table(
    "quarantine",
    METADATA,
    Column("id", Integer, primary_key=True),
    words("at"),
    words("source"),
    words("place"),
    words("reason"),
    words("raw"),
    UniqueConstraint("source", "place", "reason"),
)
providers = Table("providers", METADATA, Column("name", Text, primary_key=True), words("state"), words("at"))
runs = Table(
    "runs",
    METADATA,
    Column("id", Integer, primary_key=True),
    words("source"),
    words("started"),
    words("finished"),
    words("report"),
)
imports = Table(
    "imports",
    METADATA,
    Column("id", Integer, primary_key=True),
    words("at"),
    words("source"),
    Column("undone", Integer),  # the deletion that took out what it brought
)
deletions = Table(
    "deletions",
    METADATA,
    Column("id", Integer, primary_key=True),
    words("at"),
    words("kind"),  # paper | import | collection
    words("label"),
    number("papers"),
    words("content"),  # JSON of every row that was taken out; empty once restored
    Column("restored_at", Text),
    sqlite_autoincrement=True,
)
tombstones = Table(
    "tombstones",
    METADATA,
    Column("scheme", Text, primary_key=True),  # of an identifier, or `key`, \x1f and a source
    Column("value", Text, primary_key=True),
    key("deletion_id", "deletions.id"),
    words("title"),
    Index("tombstones_by_deletion", "deletion_id"),
    sqlite_with_rowid=False,
)
