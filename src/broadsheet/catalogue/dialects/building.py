"""What statements are built with, as the dialect in use has it."""

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
