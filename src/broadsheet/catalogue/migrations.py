"""Bringing a catalogue to the version this Broadsheet writes.

A new file gets the whole schema at once. An older one is brought up step by step, each step in a transaction of
its own: `MIGRATIONS[n]` are the statements that lead from version n - 1 to n. A step, once released, is not edited.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from sqlalchemy import Connection

from broadsheet.catalogue.database import Database, fetch
from broadsheet.catalogue.schema import APPLICATION_ID, METADATA, VERSION
from broadsheet.kit.errors import LibraryError

__all__ = ["MIGRATIONS", "upgrade"]

MIGRATIONS: Mapping[int, tuple[str, ...]] = {
    2: (
        "ALTER TABLE merges ADD COLUMN absorbed TEXT",
        "CREATE TABLE redirects (old_id INTEGER NOT NULL PRIMARY KEY, paper_id INTEGER NOT NULL)",
    ),
}


def upgrade(
    database: Database, *, create: bool, migrations: Mapping[int, tuple[str, ...]] = MIGRATIONS, target: int = VERSION
) -> None:
    """Create the tables of an empty file, or migrate an older one, up to version `target`.

    Raises LibraryError if the file is of a newer version, is not a catalogue, or may not be changed as needed.
    """
    with database.read() as connection:
        found = _version(database, connection)
    if found is None and not create:
        raise LibraryError(f"{database.path}: the catalogue is empty; create the library again with `broadsheet add`")
    if found == target:
        return
    if found is not None and found > target:
        raise LibraryError(
            f"{database.path}: the catalogue has version {found}, this Broadsheet reads up to {target}; "
            "upgrade Broadsheet (nothing was changed)"
        )
    if database.read_only:
        raise LibraryError(
            f"{database.path}: the catalogue has version {found}, this Broadsheet needs {target}; "
            "open it once for writing to bring it up to date"
        )
    while found is None or found < target:
        found = _step(database, migrations, target)


def _step(database: Database, migrations: Mapping[int, tuple[str, ...]], target: int) -> int:
    """One transaction; looks at the version again, as another process may have been faster."""
    with database.write() as connection:
        found = _version(database, connection)
        if found is None:
            METADATA.create_all(connection, checkfirst=False)
            rows = [("instance_id", str(uuid.uuid4())), ("created_at", database.now())]
            connection.exec_driver_sql("INSERT INTO meta (key, value) VALUES (?, ?)", rows)
            connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
            reached = VERSION
        elif found < target:
            reached = found + 1
            for statement in migrations[reached]:
                connection.exec_driver_sql(statement)
        else:
            return found
        connection.exec_driver_sql(f"PRAGMA user_version = {reached}")
        return reached


def _version(database: Database, connection: Connection) -> int | None:
    """The schema version of the file; None if it holds nothing at all."""
    application = int(fetch(connection, "PRAGMA application_id")[0][0])
    if application == APPLICATION_ID:
        return int(fetch(connection, "PRAGMA user_version")[0][0])
    if application or fetch(connection, "SELECT 1 FROM sqlite_master LIMIT 1"):
        raise LibraryError(f"{database.path}: this SQLite file was not made by Broadsheet; choose another folder")
    return None
