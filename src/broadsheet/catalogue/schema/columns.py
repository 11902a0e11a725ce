"""What the tables are made of. Times are ISO 8601 text in UTC; JSON is text."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, MetaData, Text

__all__ = ["METADATA", "key", "number", "ref", "words"]

METADATA = MetaData()


def key(name: str, target: str | None = None, *, cascade: bool = True) -> Column[int]:
    """An integer that is part of a primary key."""
    if target is None:
        return Column(name, Integer, primary_key=True, autoincrement=False)
    reference = ForeignKey(target, ondelete="CASCADE" if cascade else None)
    return Column(name, Integer, reference, primary_key=True, autoincrement=False)


def ref(name: str, target: str) -> Column[int]:
    """The row of another table that a row hangs on, and with which it goes."""
    return Column(name, Integer, ForeignKey(target, ondelete="CASCADE"), nullable=False)


def number(name: str, *, default: str | None = None) -> Column[int]:
    """A whole number."""
    return Column(name, Integer, nullable=False, server_default=default)


def words(name: str, *, default: str | None = None) -> Column[str]:
    """A text."""
    return Column(name, Text, nullable=False, server_default=default)
