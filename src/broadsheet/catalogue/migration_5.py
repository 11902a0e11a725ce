"""The statements that bring a catalogue of version 4 to version 5: the searches that readers save."""

from __future__ import annotations

__all__ = ["SAVED_SEARCHES"]

SAVED_SEARCHES = (
    "CREATE TABLE saved_searches (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, reader_id INTEGER NOT NULL, "
    "name TEXT NOT NULL, search TEXT NOT NULL, created_at TEXT NOT NULL, seen_at TEXT NOT NULL, "
    "seen_paper INTEGER NOT NULL, UNIQUE (reader_id, name), "
    "FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE)",
)
