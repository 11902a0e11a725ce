"""The statements that bring a catalogue of version 3 to version 4: the tables of a community."""

# long: one statement a table or index

from __future__ import annotations

__all__ = ["COMMUNITY_TABLES"]

# fmt: off
COMMUNITY_TABLES = (
        "CREATE TABLE audit_log (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, actor "
        "TEXT NOT NULL, act TEXT NOT NULL, target TEXT NOT NULL, detail TEXT DEFAULT '' NOT NULL)",
        "CREATE TABLE bounces (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, delivery_id INTEGER, "
        "address TEXT NOT NULL, at TEXT NOT NULL, code TEXT NOT NULL, is_hard INTEGER NOT NULL, text TEXT"
        " DEFAULT '' NOT NULL, UNIQUE (delivery_id))",
        "CREATE INDEX bounces_by_address ON bounces (address)",
        "CREATE TABLE credential_attempts (id INTEGER NOT NULL, subject TEXT NOT NULL, at TEXT NOT NULL, "
        "PRIMARY KEY (id))",
        "CREATE INDEX credential_attempts_by_subject ON credential_attempts (subject, at)",
        "CREATE TABLE deliveries (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, recipient TEXT NOT NULL,"
        " edition TEXT NOT NULL, kind TEXT NOT NULL, urgency INTEGER NOT NULL, address TEXT NOT NULL, "
        "message_id TEXT DEFAULT '' NOT NULL, state TEXT NOT NULL, attempts INTEGER DEFAULT '0' NOT NULL,"
        " created_at TEXT NOT NULL, next_at TEXT, expires_at TEXT, tried_at TEXT, sent_at TEXT, content "
        "TEXT DEFAULT '' NOT NULL, error TEXT DEFAULT '' NOT NULL, UNIQUE (recipient, edition))",
        "CREATE INDEX deliveries_by_message ON deliveries (message_id) WHERE message_id <> ''",
        "CREATE INDEX deliveries_by_state ON deliveries (state, urgency, next_at)",
        "CREATE TABLE delivery_papers (recipient TEXT NOT NULL, paper_id INTEGER NOT NULL, delivery_id "
        "INTEGER NOT NULL, PRIMARY KEY (recipient, paper_id)) WITHOUT ROWID",
        "CREATE INDEX delivery_papers_by_paper ON delivery_papers (paper_id)",
        "CREATE TABLE edition_papers (paper_id INTEGER NOT NULL, day TEXT NOT NULL, entered_at TEXT NOT "
        "NULL, via TEXT NOT NULL, \"by\" TEXT DEFAULT '' NOT NULL, place INTEGER, printed TEXT, PRIMARY KEY"
        " (paper_id))",
        "CREATE INDEX edition_papers_by_day ON edition_papers (day, place)",
        "CREATE TABLE editions (day TEXT NOT NULL, opens_at TEXT NOT NULL, closes_at TEXT NOT NULL, "
        "closed_at TEXT, note TEXT DEFAULT '' NOT NULL, PRIMARY KEY (day)) WITHOUT ROWID",
        "CREATE TABLE exposures (paper_id INTEGER NOT NULL, day TEXT NOT NULL, page TEXT NOT NULL, "
        "position INTEGER NOT NULL, shown INTEGER NOT NULL, PRIMARY KEY (paper_id, day, page, position)) "
        "WITHOUT ROWID",
        "CREATE TABLE jobs (name TEXT NOT NULL, period TEXT NOT NULL, started_at TEXT NOT NULL, "
        "finished_at TEXT, outcome TEXT DEFAULT '' NOT NULL, PRIMARY KEY (name, period)) WITHOUT ROWID",
        "CREATE TABLE listings (paper_id INTEGER NOT NULL, place TEXT NOT NULL, day TEXT NOT NULL, at "
        "TEXT NOT NULL, \"by\" TEXT DEFAULT '' NOT NULL, read_at TEXT NOT NULL, PRIMARY KEY (paper_id, "
        "place)) WITHOUT ROWID",
        "CREATE TABLE mail_suspensions (address TEXT NOT NULL, at TEXT NOT NULL, reason TEXT NOT NULL, "
        "PRIMARY KEY (address)) WITHOUT ROWID",
        "CREATE TABLE moderation_log (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, "
        "actor TEXT NOT NULL, act TEXT NOT NULL, target TEXT NOT NULL, reason TEXT DEFAULT '' NOT NULL)",
        "CREATE TABLE organisations (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, \"key\" TEXT NOT NULL, "
        "name TEXT NOT NULL, resolved_name TEXT NOT NULL, url TEXT DEFAULT '' NOT NULL, joined_id "
        "INTEGER, UNIQUE (\"key\"))",
        "CREATE INDEX organisations_joined ON organisations (joined_id)",
        "CREATE TABLE paper_counts (paper_id INTEGER NOT NULL, source TEXT NOT NULL, kind TEXT NOT NULL, "
        "day TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (paper_id, source, kind, day)) WITHOUT "
        "ROWID",
        "CREATE TABLE paper_links (id INTEGER NOT NULL, paper_id INTEGER NOT NULL, kind TEXT NOT NULL, "
        "url TEXT NOT NULL, title TEXT DEFAULT '' NOT NULL, \"by\" TEXT DEFAULT '' NOT NULL, account_id "
        "INTEGER, at TEXT NOT NULL, PRIMARY KEY (id), UNIQUE (paper_id, url))",
        "CREATE TABLE paper_organisations (organisation_id INTEGER NOT NULL, paper_id INTEGER NOT NULL, "
        "place INTEGER NOT NULL, PRIMARY KEY (organisation_id, paper_id)) WITHOUT ROWID",
        "CREATE INDEX paper_organisations_by_paper ON paper_organisations (paper_id)",
        "CREATE TABLE paper_tags (paper_id INTEGER NOT NULL, tag TEXT NOT NULL, account_id INTEGER, at "
        "TEXT NOT NULL, PRIMARY KEY (paper_id, tag)) WITHOUT ROWID",
        "CREATE INDEX paper_tags_by_tag ON paper_tags (tag)",
        "CREATE TABLE person_names (name_key TEXT NOT NULL, person_id INTEGER NOT NULL, PRIMARY KEY "
        "(name_key, person_id)) WITHOUT ROWID",
        "CREATE TABLE person_papers (person_id INTEGER NOT NULL, paper_id INTEGER NOT NULL, PRIMARY KEY "
        "(person_id, paper_id)) WITHOUT ROWID",
        "CREATE INDEX person_papers_by_paper ON person_papers (paper_id)",
        "CREATE TABLE pictures (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, sha256 TEXT NOT NULL, "
        "media_type TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, added_at TEXT NOT "
        "NULL, content BLOB NOT NULL, UNIQUE (sha256))",
        "CREATE TABLE reports (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, "
        "account_id INTEGER, at TEXT NOT NULL, reason TEXT NOT NULL, resolved_at TEXT, resolution TEXT "
        "DEFAULT '' NOT NULL)",
        "CREATE INDEX reports_by_target ON reports (target)",
        "CREATE INDEX reports_open ON reports (resolved_at)",
        "CREATE TABLE submissions (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, paper_id INTEGER NOT "
        "NULL, account_id INTEGER, at TEXT NOT NULL, reason TEXT DEFAULT '' NOT NULL, picture_id INTEGER,"
        " hidden_at TEXT, hidden_reason TEXT DEFAULT '' NOT NULL)",
        "CREATE INDEX submissions_by_account ON submissions (account_id)",
        "CREATE INDEX submissions_by_paper ON submissions (paper_id)",
        "CREATE TABLE subscribers (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL, "
        "state TEXT NOT NULL, frequency TEXT NOT NULL, hour INTEGER NOT NULL, time_zone TEXT NOT NULL, "
        "created_at TEXT NOT NULL, confirmed_at TEXT, unsubscribed_at TEXT, due_at TEXT, UNIQUE (email))",
        "CREATE INDEX subscribers_by_due ON subscribers (due_at)",
        "CREATE TABLE webhooks (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, url "
        "TEXT NOT NULL, shape TEXT NOT NULL, created_at TEXT NOT NULL, UNIQUE (name))",
        "CREATE TABLE accounts (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, reader_id INTEGER NOT "
        "NULL, email TEXT DEFAULT '' NOT NULL, confirmed_at TEXT, password TEXT DEFAULT '' NOT NULL, role"
        " TEXT NOT NULL, full_name TEXT DEFAULT '' NOT NULL, joined_at TEXT NOT NULL, invited_by INTEGER,"
        " show_votes INTEGER, invitations_left INTEGER DEFAULT '0' NOT NULL, suspended_at TEXT, "
        "suspended_reason TEXT DEFAULT '' NOT NULL, UNIQUE (reader_id), FOREIGN KEY(reader_id) REFERENCES"
        " readers (id) ON DELETE CASCADE)",
        "CREATE UNIQUE INDEX accounts_by_email ON accounts (email) WHERE email <> ''",
        "CREATE TABLE affiliation_organisations (affiliation_id INTEGER NOT NULL, organisation_id INTEGER"
        " NOT NULL, PRIMARY KEY (affiliation_id, organisation_id), FOREIGN KEY(affiliation_id) REFERENCES"
        " affiliations (id) ON DELETE CASCADE, FOREIGN KEY(organisation_id) REFERENCES organisations (id)"
        " ON DELETE CASCADE) WITHOUT ROWID",
        "CREATE INDEX affiliation_organisations_by_organisation ON affiliation_organisations (organisation_id)",
        "CREATE TABLE comments (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, paper_id INTEGER NOT NULL,"
        " account_id INTEGER, reader_id INTEGER, parent_id INTEGER, at TEXT NOT NULL, text TEXT NOT NULL,"
        " edited_at TEXT, deleted_at TEXT, hidden_at TEXT, hidden_reason TEXT DEFAULT '' NOT NULL, "
        "FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE)",
        "CREATE INDEX comments_by_account ON comments (account_id)",
        "CREATE INDEX comments_by_paper ON comments (paper_id, id)",
        "CREATE INDEX comments_by_reader ON comments (reader_id)",
        "CREATE TABLE mail_preferences (reader_id INTEGER NOT NULL, address TEXT DEFAULT '' NOT NULL, "
        "frequency TEXT NOT NULL, hour INTEGER NOT NULL, time_zone TEXT NOT NULL, changed_at TEXT NOT "
        "NULL, due_at TEXT, PRIMARY KEY (reader_id), FOREIGN KEY(reader_id) REFERENCES readers (id) ON "
        "DELETE CASCADE)",
        "CREATE INDEX mail_preferences_by_due ON mail_preferences (due_at)",
        "CREATE TABLE vote_decisions (reader_id INTEGER NOT NULL, paper_id INTEGER NOT NULL, counted "
        "INTEGER NOT NULL, reason TEXT NOT NULL, \"by\" TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY "
        "(reader_id, paper_id), FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE) WITHOUT"
        " ROWID",
        "CREATE INDEX vote_decisions_by_paper ON vote_decisions (paper_id)",
        "CREATE TABLE votes (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, reader_id INTEGER NOT NULL, "
        "paper_id INTEGER NOT NULL, at TEXT NOT NULL, page TEXT DEFAULT '' NOT NULL, position INTEGER, "
        "counted INTEGER DEFAULT '1' NOT NULL, why_not TEXT DEFAULT '' NOT NULL, UNIQUE (reader_id, "
        "paper_id), FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE)",
        "CREATE INDEX votes_by_paper ON votes (paper_id, counted)",
        "CREATE TABLE account_identities (issuer TEXT NOT NULL, subject TEXT NOT NULL, account_id INTEGER"
        " NOT NULL, linked_at TEXT NOT NULL, PRIMARY KEY (issuer, subject), FOREIGN KEY(account_id) "
        "REFERENCES accounts (id) ON DELETE CASCADE) WITHOUT ROWID",
        "CREATE INDEX account_identities_by_account ON account_identities (account_id)",
        "CREATE TABLE account_sessions (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, token_hash TEXT "
        "NOT NULL, account_id INTEGER NOT NULL, created_at TEXT NOT NULL, used_at TEXT NOT NULL, "
        "expires_at TEXT NOT NULL, agent TEXT DEFAULT '' NOT NULL, UNIQUE (token_hash), FOREIGN "
        "KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE)",
        "CREATE INDEX account_sessions_by_account ON account_sessions (account_id)",
        "CREATE TABLE api_tokens (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, token_hash TEXT NOT "
        "NULL, account_id INTEGER NOT NULL, name TEXT NOT NULL, scopes TEXT NOT NULL, created_at TEXT NOT"
        " NULL, used_at TEXT, expires_at TEXT, UNIQUE (token_hash), FOREIGN KEY(account_id) REFERENCES "
        "accounts (id) ON DELETE CASCADE)",
        "CREATE INDEX api_tokens_by_account ON api_tokens (account_id)",
        "CREATE TABLE author_claims (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, account_id INTEGER "
        "NOT NULL, name_key TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, evidence TEXT DEFAULT"
        " '' NOT NULL, is_shown INTEGER DEFAULT '0' NOT NULL, at TEXT NOT NULL, decided_at TEXT, "
        "decided_by TEXT DEFAULT '' NOT NULL, reason TEXT DEFAULT '' NOT NULL, FOREIGN KEY(account_id) "
        "REFERENCES accounts (id) ON DELETE CASCADE)",
        "CREATE INDEX author_claims_by_account ON author_claims (account_id)",
        "CREATE INDEX author_claims_by_name ON author_claims (name_key)",
        "CREATE TABLE comment_mentions (comment_id INTEGER NOT NULL, account_id INTEGER NOT NULL, seen_at"
        " TEXT, PRIMARY KEY (comment_id, account_id), FOREIGN KEY(comment_id) REFERENCES comments (id) ON"
        " DELETE CASCADE, FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE) WITHOUT "
        "ROWID",
        "CREATE INDEX comment_mentions_by_account ON comment_mentions (account_id)",
        "CREATE TABLE comment_versions (comment_id INTEGER NOT NULL, n INTEGER NOT NULL, replaced_at TEXT"
        " NOT NULL, text TEXT NOT NULL, PRIMARY KEY (comment_id, n), FOREIGN KEY(comment_id) REFERENCES "
        "comments (id) ON DELETE CASCADE) WITHOUT ROWID",
        "CREATE TABLE invitations (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, code_hash TEXT NOT "
        "NULL, account_id INTEGER NOT NULL, note TEXT DEFAULT '' NOT NULL, created_at TEXT NOT NULL, "
        "expires_at TEXT NOT NULL, used_by INTEGER, used_at TEXT, UNIQUE (code_hash), FOREIGN "
        "KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE)",
        "CREATE INDEX invitations_by_account ON invitations (account_id)",
        "CREATE TABLE one_time_codes (code_hash TEXT NOT NULL, purpose TEXT NOT NULL, account_id INTEGER,"
        " email TEXT NOT NULL, created_at TEXT NOT NULL, expires_at TEXT NOT NULL, used_at TEXT, PRIMARY "
        "KEY (code_hash), FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE) WITHOUT "
        "ROWID",
        "CREATE INDEX one_time_codes_by_account ON one_time_codes (account_id)",
)
