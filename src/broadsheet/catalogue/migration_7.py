"""The statements that bring a catalogue of version 6 to version 7: how readers steer, share and exchange their page."""

from __future__ import annotations

__all__ = ["STEERING"]

_INTERESTS: tuple[str, ...] = ()
_REPLAY: tuple[str, ...] = (
    "CREATE TABLE replays (reader_id INTEGER NOT NULL, made_at TEXT NOT NULL, report TEXT NOT NULL, "
    "PRIMARY KEY (reader_id), FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE) WITHOUT ROWID",
    "CREATE TABLE interleavings (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, reader_id INTEGER NOT NULL, "
    "started_at TEXT NOT NULL, stopped_at TEXT, other TEXT NOT NULL, UNIQUE (reader_id, started_at), "
    "FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE)",
)
_ALERTS: tuple[str, ...] = ()
_GROUPS: tuple[str, ...] = ()
_CONNECTIONS: tuple[str, ...] = ()
_EXCHANGE: tuple[str, ...] = ()
_ATLAS: tuple[str, ...] = ()

STEERING = (*_INTERESTS, *_REPLAY, *_ALERTS, *_GROUPS, *_CONNECTIONS, *_EXCHANGE, *_ATLAS)
