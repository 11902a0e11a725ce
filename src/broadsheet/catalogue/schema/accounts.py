"""Accounts of a community: who may sign in, with what, and what administrators did."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, text

from broadsheet.catalogue.schema.columns import METADATA, integer_column, reference_column, text_column

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
    text_column("email", default=""),  # lower case; "" where none is known
    Column("confirmed_at", Text),  # when the address was confirmed
    text_column("password", default=""),  # argon2id; "" where one signs in elsewhere
    text_column("role"),  # reader | curator | admin
    text_column("full_name", default=""),
    text_column("joined_at"),
    Column("invited_by", Integer),  # an account; no foreign key: the tree stays when somebody leaves
    Column("show_votes", Integer),  # 1: everybody sees them, 0: nobody, NULL: not asked yet
    integer_column("invitations_left", default="0"),
    Column("suspended_at", Text),
    text_column("suspended_reason", default=""),
    Index("accounts_by_email", "email", unique=True, sqlite_where=text("email <> ''")),
    sqlite_autoincrement=True,
)
account_identities = Table(  # of an OpenID Connect provider
    "account_identities",
    METADATA,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    reference_column("account_id", "accounts.id"),
    text_column("linked_at"),
    Index("account_identities_by_account", "account_id"),
    sqlite_with_rowid=False,
)
account_sessions = Table(
    "account_sessions",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("token_hash", Text, nullable=False, unique=True),  # SHA-256 of what the cookie holds
    reference_column("account_id", "accounts.id"),
    text_column("created_at"),
    text_column("used_at"),
    text_column("expires_at"),
    text_column("agent", default=""),  # the browser, as it names itself
    Index("account_sessions_by_account", "account_id"),
    sqlite_autoincrement=True,
)
api_tokens = Table(
    "api_tokens",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("token_hash", Text, nullable=False, unique=True),
    reference_column("account_id", "accounts.id"),
    text_column("name"),
    text_column("scopes"),  # names, one a line
    text_column("created_at"),
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
    reference_column("account_id", "accounts.id"),  # who invites
    text_column("note", default=""),
    text_column("created_at"),
    text_column("expires_at"),
    Column("used_by", Integer),  # the account it made
    Column("used_at", Text),
    Index("invitations_by_account", "account_id"),
    sqlite_autoincrement=True,
)
one_time_codes = Table(
    "one_time_codes",
    METADATA,
    Column("code_hash", Text, primary_key=True),
    text_column("purpose"),  # confirm | reset | subscribe
    Column("account_id", Integer, ForeignKey("accounts.id", ondelete="CASCADE")),
    text_column("email"),
    text_column("created_at"),
    text_column("expires_at"),
    Column("used_at", Text),
    Index("one_time_codes_by_account", "account_id"),
    sqlite_with_rowid=False,
)
credential_attempts = Table(  # what rate limits count
    "credential_attempts",
    METADATA,
    Column("id", Integer, primary_key=True),
    text_column("subject"),  # what is limited: "sign-in name ada", "sign-in from 192.0.2.0"
    text_column("at"),
    Index("credential_attempts_by_subject", "subject", "at"),
)
audit_log = Table(
    "audit_log",
    METADATA,
    Column("id", Integer, primary_key=True),
    text_column("at"),
    text_column("actor"),  # a name, as it was then
    text_column("act"),
    text_column("target"),
    text_column("detail", default=""),
    sqlite_autoincrement=True,
)
