"""One SQLite file, opened so that several processes may use it at once and a crash loses nothing acknowledged.

WAL with synchronous=FULL; reads see one snapshot; a write takes the write lock when it begins, waits up to
30 seconds for another process, and commits or leaves nothing. What SQLite has to say becomes a LibraryError.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.dialects import Reading, driver, in_list, numbers, sql
from broadsheet.kit.clock import Clock, utc_now
from broadsheet.kit.errors import CorruptFile, LibraryError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from broadsheet.catalogue.dialects.building import Insert

__all__ = ["Database", "Reading", "fetch", "in_list", "insert", "next_id", "numbers", "parse_time", "stored_time"]

_OURS = (
    "catalogue.",
    "indexes",
    "broadsheet.toml",
    "settings.toml",
    ".lock",
    "models",
)  # files and folders of a library
_BEGIN = "broadsheet_begin"
_TOO_LARGE = "too large to convert to SQLite"


class Database:
    """The engine over one catalogue file. `read()` and `write()` are the only ways in."""

    def __init__(self, path: Path, *, read_only: bool = False, clock: Clock = utc_now) -> None:
        """Prepares connections; opens nothing yet. `read_only` works in a folder that cannot be written."""
        self.path = path
        self._clock = clock
        self.read_only = read_only
        self._immutable = False
        self._idle: list[driver.Connection] = []  # connections that only read, free for the next
        self._glancing = threading.Lock()
        self._glance: driver.Connection | None = None

    def now(self) -> str:
        """The present time as the database stores it."""
        return stored_time(self._clock())

    def today(self) -> date:
        """Today's date in UTC."""
        return self._clock().astimezone(UTC).date()

    @cached_property
    def _engine(self) -> Engine:
        """The engine of all writes, made on first use: a command that only reads does not load SQLAlchemy."""
        from sqlalchemy import QueuePool, create_engine, event

        engine = create_engine(driver.URL, creator=self._connect, poolclass=QueuePool, pool_size=8, max_overflow=56)
        event.listen(engine, "begin", _begin)
        return engine

    @contextmanager
    def read(self) -> Iterator[Reading]:
        """A connection that reads one snapshot of the catalogue, however long it is used."""
        with self._translated_errors():
            idle = self._idle
            try:
                connection = idle.pop()
            except IndexError:
                connection = self._connect()
            try:
                connection.execute(driver.BEGIN)
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
        begin = {_BEGIN: driver.BEGIN_WRITING}
        with (
            self._translated_errors(),
            _driver_errors(),
            self._engine.connect().execution_options(**begin) as connection,
            connection.begin(),
        ):
            yield connection

    def back_up(self, copy: Path) -> None:
        """Copy the catalogue in its present state to another file."""
        with self._translated_errors(), closing(self._connect()) as connection:
            driver.back_up(connection, copy)

    def glance(self, query: str) -> Any:
        """The present value of a one-value query, at a tenth of the cost of `read`; every request begins with one."""
        with self._translated_errors(), self._glancing:
            if self._glance is None:
                self._glance = self._connect()
            return self._glance.execute(query).fetchone()[0]

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
                    driver.is_empty(connection)
            except LibraryError as error:
                wal = self.path.with_name(self.path.name + driver.COMPANIONS[0])
                if isinstance(error, CorruptFile) or (wal.exists() and wal.stat().st_size):
                    raise
                # Without a -shm file, and no right to make one, WAL can be read only by promising nobody writes.
                self.close()
                self._immutable = True
            return
        _make_private(self.path)
        with self._translated_errors(), closing(self._connect()) as connection:
            driver.switch_to_wal(connection)

    def _connect(self) -> driver.Connection:
        return driver.connect(self.path, read_only=self.read_only, immutable=self._immutable)

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        """Raise known errors of the driver as errors of Broadsheet; unknown ones pass unchanged."""
        try:
            yield
        except driver.Error as error:
            if translation := driver.meaning(error):
                kind, message = translation
                raise kind(f"{self.path}: {message}") from error
            raise
        except OverflowError as error:
            if _TOO_LARGE in str(error):
                raise UsageError("a number of more than 18 digits names nothing here") from error
            raise


def _make_private(path: Path) -> None:
    """Make the library readable by its owner only: files and folder, new or old, if this user owns them.

    SQLite gives the files beside a catalogue the mode of the catalogue.
    """
    modes = [(path.with_name(path.name + end), 0o600) for end in ("", *driver.COMPANIONS)]
    with suppress(OSError):  # another owner, or a file system without modes
        path.touch(mode=0o600, exist_ok=True)
        if all(file.name.startswith(_OURS) for file in path.parent.iterdir()):  # the folder holds nothing else
            modes.append((path.parent, 0o700))
        for file, mode in modes:
            if file.exists() and file.stat().st_uid == os.getuid() and file.stat().st_mode & 0o077:
                file.chmod(mode)


@contextmanager
def _driver_errors() -> Iterator[None]:
    """Raise the driver's own error in place of SQLAlchemy's wrapper."""
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except DBAPIError as error:
        raise error.orig or error from error


def _begin(connection: Connection) -> None:
    driver.raw(connection).execute(connection.get_execution_options().get(_BEGIN, driver.BEGIN))


def fetch(connection: Reading, query: str, **parameters: Any) -> list[Any]:
    """All rows of a query, one of `dialects.sql`, as plain tuples."""
    # The driver alone takes a tenth of the time of SQLAlchemy's rows; no caller reads columns by name.
    return driver.raw(connection).execute(query, parameters).fetchall()


def insert(connection: Connection, into: Insert, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert many rows at once, their values in the order of the statement's columns."""
    if rows:
        from broadsheet.catalogue.dialects.building import rows_text

        connection.exec_driver_sql(rows_text(into), list(rows))


def next_id(connection: Connection, table: str) -> int:
    """The first number never used by an AUTOINCREMENT table. Call it while holding the write lock."""
    rows = fetch(connection, sql.LAST_NUMBER, of=table)
    return int(rows[0][0]) + 1 if rows else 1


def stored_time(moment: datetime) -> str:
    """A time as the database stores it; without a time zone it is taken as UTC."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.isoformat(timespec="microseconds")


def parse_time(text: str) -> datetime:
    """Parse a stored time."""
    return datetime.fromisoformat(text)
