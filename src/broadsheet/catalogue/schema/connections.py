"""The tables of connections: libraries that a reader keeps elsewhere, and what of them is here."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from broadsheet.catalogue.schema.columns import METADATA, integer_column, key_column, reference_column, text_column

__all__ = ["connection_items", "connections"]

connections = Table(
    "connections",
    METADATA,
    Column("id", Integer, primary_key=True),
    reference_column("reader_id", "readers.id"),
    text_column("kind"),  # zotero
    text_column("library"),  # users/123 | groups/45 | local/users/0 | local/groups/45
    text_column("write_to", default=""),  # the key of the collection to write into; "": nothing is written
    text_column("created_at"),
    text_column("state", default="{}"),  # JSON: how far it is read, and the collections
    Column("synced_at", Text),  # when it was read to its end
    text_column("error", default=""),  # of the last sync; "": none
    UniqueConstraint("reader_id", "kind", "library"),
    sqlite_autoincrement=True,
)
connection_items = Table(
    "connection_items",
    METADATA,
    key_column("connection_id", "connections.id"),
    Column("item_key", Text, primary_key=True),
    Column("reader_id", Integer, ForeignKey("readers.id", ondelete="CASCADE"), nullable=False),
    Column("paper_id", Integer),  # no foreign key: the row stays when the paper is deleted
    integer_column("version"),
    text_column("parent", default=""),  # of a note or an attachment: the item it hangs on
    text_column("marks", default="[]"),  # JSON: the marks that the item asks for
    text_column("content", default="{}"),  # JSON: what is the reader's alone, such as notes
    text_column("at"),
    Index("connection_items_by_paper", "paper_id", sqlite_where=text("paper_id IS NOT NULL")),
    Index("connection_items_by_parent", "connection_id", "parent", sqlite_where=text("parent <> ''")),
    sqlite_with_rowid=False,
)
