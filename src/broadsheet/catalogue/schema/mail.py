"""Who gets which mail, what was sent, and jobs that run once."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint, text

from broadsheet.catalogue.schema.columns import METADATA, integer_column, key_column, text_column

__all__ = [
    "bounces",
    "deliveries",
    "delivery_papers",
    "jobs",
    "mail_preferences",
    "mail_suspensions",
    "subscribers",
    "webhooks",
]

mail_preferences = Table(
    "mail_preferences",
    METADATA,
    key_column("reader_id", "readers.id"),
    text_column("address", default=""),  # where there are no accounts; else the account's
    text_column("frequency"),  # daily | weekdays | weekly | never
    integer_column("hour"),
    text_column("time_zone"),
    text_column("changed_at"),
    Column("due_at", Text),  # of the next mail
    Index("mail_preferences_by_due", "due_at"),
)
subscribers = Table(  # people without an account
    "subscribers",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    text_column("state"),  # pending | active | unsubscribed
    text_column("frequency"),
    integer_column("hour"),
    text_column("time_zone"),
    text_column("created_at"),
    Column("confirmed_at", Text),
    Column("unsubscribed_at", Text),
    Column("due_at", Text),  # of the next mail
    Index("subscribers_by_due", "due_at"),
    sqlite_autoincrement=True,
)
deliveries = Table(  # a mail or a post, once a recipient and edition
    "deliveries",
    METADATA,
    Column("id", Integer, primary_key=True),
    text_column("recipient"),  # "reader 7", "subscriber 3", "webhook 1", "address ada@example.org"
    text_column("edition"),  # "daily 2026-11-28", "weekly 2026-11-23", "message 5f0c…"
    text_column("kind"),  # message | digest | post
    integer_column("urgency"),  # 0 goes first
    text_column("address"),
    text_column("message_id", default=""),
    text_column("state"),  # queued | sending | sent | unknown | dead | skipped
    integer_column("attempts", default="0"),
    text_column("created_at"),
    Column("next_at", Text),  # when to try (again)
    Column("expires_at", Text),  # when it is no longer worth sending
    Column("tried_at", Text),
    Column("sent_at", Text),
    text_column("content", default=""),  # JSON of what it says, until it is sent or dead
    text_column("error", default=""),
    UniqueConstraint("recipient", "edition"),
    Index("deliveries_by_state", "state", "urgency", "next_at"),
    Index("deliveries_by_message", "message_id", sqlite_where=text("message_id <> ''")),
    sqlite_autoincrement=True,
)
delivery_papers = Table(  # nobody gets a paper twice
    "delivery_papers",
    METADATA,
    Column("recipient", Text, primary_key=True),
    key_column("paper_id"),
    integer_column("delivery_id"),
    Index("delivery_papers_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
bounces = Table(
    "bounces",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("delivery_id", Integer, unique=True),  # what came back; a report that comes twice is one bounce
    text_column("address"),
    text_column("at"),
    text_column("code"),  # "550 5.1.1"
    integer_column("is_hard"),  # 1: there is no such mailbox; 0: this mail was refused
    text_column("text", default=""),
    Index("bounces_by_address", "address"),
    sqlite_autoincrement=True,
)
mail_suspensions = Table(  # addresses that bounced too often; no mail goes there
    "mail_suspensions",
    METADATA,
    Column("address", Text, primary_key=True),
    text_column("at"),
    text_column("reason"),
    sqlite_with_rowid=False,
)
webhooks = Table(
    "webhooks",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    text_column("url"),
    text_column("shape"),  # slack | mattermost | discord | json
    text_column("created_at"),
    sqlite_autoincrement=True,
)
jobs = Table(  # what the scheduler did: each job once a period, in whichever process
    "jobs",
    METADATA,
    Column("name", Text, primary_key=True),  # sync | close | compose | send
    Column("period", Text, primary_key=True),  # "2026-11-28 06:00"
    text_column("started_at"),
    Column("finished_at", Text),
    text_column("outcome", default=""),
    sqlite_with_rowid=False,
)
