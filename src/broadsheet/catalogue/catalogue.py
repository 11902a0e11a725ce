"""The catalogue: four objects over one database, papers, readers, changes and harvest."""

from __future__ import annotations

import os
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from broadsheet.catalogue.changes import Changes
from broadsheet.catalogue.database import Database, fetch, parse_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.harvest import Harvest
from broadsheet.catalogue.papers import Papers
from broadsheet.catalogue.readers import Readers
from broadsheet.kit.clock import Clock, utc_now
from broadsheet.kit.errors import LibraryError
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from broadsheet.catalogue import check, migrations
    from broadsheet.catalogue.community import CommunityTables
    from broadsheet.catalogue.connections import Connections
else:  # a search does not wait for what an import needs
    check, migrations = lazy("broadsheet.catalogue", "check", "migrations")

__all__ = ["Catalogue"]


class Catalogue:
    """An open catalogue. Safe among threads and processes; every write is one transaction.

    Its methods are in `papers`, `readers`, `changes`, `harvest` and `community`.
    Any method may raise LibraryError (disk full, locked, not writable) or CorruptFile, naming the file and the fix.
    """

    def __init__(self, database: Database, instance_id: str) -> None:
        self._database = database
        self.papers = Papers(database)
        self.readers = Readers(database)
        self.changes = Changes(database)
        self.harvest = Harvest(database)
        self.instance_id = instance_id  # random, made once with the file: names this library in feeds

    @classmethod
    def open(cls, path: Path, *, create: bool = False, read_only: bool = False, clock: Clock = utc_now) -> Catalogue:
        """Open the catalogue file at `path`; migrate an older one. `create` makes a missing one.

        Raises LibraryError if it is missing, of a newer version, or cannot be used; CorruptFile if damaged.
        """
        if not path.exists() and (read_only or not create):
            raise LibraryError(f"{path}: no catalogue here; `broadsheet add FILE` makes one")
        database = Database(path, read_only=read_only, clock=clock)
        try:
            database.prepare()
            migrations.upgrade(database, create=create)
            with database.read() as connection:
                instance_id = fetch(connection, sql.INSTANCE_ID)[0][0]
        except BaseException:
            database.close()
            raise
        return cls(database, instance_id)

    @cached_property
    def connections(self) -> Connections:
        """Libraries that readers keep elsewhere."""
        from broadsheet.catalogue.connections import Connections  # here: a search does not load it

        return Connections(self._database)

    @cached_property
    def community(self) -> CommunityTables:
        """What people do together."""
        from broadsheet.catalogue.community import CommunityTables  # here: a search does not load it

        return CommunityTables(self._database)

    @property
    def path(self) -> Path:
        """The path of the catalogue file."""
        return self._database.path

    @property
    def read_only(self) -> bool:
        """Whether the catalogue is opened for reading only."""
        return self._database.read_only

    def now(self) -> datetime:
        """The present time in UTC, by the clock passed to `open`."""
        return parse_time(self._database.now())

    def back_up(self, copy: Path) -> int:
        """Write the catalogue as it is now to a new file that only its owner can read; its size in bytes.

        It appears under its name when it is complete. Raises LibraryError, OSError.
        """
        partial = copy.with_name(f"{copy.name}.partial")
        partial.unlink(missing_ok=True)
        partial.touch(mode=0o600)
        try:
            self._database.back_up(partial)
            with partial.open("rb+") as file:
                os.fsync(file.fileno())
            os.replace(partial, copy)
        finally:
            partial.unlink(missing_ok=True)
        return copy.stat().st_size

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def check(self) -> list[str]:
        """Check the whole catalogue; one line per problem, [] if there is none."""
        return check.check(self._database)
