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
_EXCHANGE: tuple[str, ...] = (
    "CREATE TABLE private_feeds (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, reader_id INTEGER NOT NULL, "
    "stream TEXT NOT NULL, generation INTEGER DEFAULT '1' NOT NULL, is_open INTEGER DEFAULT '1' NOT NULL, "
    "created_at TEXT NOT NULL, fetched_at TEXT, UNIQUE (reader_id, stream), FOREIGN KEY(reader_id) REFERENCES "
    "readers (id) ON DELETE CASCADE)",
    "CREATE TABLE reader_programs (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, reader_id INTEGER NOT NULL, "
    "name TEXT NOT NULL, password_hash TEXT NOT NULL, created_at TEXT NOT NULL, used_at TEXT, FOREIGN "
    "KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE, UNIQUE (password_hash))",
    "CREATE INDEX reader_programs_by_reader ON reader_programs (reader_id)",
    "CREATE TABLE stream_papers (reader_id INTEGER NOT NULL, stream TEXT NOT NULL, paper_id INTEGER NOT NULL, at "
    "TEXT NOT NULL, PRIMARY KEY (reader_id, stream, paper_id), FOREIGN KEY(reader_id) REFERENCES readers (id) ON "
    "DELETE CASCADE) WITHOUT ROWID",
    "CREATE INDEX stream_papers_by_paper ON stream_papers (paper_id)",
    "CREATE TABLE read_marks (reader_id INTEGER NOT NULL, paper_id INTEGER NOT NULL, is_read INTEGER NOT NULL, at"
    " TEXT NOT NULL, PRIMARY KEY (reader_id, paper_id), FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE "
    "CASCADE) WITHOUT ROWID",
    "CREATE INDEX read_marks_by_paper ON read_marks (paper_id)",
    "CREATE TABLE takeout_imports (import_id INTEGER NOT NULL, reader_id INTEGER NOT NULL, at TEXT NOT NULL, "
    "added TEXT NOT NULL, PRIMARY KEY (import_id), FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE "
    "CASCADE)",
    "CREATE INDEX takeout_imports_by_reader ON takeout_imports (reader_id)",
)
_ATLAS: tuple[str, ...] = ()

STEERING = (*_INTERESTS, *_REPLAY, *_ALERTS, *_GROUPS, *_CONNECTIONS, *_EXCHANGE, *_ATLAS)
