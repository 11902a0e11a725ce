"""SQLite connections: opening a file, beginning a transaction, translating the driver's errors."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, Union

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.errors import CorruptFile, LibraryError

if TYPE_CHECKING:
    import sqlalchemy

__all__ = [
    "BEGIN",
    "BEGIN_WRITING",
    "COMPANIONS",
    "URL",
    "Connection",
    "Error",
    "Reading",
    "back_up",
    "connect",
    "foreign_key_problems",
    "in_list",
    "integrity_problems",
    "is_empty",
    "meaning",
    "number_of",
    "numbers",
    "raw",
    "set_number",
    "switch_to_wal",
]

Connection: TypeAlias = sqlite3.Connection
Error = sqlite3.Error
# A connection for reading: the driver's own, or SQLAlchemy's.
Reading: TypeAlias = Union[sqlite3.Connection, "sqlalchemy.Connection"]
URL = "sqlite+pysqlite://"
BEGIN = "BEGIN"
BEGIN_WRITING = "BEGIN IMMEDIATE"  # takes the write lock at once
COMPANIONS = ("-wal", "-shm")  # suffixes of the files beside a catalogue; the first holds the latest writes
_BUSY_SECONDS = 30
PRAGMAS = (
    "foreign_keys = ON",
    "synchronous = FULL",
    "cache_size = -32000",  # kibibytes per connection, allocated on demand
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


def connect(path: Path, *, read_only: bool, immutable: bool) -> Connection:
    """Open a connection; `immutable` promises that nobody writes to the file."""
    mode = "ro" if read_only else "rwc"
    uri = f"{path.absolute().as_uri()}?mode={mode}{'&immutable=1' if immutable else ''}"
    connection = sqlite3.connect(
        uri, uri=True, timeout=_BUSY_SECONDS, check_same_thread=False, isolation_level=None, cached_statements=256
    )
    try:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def meaning(error: Error) -> tuple[type[LibraryError], str] | None:
    """The exception type and message for an error of the driver; None if it is unknown."""
    text = str(error)
    meanings = ((kind, f"{message} ({text})") for sign, kind, message in _MEANINGS if sign in text.lower())
    return next(meanings, None)


def raw(connection: Reading) -> Connection:
    """The driver's connection, also from SQLAlchemy's."""
    if isinstance(connection, sqlite3.Connection):
        return connection
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def switch_to_wal(connection: Connection) -> None:
    """Switch a new file to write-ahead logging, so that it can be read while it is written."""
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA page_size = 8192")
        connection.execute("PRAGMA journal_mode = WAL")


def number_of(connection: Reading, name: str) -> int:
    """Read a number from the file's header: application_id or user_version."""
    return int(raw(connection).execute(f"PRAGMA {name}").fetchone()[0])


def set_number(connection: Reading, name: str, value: int) -> None:
    """Set a number in the file's header, within the transaction."""
    raw(connection).execute(f"PRAGMA {name} = {value}")


def is_empty(connection: Reading) -> bool:
    """Whether the file has no tables; the cheapest query."""
    return raw(connection).execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None


def integrity_problems(connection: Reading, most: int) -> list[str]:
    """The problems of the file itself, as SQLite reports them."""
    lines = [row[0] for row in raw(connection).execute(f"PRAGMA integrity_check({most})")]
    return [] if lines == ["ok"] else lines


def foreign_key_problems(connection: Reading, most: int) -> list[tuple[str, Any, str]]:
    """(table, row, referenced table) of rows that refer to a missing row."""
    return [row[:3] for row in raw(connection).execute("PRAGMA foreign_key_check").fetchmany(most)]


def back_up(connection: Connection, copy: Path) -> None:
    """Copy the catalogue to another file. Call it outside a transaction."""
    connection.execute("VACUUM INTO ?", (str(copy),))


def in_list(values: Iterable[Any]) -> str:
    """Encode values as the single parameter of `any_of` or `each`, as JSON; any number of values."""
    return json.dumps(list(values), ensure_ascii=False)


def numbers(text: str | None) -> NDArray[np.int64]:
    """Decode a column of integers that the query joined by commas: four times as fast as one row each."""
    return np.fromstring(text, np.int64, sep=",") if text else np.empty(0, np.int64)
