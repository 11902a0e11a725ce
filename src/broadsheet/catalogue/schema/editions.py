"""Editions of a community and what fills them: submissions, votes, pictures, counts from elsewhere, exposure.

A paper's number has no foreign key where history must outlive it: when two papers become one, the rows move.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from broadsheet.catalogue.schema.columns import METADATA, integer_column, key_column, reference_column, text_column

__all__ = [
    "edition_papers",
    "editions",
    "exposures",
    "listings",
    "paper_counts",
    "paper_links",
    "pictures",
    "submissions",
    "vote_decisions",
    "votes",
]

editions = Table(  # one a day
    "editions",
    METADATA,
    Column("day", Text, primary_key=True),  # 2026-11-28
    text_column("opens_at"),
    text_column("closes_at"),
    Column("closed_at", Text),  # NULL: open
    text_column("note", default=""),  # why it is empty
    sqlite_with_rowid=False,
)
edition_papers = Table(
    "edition_papers",
    METADATA,
    Column("paper_id", Integer, primary_key=True, autoincrement=False),  # a paper enters one edition, once
    text_column("day"),
    text_column("entered_at"),
    text_column("via"),  # submission | pick | source
    text_column("by", default=""),  # who picked it, or the source
    Column("place", Integer),  # in the closed edition, from 1; NULL while it is open
    Column("printed", Text),  # JSON of what the closed edition shows of it; NULL while it is open
    Index("edition_papers_by_day", "day", "place"),
)
submissions = Table(
    "submissions",
    METADATA,
    Column("id", Integer, primary_key=True),
    integer_column("paper_id"),
    Column("account_id", Integer),  # no foreign key: a submission stays when its submitter leaves (then NULL)
    text_column("at"),
    text_column("reason", default=""),
    Column("picture_id", Integer),
    Column("hidden_at", Text),
    text_column("hidden_reason", default=""),
    Index("submissions_by_paper", "paper_id"),
    Index("submissions_by_account", "account_id"),
    sqlite_autoincrement=True,
)
pictures = Table(
    "pictures",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("sha256", Text, nullable=False, unique=True),
    text_column("media_type"),
    integer_column("width"),
    integer_column("height"),
    text_column("added_at"),
    Column("content", LargeBinary, nullable=False),  # re-encoded by us
    sqlite_autoincrement=True,
)
votes = Table(
    "votes",
    METADATA,
    Column("id", Integer, primary_key=True),
    reference_column("reader_id", "readers.id"),
    integer_column("paper_id"),
    text_column("at"),
    text_column("page", default=""),  # from which page: its policy
    Column("position", Integer),  # and where on it, from 1
    integer_column("counted", default="1"),
    text_column("why_not", default=""),  # why it is not counted
    UniqueConstraint("reader_id", "paper_id"),
    Index("votes_by_paper", "paper_id", "counted"),
    sqlite_autoincrement=True,
)
vote_decisions = Table(  # an administrator's word on a vote; it outlives the vote, so that voting again changes nothing
    "vote_decisions",
    METADATA,
    key_column("reader_id", "readers.id"),
    key_column("paper_id"),
    integer_column("counted"),
    text_column("reason"),
    text_column("by"),
    text_column("at"),
    Index("vote_decisions_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
paper_counts = Table(  # what other places count, over time: votes, stars, citations, comments
    "paper_counts",
    METADATA,
    key_column("paper_id"),
    Column("source", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    integer_column("value"),
    sqlite_with_rowid=False,
)
paper_links = Table(  # code, project pages and artefacts of a paper
    "paper_links",
    METADATA,
    Column("id", Integer, primary_key=True),
    integer_column("paper_id"),
    text_column("kind"),  # code | project | model | dataset | demo | video | other
    text_column("url"),
    text_column("title", default=""),
    text_column("by", default=""),  # the source, or the reader where there are no accounts
    Column("account_id", Integer),  # the member who added it; no foreign key: NULL once they have left
    text_column("at"),
    UniqueConstraint("paper_id", "url"),
)
listings = Table(  # that the daily paper of another place has listed a paper
    "listings",
    METADATA,
    key_column("paper_id"),
    Column("place", Text, primary_key=True),
    text_column("day"),  # of that daily paper
    text_column("at"),  # when the paper entered it
    text_column("by", default=""),  # who submitted it there
    text_column("read_at"),
    sqlite_with_rowid=False,
)
exposures = Table(  # how often a page showed a paper at a position to people who can vote
    "exposures",
    METADATA,
    key_column("paper_id"),
    Column("day", Text, primary_key=True),
    Column("page", Text, primary_key=True),
    key_column("position"),
    integer_column("shown"),
    sqlite_with_rowid=False,
)
