"""The functions that build statements, from the dialect in use."""

from broadsheet.catalogue.dialects.sqlite.rendering import (
    Insert,
    by_index,
    insert,
    into,
    last_number,
    rows_text,
    text_of,
    upsert,
)

__all__ = ["Insert", "by_index", "insert", "into", "last_number", "rows_text", "text_of", "upsert"]
