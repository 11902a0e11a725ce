"""Migrations: bring a catalogue to the version that this Broadsheet writes.

A new file gets the whole schema at once. An older one is migrated step by step, one transaction per step:
`MIGRATIONS[n]` holds the statements from version n - 1 to n. A released step is never edited.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from broadsheet.catalogue.database import Database, Reading, insert
from broadsheet.catalogue.dialects import driver
from broadsheet.catalogue.migration_4 import COMMUNITY_TABLES
from broadsheet.catalogue.migration_5 import SAVED_SEARCHES
from broadsheet.catalogue.migration_6 import PROPENSITIES
from broadsheet.catalogue.migration_7 import STEERING
from broadsheet.kit.errors import LibraryError

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["APPLICATION_ID", "MIGRATIONS", "VERSION", "upgrade"]

VERSION = 7
APPLICATION_ID = 0x42524453  # "BRDS" in the file's header: this SQLite file is a Broadsheet catalogue

Step: TypeAlias = "str | Callable[[Connection], None]"


def _recompute_derived(connection: Connection) -> None:
    from broadsheet.catalogue.deriving import recompute_derived

    recompute_derived(connection)


MIGRATIONS: Mapping[int, tuple[Step, ...]] = {
    2: (
        "ALTER TABLE merges ADD COLUMN absorbed TEXT",
        "CREATE TABLE redirects (old_id INTEGER NOT NULL PRIMARY KEY, paper_id INTEGER NOT NULL)",
    ),
    3: (
        "ALTER TABLE source_records ADD COLUMN import_id INTEGER",
        "CREATE INDEX source_records_by_import ON source_records (import_id) WHERE import_id IS NOT NULL",
        "CREATE TABLE imports (id INTEGER NOT NULL PRIMARY KEY, at TEXT NOT NULL, source TEXT NOT NULL, "
        "undone INTEGER)",
        "CREATE TABLE deletions (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL, "
        "label TEXT NOT NULL, papers INTEGER NOT NULL, content TEXT NOT NULL, restored_at TEXT)",
        "CREATE TABLE tombstones (scheme TEXT NOT NULL, value TEXT NOT NULL, deletion_id INTEGER NOT NULL, "
        "title TEXT NOT NULL, PRIMARY KEY (scheme, value, deletion_id), "
        "FOREIGN KEY(deletion_id) REFERENCES deletions (id) ON DELETE CASCADE) WITHOUT ROWID",
        "CREATE INDEX tombstones_by_deletion ON tombstones (deletion_id)",
        _recompute_derived,
    ),
    4: (*COMMUNITY_TABLES,),
    5: (*SAVED_SEARCHES,),
    6: (*PROPENSITIES,),
    7: (*STEERING,),
}


def upgrade(
    database: Database, *, create: bool, migrations: Mapping[int, tuple[Step, ...]] = MIGRATIONS, target: int = VERSION
) -> None:
    """Create the tables of an empty file, or migrate an older one, up to version `target`.

    Raises LibraryError if the file is of a newer version, is not a catalogue, or may not be changed as needed.
    """
    with database.read() as connection:
        version = _version(database, connection)
    if version is None and not create:
        raise LibraryError(f"{database.path}: the catalogue is empty; create the library again with `broadsheet add`")
    if version == target:
        return
    if version is not None and version > target:
        raise LibraryError(
            f"{database.path}: the catalogue has version {version}, this Broadsheet reads up to {target}; "
            "upgrade Broadsheet (nothing was changed)"
        )
    if database.read_only:
        raise LibraryError(
            f"{database.path}: the catalogue has version {version}, this Broadsheet needs {target}; "
            "open it once for writing to bring it up to date"
        )
    if version is not None:
        _back_up(database, version)
    while version is None or version < target:
        version = _step(database, migrations, target)


def _step(database: Database, migrations: Mapping[int, tuple[Step, ...]], target: int) -> int:
    """Migrate by one version in one transaction; reads the version again, since another process may be faster."""
    with database.write() as connection:
        version = _version(database, connection)
        if version is None:
            from broadsheet.catalogue.schema import METADATA
            from broadsheet.catalogue.statements.harvest import ADD_META

            METADATA.create_all(connection, checkfirst=False)
            rows = [("instance_id", str(uuid.uuid4())), ("created_at", database.now())]
            insert(connection, ADD_META, rows)
            driver.set_number(connection, "application_id", APPLICATION_ID)
            new_version = VERSION
        elif version < target:
            new_version = version + 1
            for statement in migrations[new_version]:
                if callable(statement):
                    statement(connection)
                else:
                    connection.exec_driver_sql(statement)
        else:
            return version
        driver.set_number(connection, "user_version", new_version)
        return new_version


def _back_up(database: Database, version: int) -> None:
    """Copy the file beside itself before it is changed."""
    copy = database.path.with_name(f"{database.path.stem}.version-{version}{database.path.suffix}")
    if not copy.exists():
        database.back_up(copy)
        copy.chmod(0o600)


def _version(database: Database, connection: Reading) -> int | None:
    """The schema version of the file; None if it holds nothing at all."""
    application = driver.number_of(connection, "application_id")
    if application == APPLICATION_ID:
        return driver.number_of(connection, "user_version")
    if application or not driver.is_empty(connection):
        raise LibraryError(f"{database.path}: this SQLite file was not made by Broadsheet; choose another folder")
    return None
