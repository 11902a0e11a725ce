"""The kinds of columns. Times are ISO 8601 text in UTC; JSON is text."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, MetaData, Text

__all__ = ["METADATA", "integer_column", "key_column", "reference_column", "text_column"]

METADATA = MetaData()


def key_column(name: str, target: str | None = None, *, cascade: bool = True) -> Column[int]:
    """An integer that is part of a primary key."""
    if target is None:
        return Column(name, Integer, primary_key=True, autoincrement=False)
    reference = ForeignKey(target, ondelete="CASCADE" if cascade else None)
    return Column(name, Integer, reference, primary_key=True, autoincrement=False)


def reference_column(name: str, target: str) -> Column[int]:
    """A reference to a row of another table; deleting that row deletes this one."""
    return Column(name, Integer, ForeignKey(target, ondelete="CASCADE"), nullable=False)


def integer_column(name: str, *, default: str | None = None) -> Column[int]:
    """An integer column."""
    return Column(name, Integer, nullable=False, server_default=default)


def text_column(name: str, *, default: str | None = None) -> Column[str]:
    """A text column."""
    return Column(name, Text, nullable=False, server_default=default)
