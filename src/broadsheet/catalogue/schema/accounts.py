"""Accounts of a community: who may sign in, with what, and what administrators did."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, text

from broadsheet.catalogue.schema.columns import METADATA, number, ref, words

__all__ = [
    "account_identities",
    "account_sessions",
    "accounts",
    "api_tokens",
    "audit_log",
    "credential_attempts",
    "invitations",
    "one_time_codes",
]

accounts = Table(
    "accounts",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("reader_id", Integer, ForeignKey("readers.id", ondelete="CASCADE"), nullable=False, unique=True),
    words("email", default=""),  # lower case; "" where none is known
    Column("confirmed_at", Text),  # when the address was confirmed
    words("password", default=""),  # argon2id; "" where one signs in elsewhere
    words("role"),  # reader | curator | admin
    words("full_name", default=""),
    words("joined_at"),
    Column("invited_by", Integer),  # an account; no foreign key: the tree stays when somebody leaves
    Column("show_votes", Integer),  # 1: everybody sees them, 0: nobody, NULL: not asked yet
    number("invitations_left", default="0"),
    Column("suspended_at", Text),
    words("suspended_reason", default=""),
    Index("accounts_by_email", "email", unique=True, sqlite_where=text("email <> ''")),
    sqlite_autoincrement=True,
)
account_identities = Table(  # of an OpenID Connect provider
    "account_identities",
    METADATA,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    ref("account_id", "accounts.id"),
    words("linked_at"),
    Index("account_identities_by_account", "account_id"),
    sqlite_with_rowid=False,
)
account_sessions = Table(
    "account_sessions",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("token_hash", Text, nullable=False, unique=True),  # SHA-256 of what the cookie holds
    ref("account_id", "accounts.id"),
    words("created_at"),
    words("used_at"),
    words("expires_at"),
    words("agent", default=""),  # the browser, as it names itself
    Index("account_sessions_by_account", "account_id"),
    sqlite_autoincrement=True,
)
api_tokens = Table(
    "api_tokens",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("token_hash", Text, nullable=False, unique=True),
    ref("account_id", "accounts.id"),
    words("name"),
    words("scopes"),  # names, one a line
    words("created_at"),
    Column("used_at", Text),
    Column("expires_at", Text),
    Index("api_tokens_by_account", "account_id"),
    sqlite_autoincrement=True,
)
invitations = Table(
    "invitations",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("code_hash", Text, nullable=False, unique=True),
    ref("account_id", "accounts.id"),  # who invites
    words("note", default=""),
    words("created_at"),
    words("expires_at"),
    Column("used_by", Integer),  # the account it made
    Column("used_at", Text),
    Index("invitations_by_account", "account_id"),
    sqlite_autoincrement=True,
)
one_time_codes = Table(
    "one_time_codes",
    METADATA,
    Column("code_hash", Text, primary_key=True),
    words("purpose"),  # confirm | reset | subscribe
    Column("account_id", Integer, ForeignKey("accounts.id", ondelete="CASCADE")),
    words("email"),
    words("created_at"),
    words("expires_at"),
    Column("used_at", Text),
    Index("one_time_codes_by_account", "account_id"),
    sqlite_with_rowid=False,
)
credential_attempts = Table(  # what rate limits count
    "credential_attempts",
    METADATA,
    Column("id", Integer, primary_key=True),
    words("subject"),  # what is limited: "sign-in name ada", "sign-in from 192.0.2.0"
    words("at"),
    Index("credential_attempts_by_subject", "subject", "at"),
)
audit_log = Table(
    "audit_log",
    METADATA,
    Column("id", Integer, primary_key=True),
    words("at"),
    words("actor"),  # a name, as it was then
    words("act"),
    words("target"),
    words("detail", default=""),
    sqlite_autoincrement=True,
)
