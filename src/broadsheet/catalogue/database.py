"""One SQLite file, opened so that several processes may use it at once and a crash loses nothing acknowledged.

WAL with synchronous=FULL; reads see one snapshot; a write takes the write lock when it begins, waits up to
30 seconds for another process, and commits or leaves nothing. What SQLite has to say becomes a LibraryError.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, Union

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.clock import Clock, utc_now
from broadsheet.kit.errors import CorruptFile, LibraryError

__all__ = ["Database", "Reading", "fetch", "in_list", "insert", "next_id", "numbers", "parse_time", "stored_time"]

_OURS = ("catalogue.", "indexes", "broadsheet.toml", "settings.toml", ".lock", "models")  # what lies in a library
if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

# A connection that reads: the driver's own, or one that writes as well.
Reading: TypeAlias = Union[sqlite3.Connection, "Connection"]
_BUSY_SECONDS = 30
_BEGIN = "broadsheet_begin"
_PRAGMAS = (
    "foreign_keys = ON",
    "synchronous = FULL",
    "cache_size = -32000",  # kibibytes a connection, taken as they are needed
    "temp_store = MEMORY",
    "wal_autocheckpoint = 4000",  # pages: a few batches of an import
)
_MEANINGS = (
    ("is full", LibraryError, "the disk is full; nothing of this step was stored; free some space and run it again"),
    ("readonly", LibraryError, "cannot be written; make the folder writable for this user, or only read from it"),
    (
        "locked",
        LibraryError,
        f"another process kept it locked for {_BUSY_SECONDS} s; let that one finish, then try again",
    ),
    ("unable to open", LibraryError, "cannot be opened; check that the folder exists and who may read and write it"),
    ("disk i/o error", LibraryError, "the disk reports an error; nothing of this step was stored; check the disk"),
    (
        "malformed",
        CorruptFile,
        "the file is damaged; put back a copy, or save what can be read with `sqlite3 .recover`",
    ),
    ("not a database", CorruptFile, "this is no SQLite database, or it is damaged; put back a copy or move it away"),
)


class Database:
    """The engine over one catalogue file. `read()` and `write()` are the only ways in."""

    def __init__(self, path: Path, *, read_only: bool = False, clock: Clock = utc_now) -> None:
        """Prepares connections; opens nothing yet. `read_only` works in a folder that cannot be written."""
        self.path = path
        self._clock = clock
        self.read_only = read_only
        self._immutable = False
        self._idle: list[sqlite3.Connection] = []  # connections that only read, free for the next
        self._glancing = threading.Lock()
        self._glance: sqlite3.Connection | None = None

    def now(self) -> str:
        """This moment, as stored."""
        return stored_time(self._clock())

    def today(self) -> date:
        """The day in UTC."""
        return self._clock().astimezone(UTC).date()

    @cached_property
    def _engine(self) -> Engine:
        """What writes go through; a command that only reads does not wait for SQLAlchemy to load."""
        from sqlalchemy import QueuePool, create_engine, event

        engine = create_engine(
            "sqlite+pysqlite://", creator=self._connect, poolclass=QueuePool, pool_size=8, max_overflow=56
        )
        event.listen(engine, "begin", _begin)
        return engine

    @contextmanager
    def read(self) -> Iterator[Reading]:
        """A connection that sees one moment of the catalogue however long it is used."""
        with self._explained():
            idle = self._idle
            try:
                connection = idle.pop()
            except IndexError:
                connection = self._connect()
            try:
                connection.execute("BEGIN")
                yield connection
                connection.execute("ROLLBACK")
            except BaseException:
                connection.close()  # in whatever state it is
                raise
            if idle is self._idle:
                idle.append(connection)
            else:  # the catalogue was closed meanwhile
                connection.close()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection that holds the write lock; commits at the end, or rolls all back if anything is raised."""
        if self.read_only:
            raise LibraryError(f"{self.path}: opened for reading only; make the folder writable to change it")
        begin = {_BEGIN: "BEGIN IMMEDIATE"}
        with (
            self._explained(),
            _original(),
            self._engine.connect().execution_options(**begin) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def outside(self) -> Iterator[Connection]:
        """A connection outside any transaction of ours, for pragmas."""
        with self._explained(), _original(), self._engine.connect().execution_options(**{_BEGIN: ""}) as connection:
            yield connection

    def glance(self, sql: str) -> Any:
        """The one value of a query, as of now: for what every request asks first, at a tenth of the cost of `read`."""
        with self._explained(), self._glancing:
            if self._glance is None:
                self._glance = self._connect()
            return self._glance.execute(sql).fetchone()[0]

    def close(self) -> None:
        """Close every connection; the file can then be moved or deleted."""
        if "_engine" in vars(self):
            self._engine.dispose()
        idle, self._idle = self._idle, []
        while idle:
            idle.pop().close()
        with self._glancing:
            if self._glance is not None:
                self._glance.close()
                self._glance = None

    def prepare(self) -> None:
        """First contact: switch a new file to WAL; find out whether a read-only folder needs the immutable mode."""
        if self.read_only:
            try:
                with self.read() as connection:
                    fetch(connection, "SELECT count(*) FROM sqlite_master")
            except LibraryError as error:
                wal = self.path.with_name(self.path.name + "-wal")
                if isinstance(error, CorruptFile) or (wal.exists() and wal.stat().st_size):
                    raise
                # Without a -shm file, and no right to make one, WAL can be read only by promising nobody writes.
                self.close()
                self._immutable = True
            return
        _tighten(self.path)
        with self._explained(), closing(self._connect()) as connection:
            if fetch(connection, "PRAGMA journal_mode")[0][0] != "wal":
                connection.execute("PRAGMA page_size = 8192")
                connection.execute("PRAGMA journal_mode = WAL")

    def _connect(self) -> sqlite3.Connection:
        mode = "ro" if self.read_only else "rwc"
        uri = f"{self.path.absolute().as_uri()}?mode={mode}{'&immutable=1' if self._immutable else ''}"
        connection = sqlite3.connect(
            uri, uri=True, timeout=_BUSY_SECONDS, check_same_thread=False, isolation_level=None, cached_statements=256
        )
        try:
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Errors of the driver as errors of ours; what we have no word for stays as it is."""
        try:
            yield
        except sqlite3.Error as error:
            said = str(error)
            for words, kind, meaning in _MEANINGS:
                if words in said.lower():
                    raise kind(f"{self.path}: {meaning} ({said})") from error
            raise


def _tighten(path: Path) -> None:
    """Let nobody but us read the library: new files and folders, and older ones that are ours, become private.

    SQLite gives its -wal and -shm files the mode of the file they belong to.
    """
    wanted = [(path.with_name(path.name + end), 0o600) for end in ("", "-wal", "-shm")]
    with suppress(OSError):  # not ours, or no such notion in this file system
        path.touch(mode=0o600, exist_ok=True)
        if all(one.name.startswith(_OURS) for one in path.parent.iterdir()):  # not a folder that has other uses
            wanted.append((path.parent, 0o700))
        for one, mode in wanted:
            if one.exists() and one.stat().st_uid == os.getuid() and one.stat().st_mode & 0o077:
                one.chmod(mode)


@contextmanager
def _original() -> Iterator[None]:
    """What SQLAlchemy says of the driver's errors as the driver said it."""
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except DBAPIError as error:
        raise error.orig or error from error


def _begin(connection: Connection) -> None:
    if statement := connection.get_execution_options().get(_BEGIN, "BEGIN"):
        _driver(connection).execute(statement)


def _driver(connection: Reading) -> sqlite3.Connection:
    if isinstance(connection, sqlite3.Connection):
        return connection
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def fetch(connection: Reading, sql: str, *parameters: Any) -> list[Any]:
    """All rows of a query as plain tuples."""
    # By the driver alone: a tenth of the time of SQLAlchemy's rows, and nothing here reads by name.
    return _driver(connection).execute(sql, parameters).fetchall()


def next_id(connection: Connection, table: str) -> int:
    """The first number never used by an AUTOINCREMENT table. Call it while holding the write lock."""
    used = fetch(connection, "SELECT seq FROM sqlite_sequence WHERE name = ?", table)
    return int(used[0][0]) + 1 if used else 1


def numbers(listed: str | None) -> NDArray[np.int64]:
    """What `group_concat` made of a column of whole numbers: four times as fast as so many rows."""
    return np.fromstring(listed, np.int64, sep=",") if listed else np.empty(0, np.int64)


def insert(connection: Connection, into: str, columns: int, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert many rows at once; `into` is the statement's head, e.g. "INSERT INTO changes (paper_id, kind)"."""
    if rows:
        connection.exec_driver_sql(f"{into} VALUES ({', '.join('?' * columns)})", list(rows))


def in_list(values: Iterable[Any]) -> str:
    """Values as the one parameter of `… IN (SELECT value FROM json_each(?))`, however many there are."""
    return json.dumps(list(values), ensure_ascii=False)


def stored_time(moment: datetime) -> str:
    """A moment as stored; one without a time zone is taken as UTC."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.isoformat(timespec="microseconds")


def parse_time(text: str) -> datetime:
    """A stored time."""
    return datetime.fromisoformat(text)
