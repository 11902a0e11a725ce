"""Statements for private feeds, for feed readers that sign in, and for what they mark as read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, select, update

from broadsheet.catalogue.dialects.building import into, upsert
from broadsheet.catalogue.schema import (
    accounts,
    collections,
    papers,
    private_feeds,
    read_marks,
    reader_programs,
    readers,
    stream_papers,
    takeout_imports,
)
from broadsheet.catalogue.statements.elements import any_of

_READER: BindParameter[Any] = bindparam("reader_id")
_STREAM: BindParameter[Any] = bindparam("stream")

# --- private feeds ----------------------------------------------------------------------------------------------
_feed = private_feeds.c["id", "reader_id", "stream", "generation", "is_open", "created_at", "fetched_at"]
_suspended = select(accounts.c.reader_id).where(accounts.c.suspended_at.is_not(None))  # whose owner is locked out
PRIVATE_FEEDS = select(*_feed).where(private_feeds.c.reader_id == _READER).order_by(private_feeds.c.id)
PRIVATE_FEED = (
    select(*_feed, readers.c.name)
    .join_from(private_feeds, readers, readers.c.id == private_feeds.c.reader_id)
    .where(private_feeds.c.id == bindparam("feed_id"), private_feeds.c.reader_id.not_in(_suspended))
)
ADD_PRIVATE_FEEDS = into(private_feeds, "reader_id", "stream", "created_at", ignoring=True)
_own = (private_feeds.c.reader_id == bindparam("reader"), private_feeds.c.stream == bindparam("of_stream"))
RENEW_PRIVATE_FEED = update(private_feeds).where(*_own).values(generation=private_feeds.c.generation + 1, is_open=1)
REVOKE_PRIVATE_FEED = update(private_feeds).where(*_own).values(generation=private_feeds.c.generation + 1, is_open=0)
NOTE_FETCHED = update(private_feeds).where(private_feeds.c.id == bindparam("feed")).values(fetched_at=bindparam("now"))

# --- programs ---------------------------------------------------------------------------------------------------
_program = reader_programs.c["id", "reader_id", "name", "created_at", "used_at"]
READER_PROGRAMS = select(*_program).where(reader_programs.c.reader_id == _READER).order_by(reader_programs.c.id.desc())
PROGRAM_HOLDER = (
    select(*_program, readers.c.name, accounts.c.id, accounts.c.email)
    .join_from(reader_programs, readers, readers.c.id == reader_programs.c.reader_id)
    .join(accounts, accounts.c.reader_id == readers.c.id, isouter=True)
    .where(reader_programs.c.password_hash == bindparam("hash"), reader_programs.c.reader_id.not_in(_suspended))
)
ADD_PROGRAM = into(reader_programs, "reader_id", "name", "password_hash", "created_at")
USE_PROGRAM = (
    update(reader_programs).where(reader_programs.c.id == bindparam("program")).values(used_at=bindparam("now"))
)
REVOKE_PROGRAM = delete(reader_programs).where(
    reader_programs.c.id == bindparam("program"), reader_programs.c.reader_id == bindparam("reader")
)

# --- streams ----------------------------------------------------------------------------------------------------
STREAM_PAPERS = (
    select(stream_papers.c.paper_id, stream_papers.c.at)
    .where(stream_papers.c.reader_id == _READER, stream_papers.c.stream == _STREAM)
    .order_by(stream_papers.c.at.desc(), stream_papers.c.paper_id.desc())
)
ADD_STREAM_PAPERS = into(stream_papers, ignoring=True)
FORGET_STREAM_PAPERS = delete(stream_papers).where(
    stream_papers.c.reader_id == bindparam("reader"),
    stream_papers.c.stream == bindparam("of_stream"),
    any_of(stream_papers.c.paper_id, "ids"),
)
READ_MARKS = select(read_marks.c.paper_id, read_marks.c.is_read).where(read_marks.c.reader_id == _READER)
FORGET_STREAMS = delete(stream_papers).where(stream_papers.c.reader_id == _READER)
FORGET_READ_MARKS = delete(read_marks).where(read_marks.c.reader_id == _READER)
MARK_READ = upsert(into(read_marks), "is_read", "at")
COLLECTION_NUMBERS = (
    select(*collections.c["id", "name", "created_at"])
    .where(collections.c.reader_id == _READER)
    .order_by(collections.c.name)
)

PAPERS_TITLED = select(papers.c.id).where(any_of(papers.c.title, "titles")).order_by(papers.c.id)

# --- archives ---------------------------------------------------------------------------------------------------
TAKEOUT_IMPORT = select(takeout_imports.c.reader_id, takeout_imports.c.added).where(
    takeout_imports.c.import_id == bindparam("import_id")
)
