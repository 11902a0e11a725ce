"""The table of summaries that a language model wrote."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from broadsheet.catalogue.schema.columns import METADATA, text_column

__all__ = ["written_summaries"]

written_summaries = Table(  # by the text that they summarise: another version of a paper has none
    "written_summaries",
    METADATA,
    Column("text_key", Text, primary_key=True),
    text_column("summary"),  # "": what came was none
    text_column("model"),
    text_column("made_at"),
    sqlite_with_rowid=False,
)
