"""The statements that bring a catalogue of version 6 to version 7: how readers steer, share and exchange their page."""

from __future__ import annotations

__all__ = ["STEERING"]

_INTERESTS: tuple[str, ...] = (
    "CREATE TABLE interests (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, reader_id INTEGER NOT NULL, "
    "name TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, weight FLOAT NOT NULL, quota FLOAT, "
    "state TEXT NOT NULL, named INTEGER NOT NULL, created_at TEXT NOT NULL, "
    "FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE)",
    "CREATE INDEX interests_by_reader ON interests (reader_id)",
    "CREATE TABLE interest_papers (interest_id INTEGER NOT NULL, paper_id INTEGER NOT NULL, "
    "PRIMARY KEY (interest_id, paper_id), "
    "FOREIGN KEY(interest_id) REFERENCES interests (id) ON DELETE CASCADE) WITHOUT ROWID",
    "CREATE INDEX interest_papers_by_paper ON interest_papers (paper_id)",
    "CREATE TABLE mutes (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, reader_id INTEGER NOT NULL, "
    "kind TEXT NOT NULL, value TEXT NOT NULL, created_at TEXT NOT NULL, UNIQUE (reader_id, kind, value), "
    "FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE)",
    "CREATE TABLE steering_changes (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, reader_id INTEGER NOT NULL, "
    "at TEXT NOT NULL, label TEXT NOT NULL, earlier TEXT NOT NULL, "
    "FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE)",
    "CREATE INDEX steering_changes_by_reader ON steering_changes (reader_id, id)",
)
_REPLAY: tuple[str, ...] = (
    "CREATE TABLE replays (reader_id INTEGER NOT NULL, made_at TEXT NOT NULL, report TEXT NOT NULL, "
    "PRIMARY KEY (reader_id), FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE) WITHOUT ROWID",
    "CREATE TABLE interleavings (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, reader_id INTEGER NOT NULL, "
    "started_at TEXT NOT NULL, stopped_at TEXT, other TEXT NOT NULL, UNIQUE (reader_id, started_at), "
    "FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE)",
)
_ALERTS = (
    "CREATE TABLE alerts (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, reader_id INTEGER NOT NULL, kind TEXT "
    "NOT NULL, target TEXT NOT NULL, name TEXT NOT NULL, near INTEGER NOT NULL, mail TEXT NOT NULL, hook_url "
    "TEXT NOT NULL, hook_shape TEXT NOT NULL, created_at TEXT NOT NULL, paused_at TEXT, first_paper INTEGER NOT"
    " NULL, after_seq INTEGER NOT NULL, seen_hit INTEGER NOT NULL, trouble TEXT NOT NULL, UNIQUE (reader_id, "
    "name), FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE)",
    "CREATE INDEX alerts_by_seq ON alerts (after_seq)",
    "CREATE TABLE alert_papers (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, alert_id INTEGER NOT NULL, "
    "reader_id INTEGER NOT NULL, paper_id INTEGER NOT NULL, found_at TEXT NOT NULL, near INTEGER, cited_paper "
    "INTEGER NOT NULL, delivery_id INTEGER NOT NULL, post_id INTEGER NOT NULL, UNIQUE (alert_id, paper_id), "
    "FOREIGN KEY(alert_id) REFERENCES alerts (id) ON DELETE CASCADE, FOREIGN KEY(reader_id) REFERENCES readers "
    "(id) ON DELETE CASCADE)",
    "CREATE INDEX alert_papers_by_delivery ON alert_papers (delivery_id, alert_id)",
    "CREATE INDEX alert_papers_by_paper ON alert_papers (paper_id)",
    "CREATE TABLE paper_changes (paper_id INTEGER NOT NULL, at TEXT NOT NULL, what TEXT NOT NULL, PRIMARY KEY "
    "(paper_id, at)) WITHOUT ROWID",
    "CREATE TABLE change_marks (reader_id INTEGER NOT NULL, paper_id INTEGER NOT NULL, seen_at TEXT NOT NULL, "
    "mailed_at TEXT NOT NULL, delivery_id INTEGER NOT NULL, PRIMARY KEY (reader_id, paper_id), FOREIGN "
    "KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE) WITHOUT ROWID",
    "CREATE INDEX change_marks_by_paper ON change_marks (paper_id)",
)
_GROUPS = (
    "ALTER TABLE collections ADD COLUMN sections TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE collections ADD COLUMN link_key TEXT",
    "CREATE UNIQUE INDEX collections_by_key ON collections (link_key)",
    "ALTER TABLE collection_papers ADD COLUMN position INTEGER NOT NULL DEFAULT '0'",
    "ALTER TABLE collection_papers ADD COLUMN section TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE collection_papers ADD COLUMN remark TEXT NOT NULL DEFAULT ''",
    "CREATE TABLE reading_groups (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, about TEXT "
    "NOT NULL, created_at TEXT NOT NULL, invite_key TEXT, deleted_at TEXT)",
    "CREATE UNIQUE INDEX reading_groups_by_key ON reading_groups (invite_key)",
    "CREATE TABLE group_members (group_id INTEGER NOT NULL, account_id INTEGER NOT NULL, role TEXT NOT NULL, "
    "joined_at TEXT NOT NULL, shown_since TEXT, PRIMARY KEY (group_id, account_id), FOREIGN "
    "KEY(group_id) REFERENCES reading_groups (id) ON DELETE CASCADE, FOREIGN KEY(account_id) REFERENCES accounts "
    "(id) ON DELETE CASCADE) WITHOUT ROWID",
    "CREATE INDEX group_members_by_account ON group_members (account_id)",
    "CREATE TABLE group_invitations (group_id INTEGER NOT NULL, account_id INTEGER NOT NULL, at TEXT NOT NULL, "
    "PRIMARY KEY (group_id, account_id), FOREIGN KEY(group_id) REFERENCES reading_groups (id) ON DELETE CASCADE, "
    "FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE) WITHOUT ROWID",
    "CREATE INDEX group_invitations_by_account ON group_invitations (account_id)",
    "CREATE TABLE group_nominations (group_id INTEGER NOT NULL, paper_id INTEGER NOT NULL, account_id INTEGER, at"
    " TEXT NOT NULL, why TEXT NOT NULL, read_on TEXT, PRIMARY KEY (group_id, paper_id), FOREIGN KEY(group_id) "
    "REFERENCES reading_groups (id) ON DELETE CASCADE) WITHOUT ROWID",
    "CREATE INDEX group_nominations_by_paper ON group_nominations (paper_id)",
    "CREATE TABLE group_votes (group_id INTEGER NOT NULL, paper_id INTEGER NOT NULL, account_id INTEGER NOT NULL,"
    " at TEXT NOT NULL, PRIMARY KEY (group_id, paper_id, account_id), FOREIGN KEY(group_id) REFERENCES "
    "reading_groups (id) ON DELETE CASCADE, FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE) "
    "WITHOUT ROWID",
    "CREATE INDEX group_votes_by_account ON group_votes (account_id)",
    "CREATE INDEX group_votes_by_paper ON group_votes (paper_id)",
    "CREATE TABLE collection_members (collection_id INTEGER NOT NULL, reader_id INTEGER NOT NULL, may_edit "
    "INTEGER NOT NULL, at TEXT NOT NULL, PRIMARY KEY (collection_id, reader_id), FOREIGN KEY(collection_id) "
    "REFERENCES collections (id) ON DELETE CASCADE, FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE "
    "CASCADE) WITHOUT ROWID",
    "CREATE INDEX collection_members_by_reader ON collection_members (reader_id)",
    "CREATE TABLE collection_groups (collection_id INTEGER NOT NULL, group_id INTEGER NOT NULL, may_edit INTEGER "
    "NOT NULL, at TEXT NOT NULL, PRIMARY KEY (collection_id, group_id), FOREIGN KEY(collection_id) REFERENCES "
    "collections (id) ON DELETE CASCADE, FOREIGN KEY(group_id) REFERENCES reading_groups (id) ON DELETE CASCADE) "
    "WITHOUT ROWID",
    "CREATE INDEX collection_groups_by_group ON collection_groups (group_id)",
    "CREATE TABLE highlights (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, reader_id INTEGER NOT NULL, paper_id"
    " INTEGER NOT NULL, at TEXT NOT NULL, field TEXT NOT NULL, quote TEXT NOT NULL, text_before TEXT NOT NULL, "
    "text_after TEXT NOT NULL, FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE)",
    "CREATE INDEX highlights_by_paper ON highlights (paper_id)",
    "CREATE INDEX highlights_by_reader ON highlights (reader_id, paper_id)",
    "ALTER TABLE comments ADD COLUMN group_id INTEGER REFERENCES reading_groups (id) ON DELETE CASCADE",
    "CREATE INDEX comments_by_group ON comments (group_id)",
)
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
_CONNECTIONS: tuple[str, ...] = (
    "CREATE TABLE connections (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, reader_id INTEGER NOT NULL, "
    "kind TEXT NOT NULL, library TEXT NOT NULL, write_to TEXT DEFAULT '' NOT NULL, created_at TEXT NOT NULL, "
    "state TEXT DEFAULT '{}' NOT NULL, synced_at TEXT, error TEXT DEFAULT '' NOT NULL, "
    "UNIQUE (reader_id, kind, library), FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE)",
    "CREATE TABLE connection_items (connection_id INTEGER NOT NULL, item_key TEXT NOT NULL, "
    "reader_id INTEGER NOT NULL, paper_id INTEGER, version INTEGER NOT NULL, parent TEXT DEFAULT '' NOT NULL, "
    "marks TEXT DEFAULT '[]' NOT NULL, content TEXT DEFAULT '{}' NOT NULL, at TEXT NOT NULL, "
    "PRIMARY KEY (connection_id, item_key), FOREIGN KEY(connection_id) REFERENCES connections (id) ON DELETE CASCADE, "
    "FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE) WITHOUT ROWID",
    "CREATE INDEX connection_items_by_paper ON connection_items (paper_id) WHERE paper_id IS NOT NULL",
    "CREATE INDEX connection_items_by_parent ON connection_items (connection_id, parent) WHERE parent <> ''",
)
_ATLAS: tuple[str, ...] = ()
_SUMMARIES = (
    "CREATE TABLE written_summaries (text_key TEXT NOT NULL PRIMARY KEY, summary TEXT NOT NULL, model TEXT NOT NULL, "
    "made_at TEXT NOT NULL) WITHOUT ROWID",
)

STEERING = (*_SUMMARIES, *_INTERESTS, *_REPLAY, *_ALERTS, *_GROUPS, *_CONNECTIONS, *_EXCHANGE, *_ATLAS)
