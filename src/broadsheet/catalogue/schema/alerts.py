"""What readers are told of: alerts with the papers that they found, and changes of papers that somebody keeps.

`paper_changes` is derived from the earlier contents of papers: it is brought up to date from the change log
(catalogue/community/paper_changes.py), so that a reader of 20,000 saved papers costs one join.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint

from broadsheet.catalogue.schema.columns import METADATA, integer_column, key_column, reference_column, text_column

__all__ = ["alert_papers", "alerts", "change_marks", "paper_changes"]

alerts = Table(
    "alerts",
    METADATA,
    Column("id", Integer, primary_key=True),  # names its feed for ever
    reference_column("reader_id", "readers.id"),
    text_column("kind"),  # search | author | organisation | cites
    text_column("target"),  # number of the saved search, key of the author or organisation, a set of own papers
    text_column("name"),
    integer_column("near"),  # how near a paper must be: so many of 1,000 papers of the library are farther
    text_column("mail"),  # no | digest | once | daily | weekly
    text_column("hook_url"),  # "" for none; whoever has it can post: it is shown to its reader alone
    text_column("hook_shape"),
    text_column("created_at"),
    Column("paused_at", Text),
    integer_column("first_paper"),  # the newest paper when it was made: what came before is no news
    integer_column("after_seq"),  # the last change of the catalogue that it has looked at
    integer_column("seen_hit"),  # the last row of alert_papers that its reader has looked at
    text_column("trouble"),  # why it finds nothing at present
    UniqueConstraint("reader_id", "name"),
    Index("alerts_by_seq", "after_seq"),
    sqlite_autoincrement=True,
)
alert_papers = Table(  # a paper is found once by an alert
    "alert_papers",
    METADATA,
    Column("id", Integer, primary_key=True),
    reference_column("alert_id", "alerts.id"),
    reference_column("reader_id", "readers.id"),
    integer_column("paper_id"),  # no foreign key: a deleted paper may come back
    text_column("found_at"),
    Column("near", Integer),  # as in alerts; NULL: not known
    integer_column("cited_paper"),  # the reader's paper that it cites; 0 for other kinds
    integer_column("delivery_id"),  # the mail that brings it; 0: none yet, -1: it is not mailed
    integer_column("post_id"),  # likewise of the webhook
    UniqueConstraint("alert_id", "paper_id"),
    Index("alert_papers_by_paper", "paper_id"),
    Index("alert_papers_by_delivery", "delivery_id", "alert_id"),
    sqlite_autoincrement=True,
)
paper_changes = Table(  # rows of deleted papers go with the next update
    "paper_changes",
    METADATA,
    key_column("paper_id"),
    Column("at", Text, primary_key=True),  # when the earlier content was replaced
    text_column("what"),  # text | venue | code | standing, several with commas
    sqlite_with_rowid=False,
)
change_marks = Table(  # how far a reader has seen the changes of a paper
    "change_marks",
    METADATA,
    key_column("reader_id", "readers.id"),
    key_column("paper_id"),
    text_column("seen_at"),  # "" for never
    text_column("mailed_at"),  # up to which change it was mailed
    integer_column("delivery_id"),  # by which mail
    Index("change_marks_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
