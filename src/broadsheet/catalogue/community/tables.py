"""The community's part of a catalogue."""

from __future__ import annotations

from broadsheet.catalogue.database import Database

__all__ = ["CommunityTables"]


class CommunityTables:
    """What people do together, each part an object over the same database."""

    def __init__(self, database: Database) -> None:
        self._database = database
