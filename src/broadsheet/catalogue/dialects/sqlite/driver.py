"""SQLite's connections: how a file is opened, what a transaction begins with, what the driver's errors mean."""

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
# A connection that reads: the driver's own, or SQLAlchemy's over it.
Reading: TypeAlias = Union[sqlite3.Connection, "sqlalchemy.Connection"]
URL = "sqlite+pysqlite://"
BEGIN = "BEGIN"
BEGIN_WRITING = "BEGIN IMMEDIATE"  # takes the write lock at once
COMPANIONS = ("-wal", "-shm")  # ends of the names of the files beside a catalogue; the first holds what is new
_BUSY_SECONDS = 30
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


def connect(path: Path, *, read_only: bool, immutable: bool) -> Connection:
    """A connection of its own; `immutable` promises that nobody writes."""
    mode = "ro" if read_only else "rwc"
    uri = f"{path.absolute().as_uri()}?mode={mode}{'&immutable=1' if immutable else ''}"
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


def meaning(error: Error) -> tuple[type[LibraryError], str] | None:
    """The error of ours and its words for what the driver says; None if there are none."""
    said = str(error)
    known = ((kind, f"{words} ({said})") for sign, kind, words in _MEANINGS if sign in said.lower())
    return next(known, None)


def raw(connection: Reading) -> Connection:
    """The driver's connection under SQLAlchemy's."""
    if isinstance(connection, sqlite3.Connection):
        return connection
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def switch_to_wal(connection: Connection) -> None:
    """Let a new file be read while it is written."""
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA page_size = 8192")
        connection.execute("PRAGMA journal_mode = WAL")


def number_of(connection: Reading, name: str) -> int:
    """A number in the file's header: application_id or user_version."""
    return int(raw(connection).execute(f"PRAGMA {name}").fetchone()[0])


def set_number(connection: Reading, name: str, value: int) -> None:
    """Set a number in the file's header, as part of the transaction."""
    raw(connection).execute(f"PRAGMA {name} = {value}")


def is_empty(connection: Reading) -> bool:
    """Whether the file holds nothing at all; the cheapest look into it."""
    return raw(connection).execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None


def integrity_problems(connection: Reading, most: int) -> list[str]:
    """What is wrong with the file itself, in SQLite's words."""
    found = [row[0] for row in raw(connection).execute(f"PRAGMA integrity_check({most})")]
    return [] if found == ["ok"] else found


def foreign_key_problems(connection: Reading, most: int) -> list[tuple[str, Any, str]]:
    """(table, row, the table it points to) of rows that point to nothing."""
    return [row[:3] for row in raw(connection).execute("PRAGMA foreign_key_check").fetchmany(most)]


def back_up(connection: Connection, copy: Path) -> None:
    """Write the catalogue as it is into another file. Outside a transaction."""
    connection.execute("VACUUM INTO ?", (str(copy),))


def in_list(values: Iterable[Any]) -> str:
    """Values as the one parameter of `any_of` or `each`, however many there are."""
    return json.dumps(list(values), ensure_ascii=False)


def numbers(listed: str | None) -> NDArray[np.int64]:
    """A column of whole numbers that a query joined by commas: four times as fast as so many rows."""
    return np.fromstring(listed, np.int64, sep=",") if listed else np.empty(0, np.int64)
