"""Readers: who they are, what they do, their collections and searches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from broadsheet.catalogue import days, events, reader_accounts
from broadsheet.catalogue.collections import CollectionTable
from broadsheet.catalogue.database import Database
from broadsheet.catalogue.events import Event, LoggedEvent, ReaderState
from broadsheet.catalogue.experiments import Experiments
from broadsheet.catalogue.highlights import HighlightTable
from broadsheet.catalogue.reader_accounts import Reader
from broadsheet.catalogue.saved_searches import SavedSearches
from broadsheet.catalogue.steering import SteeringTable

__all__ = ["Readers"]


class Readers:
    """Stores readers, their events and their collections."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.searches = SavedSearches(database)
        self.experiments = Experiments(database)
        self.reading_lists = CollectionTable(database)
        self.highlights = HighlightTable(database)
        self.steering = SteeringTable(database)

    def all(self) -> list[Reader]:
        """All readers."""
        return reader_accounts.readers(self._database)

    def get(self, name: str, create: bool = False) -> Reader:
        """The reader of this name; `create` adds a missing one. Raises UnknownReader with the nearest names."""
        return reader_accounts.reader(self._database, name, create=create)

    def save_settings(self, name: str, settings: Mapping[str, Any]) -> None:
        """Replace a reader's settings. Raises UnknownReader."""
        reader_accounts.save_settings(self._database, name, settings)

    def forget_history(self, reader_id: int) -> None:
        """Delete a reader's events, marks, tags, collections, saved searches and settings; the reader stays."""
        reader_accounts.forget_history(self._database, reader_id)

    def log(self, reader_id: int, happened: Sequence[Event]) -> list[int]:
        """Append events, all or none; returns their numbers. Raises UsageError, UnknownPaper, UnknownReader."""
        return events.log(self._database, reader_id, happened)

    def undo(self, reader_id: int) -> Event | None:
        """Undo the reader's last action that is not undone yet; returns it, or None. Raises UnknownReader."""
        return events.undo(self._database, reader_id)

    def state(self, reader_id: int) -> ReaderState:
        """The reader's present state, the sum of their events. Raises UnknownReader."""
        return events.state(self._database, reader_id)

    def whole_log(self, reader_id: int) -> list[LoggedEvent]:
        """All events of a reader, in order."""
        return events.whole_log(self._database, reader_id)

    def shown_on(self, reader_id: int, day: date) -> list[int]:
        """The papers shown to the reader on a day (UTC), each once, ordered by their best position."""
        return days.shown_on(self._database, reader_id, day)

    def last_shown(self, reader_id: int, before: date) -> datetime | None:
        """When a page here, not a mail, was last shown to the reader before that day (UTC), None if never."""
        return days.last_shown(self._database, reader_id, before)

    def days_around(self, reader_id: int, day: date) -> tuple[date | None, date | None]:
        """The nearest days before and after `day` on which papers were shown to the reader, or None."""
        return days.days_around(self._database, reader_id, day)

    def create_collection(self, reader_id: int, name: str) -> None:
        """Make a collection if there is none of that name. Raises UnknownReader, UsageError."""
        reader_accounts.create_collection(self._database, reader_id, name)

    def rename_collection(self, reader_id: int, name: str, to: str) -> None:
        """Give a collection another name. Raises UsageError if there is none of that name, or one of the new."""
        reader_accounts.rename_collection(self._database, reader_id, name, to)

    def add_to_collection(self, reader_id: int, name: str, paper_id: int) -> None:
        """Add a paper to a collection. Raises UsageError if there is none of that name, UnknownPaper."""
        reader_accounts.add_to_collection(self._database, reader_id, name, paper_id)

    def add_groups(self, reader_id: int, groups: Mapping[str, Sequence[int]]) -> None:
        """Put papers into collections, name → papers; missing ones are made. Papers that are gone are left out."""
        reader_accounts.add_groups(self._database, reader_id, groups)

    def remove_from_collection(self, reader_id: int, name: str, paper_id: int) -> None:
        """Remove a paper from a collection. Raises UsageError if there is none of that name."""
        reader_accounts.remove_from_collection(self._database, reader_id, name, paper_id)

    def collections(self, reader_id: int) -> dict[str, tuple[int, ...]]:
        """Name → papers, in the order of adding."""
        return reader_accounts.collections(self._database, reader_id)

    def delete_collection(self, reader_id: int, name: str) -> int:
        """Delete a collection; its papers stay. Returns the deletion's number. Raises UsageError if there is none."""
        return reader_accounts.delete_collection(self._database, reader_id, name)
