"""Who gets which mail, what was sent, and jobs that run once."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint

from broadsheet.catalogue.schema.columns import METADATA, key, number, words

__all__ = ["bounces", "deliveries", "delivery_papers", "jobs", "mail_preferences", "subscribers", "webhooks"]

mail_preferences = Table(
    "mail_preferences",
    METADATA,
    key("reader_id", "readers.id"),
    words("frequency"),  # daily | weekdays | weekly | never
    number("hour"),
    words("time_zone"),
    words("changed_at"),
)
subscribers = Table(  # people without an account
    "subscribers",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    words("state"),  # pending | active | suspended | unsubscribed
    words("frequency"),
    number("hour"),
    words("time_zone"),
    words("created_at"),
    Column("confirmed_at", Text),
    Column("unsubscribed_at", Text),
    sqlite_autoincrement=True,
)
deliveries = Table(  # a mail or a post, once a recipient and edition
    "deliveries",
    METADATA,
    Column("id", Integer, primary_key=True),
    words("recipient"),  # "reader 7", "subscriber 3", "webhook 1"
    words("edition"),  # "daily 2026-11-28", "weekly 2026-W48"
    words("address"),
    words("message_id", default=""),
    words("state"),  # queued | sending | sent | deferred | dead
    number("attempts", default="0"),
    words("created_at"),
    Column("next_at", Text),  # when to try again
    Column("sent_at", Text),
    words("error", default=""),
    UniqueConstraint("recipient", "edition"),
    Index("deliveries_by_state", "state", "next_at"),
    sqlite_autoincrement=True,
)
delivery_papers = Table(  # nobody gets a paper twice
    "delivery_papers",
    METADATA,
    Column("recipient", Text, primary_key=True),
    key("paper_id"),
    number("delivery_id"),
    Index("delivery_papers_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
bounces = Table(
    "bounces",
    METADATA,
    Column("id", Integer, primary_key=True),
    words("address"),
    words("at"),
    number("code"),
    words("text", default=""),
    Index("bounces_by_address", "address"),
    sqlite_autoincrement=True,
)
webhooks = Table(
    "webhooks",
    METADATA,
    Column("id", Integer, primary_key=True),
    words("name"),
    words("url"),
    words("shape"),  # slack | mattermost | discord
    words("created_at"),
    Column("suspended_at", Text),
    sqlite_autoincrement=True,
)
jobs = Table(  # what the scheduler did: each job once a period, in whichever process
    "jobs",
    METADATA,
    Column("name", Text, primary_key=True),  # sync | close | mail
    Column("period", Text, primary_key=True),  # "2026-11-28"
    words("started_at"),
    Column("finished_at", Text),
    words("outcome", default=""),
    sqlite_with_rowid=False,
)
