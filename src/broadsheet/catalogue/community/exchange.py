"""Private feeds, programs that read, and when papers came into what they follow."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.database import Database, fetch, in_list, insert, parse_time, stored_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import clean_text
from broadsheet.catalogue.redirects import follow
from broadsheet.catalogue.statements import exchange as statements
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from broadsheet.catalogue.takeout.taking_in import Brought

__all__ = ["ExchangeTables", "PrivateFeed", "Program", "ProgramHolder"]

_MOST_PROGRAMS = 50  # of one reader
_LONGEST_NAME = 100  # characters


@dataclass(frozen=True, slots=True)
class PrivateFeed:
    """A feed with an address of its own; the address is signed, and not stored."""

    id: int
    reader_id: int
    stream: str
    generation: int
    is_open: bool
    created_at: datetime
    fetched_at: datetime | None


@dataclass(frozen=True, slots=True)
class Program:
    """A program that signs in, without its password."""

    id: int
    reader_id: int
    name: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProgramHolder:
    """A program with whom it reads for; without accounts there is no account."""

    program: Program
    reader: str
    account_id: int | None
    email: str


class ExchangeTables:
    """Stores what readers take to other programs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Private feeds ----------------------------------------------------------------------------------------------

    def feeds(self, reader_id: int) -> list[PrivateFeed]:
        """Those of a reader, the oldest first."""
        with self._database.read() as connection:
            return [_feed(row) for row in fetch(connection, sql.PRIVATE_FEEDS, reader_id=reader_id)]

    def feed(self, feed_id: int) -> tuple[PrivateFeed, str] | None:
        """The feed of this number and its reader's name; None if there is none, or its owner is suspended."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.PRIVATE_FEED, feed_id=feed_id)
        return (_feed(rows[0]), rows[0][-1]) if rows else None

    def add_feeds(self, reader_id: int, streams: Sequence[str]) -> None:
        """Give streams feeds; those that have one, open or revoked, keep it."""
        with self._database.write() as connection:
            now = self._database.now()
            insert(connection, statements.ADD_PRIVATE_FEEDS, [(reader_id, stream, now) for stream in streams])

    def renew_feed(self, reader_id: int, stream: str) -> None:
        """Give a stream another address; the present one is revoked."""
        self._change(statements.RENEW_PRIVATE_FEED, {"reader": reader_id, "of_stream": stream})

    def revoke_feed(self, reader_id: int, stream: str) -> None:
        """Revoke the address of a stream."""
        self._change(statements.REVOKE_PRIVATE_FEED, {"reader": reader_id, "of_stream": stream})

    def note_fetched(self, feed_id: int) -> None:
        """Note that a feed was fetched now."""
        self._change(statements.NOTE_FETCHED, {"feed": feed_id, "now": self._database.now()})

    # Programs ---------------------------------------------------------------------------------------------------

    def programs(self, reader_id: int) -> list[Program]:
        """Those of a reader, the newest first."""
        with self._database.read() as connection:
            return [_program(row) for row in fetch(connection, sql.READER_PROGRAMS, reader_id=reader_id)]

    def add_program(self, reader_id: int, name: str, password_hash: str) -> None:
        """Let a program in. Raises UsageError where there are very many."""
        name = clean_text(name).strip()[:_LONGEST_NAME]
        with self._database.write() as connection:
            if len(fetch(connection, sql.READER_PROGRAMS, reader_id=reader_id)) >= _MOST_PROGRAMS:
                raise UsageError(f"a reader has {_MOST_PROGRAMS} programs at most; revoke one first")
            insert(connection, statements.ADD_PROGRAM, [(reader_id, name, password_hash, self._database.now())])

    def holder(self, password_hash: str) -> ProgramHolder | None:
        """Whose program has this password; None if nobody's, or its owner is suspended."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.PROGRAM_HOLDER, hash=password_hash)
        return ProgramHolder(_program(rows[0]), rows[0][-3], rows[0][-2], rows[0][-1] or "") if rows else None

    def use_program(self, program_id: int) -> None:
        """Note that a program was used now."""
        self._change(statements.USE_PROGRAM, {"program": program_id, "now": self._database.now()})

    def revoke_program(self, reader_id: int, program_id: int) -> bool:
        """Lock a program out; False if the reader has none of that number."""
        return bool(self._change(statements.REVOKE_PROGRAM, {"reader": reader_id, "program": program_id}))

    # Streams ----------------------------------------------------------------------------------------------------

    def stream(self, reader_id: int, stream: str) -> dict[int, datetime]:
        """When each paper came into a stream, the latest first, under the numbers that papers have now."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.STREAM_PAPERS, reader_id=reader_id, stream=stream)
            live = follow(connection, [paper for paper, _ in rows])
        return {live[paper]: parse_time(at) for paper, at in rows if paper in live}

    def note_stream(
        self, reader_id: int, stream: str, arrived: Mapping[int, datetime], gone: Collection[int] = ()
    ) -> None:
        """Note when papers came into a stream, and forget others."""
        with self._database.write() as connection:
            rows = [(reader_id, stream, paper, stored_time(at)) for paper, at in arrived.items()]
            insert(connection, statements.ADD_STREAM_PAPERS, rows)
            if gone:
                key = {"reader": reader_id, "of_stream": stream, "ids": in_list(gone)}
                connection.execute(statements.FORGET_STREAM_PAPERS, key)

    def read_marks(self, reader_id: int) -> dict[int, bool]:
        """Which papers are marked as read, or as unread again."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.READ_MARKS, reader_id=reader_id)
        return {paper: bool(is_read) for paper, is_read in rows}

    def mark_read(self, reader_id: int, papers: Collection[int], *, is_read: bool) -> None:
        """Mark papers as read or unread."""
        with self._database.write() as connection:
            now = self._database.now()
            insert(connection, statements.MARK_READ, [(reader_id, paper, int(is_read), now) for paper in papers])

    def collections(self, reader_id: int) -> dict[str, str]:
        """The names of a reader's collections by a key that a new name does not change, and no other gets."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.COLLECTION_NUMBERS, reader_id=reader_id)
        return {f"{number}-{parse_time(made):%Y%m%d%H%M%S}": name for number, name, made in rows}

    def titled(self, titles: Collection[str]) -> list[int]:
        """The papers with exactly these titles."""
        with self._database.read() as connection:
            return [row[0] for row in fetch(connection, sql.PAPERS_TITLED, titles=in_list(titles))]

    def bring(
        self,
        reader_id: int,
        import_id: int,
        rows: Mapping[str, Sequence[Mapping[str, Any]]],
        paper_of: Mapping[str, int],
        newest: int,
    ) -> Brought:
        """Add the rows of an archive for a reader, all or none; `paper_of` gives the papers of its keys."""
        from broadsheet.catalogue.takeout.taking_in import bring  # imported here: few readers bring an archive

        return bring(self._database, reader_id, import_id, rows, paper_of, newest)

    def brought_by(self, import_id: int) -> int | None:
        """The reader whose archive an import was; None where it was none, or is undone."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.TAKEOUT_IMPORT, import_id=import_id)
        return rows[0][0] if rows and rows[0][1] else None

    def _change(self, statement: Any, parameters: dict[str, Any]) -> int:
        with self._database.write() as connection:
            return int(connection.execute(statement, parameters).rowcount)


def _feed(row: Sequence[Any]) -> PrivateFeed:
    number, reader_id, stream, generation, is_open, created, fetched = row[:7]
    at = None if fetched is None else parse_time(fetched)
    return PrivateFeed(number, reader_id, stream, generation, bool(is_open), parse_time(created), at)


def _program(row: Sequence[Any]) -> Program:
    number, reader_id, name, created, used = row[:5]
    return Program(number, reader_id, name, parse_time(created), None if used is None else parse_time(used))
