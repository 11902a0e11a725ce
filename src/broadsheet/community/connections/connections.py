"""Connections of readers to libraries elsewhere: made, kept in step, and ended.

connect ──► key and library are tried ──► stored: what is public in the catalogue, the key in a file
sync ──► read (reading.py) ──► write, where that was asked for (writing.py) ──► index
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from broadsheet.catalogue import Reader
from broadsheet.catalogue.connections import LOCAL, Connection, Step
from broadsheet.community.connections.access_keys import AccessKeys
from broadsheet.community.connections.elsewhere import ItemElsewhere, item_elsewhere
from broadsheet.community.connections.marks import Marks
from broadsheet.community.connections.reading import ZoteroReading
from broadsheet.community.connections.report import SyncReport
from broadsheet.community.connections.writing import missing_papers, write
from broadsheet.kit.errors import BroadsheetError, ProviderParked, SourceError, UsageError
from broadsheet.kit.progress import Progress
from broadsheet.pipeline.ingest.client import client_of
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.locks import Busy, exclusive
from broadsheet.sources.net.http import PoliteClient
from broadsheet.sources.providers.zotero import Rights, ZoteroLibrary, providers, rights
from broadsheet.sources.providers.zotero_item import collection_names

__all__ = ["Connections"]

LOCK = ".lock-connections"
ZOTERO = "zotero"
_NOT_LOCAL = (
    "Zotero does not answer on this machine: start it, and allow other applications to communicate with it "
    "(Settings, Advanced)"
)


class Connections:
    """The connections of a library's readers. `sleep` waits between requests."""

    def __init__(self, library: Library, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._library = library
        self._stored = library.catalogue.connections
        self._keys = AccessKeys(library.path)
        self._sleep = sleep

    def all(self, reader: str) -> list[Connection]:
        """Those of a reader, the oldest first. Raises UnknownReader."""
        return self._stored.all(self._library.reader(reader).id)

    def get(self, reader: str, number: int | None = None) -> Connection:
        """The one of this number, or the reader's only one. Raises UsageError."""
        own = self.all(reader)
        if number is None and len(own) == 1:
            return own[0]
        one = next((one for one in own if one.id == number), None)
        if one is None:
            numbers = ", ".join(f"{one.id} ({one.library})" for one in own) or "none yet"
            raise UsageError(f"which connection? There is {numbers}; `broadsheet zotero status` lists them")
        return one

    def connect(
        self, reader: str, *, key: str = "", group: int | None = None, is_local: bool = False, write_to: str = ""
    ) -> Connection:
        """Connect a Zotero library: the key's owner's, a group's, or that of the Zotero on this machine.

        With `write_to`, the name of a collection, what the reader saves here is written into it; a missing one is made.
        Raises UsageError, SourceError where Zotero refuses.
        """
        key = key.strip()
        if is_local:
            self._refuse_local(write_to)
            library = f"{LOCAL}groups/{group}" if group else f"{LOCAL}users/0"
        elif not key:
            raise UsageError("a key of access is needed; make one at zotero.org/settings/keys")
        who = self._library.catalogue.readers.get(reader, create=reader == "me")
        with self._client() as client:
            if not is_local:
                allowed = rights(client, self._library.settings.zotero.url, key)
                library = _library_of(allowed, group, writes=bool(write_to))
            zotero = self._open(client, library, "" if is_local else key)
            collection = self._collection(zotero, write_to.strip()) if write_to.strip() else ""
            if is_local:
                with _plain_words(library):
                    zotero.collections(0)
        return self._store(who, library, collection, key)

    def disconnect(self, reader: str, number: int | None = None, *, take_back: bool = False) -> int:
        """End a connection and remove its key; returns how many marks were taken back.

        Papers and marks stay; with `take_back` the marks that the sync set are taken back. Nothing changes in Zotero.
        """
        one = self.get(reader, number)
        report = SyncReport(one.library)
        if take_back:
            step = Step()
            pairs = [(item, replace(item, marks=())) for item in self._stored.items_with_marks(one.id)]
            Marks(self._library, one, report).apply(step, pairs, collection_names(one.state.get("collections", {})))
            self._stored.commit(one, step)
        self._stored.delete(one.id)
        self._keys.keep_only({other.id for other in self._stored.all()})
        return report.taken_back

    def of_paper(self, reader: str, paper: int) -> list[ItemElsewhere]:
        """What a reader's connected libraries have of a paper. Raises UnknownReader."""
        found = []
        for one in self.all(reader):
            items = [item for item in self._stored.items_of_papers(one.id, [paper]) if item.version >= 0]
            children = self._stored.children(one.id, [item.key for item in items])
            found += [item_elsewhere(one, item, children) for item in items]
        return found

    def counts(self, one: Connection) -> tuple[int, int]:
        """(the papers that its items are, its notes and attachments)."""
        return self._stored.counts(one.id)

    def waiting(self, one: Connection) -> int:
        """How many papers the next sync writes there."""
        return len(missing_papers(self._library, one)) if one.write_to else 0

    def next_sync(self, one: Connection) -> datetime | None:
        """When the server syncs next; None where it never does."""
        hours = self._library.settings.zotero.hours
        if not hours:
            return None
        return one.synced_at + timedelta(hours=hours) if one.synced_at else self._library.now()

    def sync_due(self, stop: Callable[[], bool] | None = None) -> list[SyncReport]:
        """Sync all connections that are due, of all readers."""
        now = self._library.now()
        due = [one for one in self._stored.all() if (at := self.next_sync(one)) is not None and at <= now]
        return [self.sync(one, stop=stop) for one in due if not (stop and stop())]

    def sync(
        self,
        one: Connection,
        *,
        on_progress: Progress | None = None,
        stop: Callable[[], bool] | None = None,
        wait: float = 0,
    ) -> SyncReport:
        """Bring one in step. What went wrong is in the report and with the connection; the steps before it stay.

        One is read at a time; `wait` are the seconds to wait for another.
        """
        report = SyncReport(one.library)
        try:
            with exclusive(self._library.path / LOCK, wait=wait):
                self._keys.keep_only({other.id for other in self._stored.all()})
                one = self.get(one.reader, one.id)  # as it is now, if it is still there
                with _plain_words(one.library):
                    report.is_complete = self._sync(one, report, on_progress, stop)
        except Busy:
            report.error = "another sync is running; try again when it has ended"
        except BroadsheetError as error:
            report.error = str(error)
            self._stored.change(one.id, error=report.error)
        if report.is_complete:
            self._stored.note_synced(one.id)
        self._library.index(on_progress)
        return report

    def _sync(
        self, one: Connection, report: SyncReport, on_progress: Progress | None, stop: Callable[[], bool] | None
    ) -> bool:
        key = "" if one.is_local else self._keys.read(one.id)
        if one.is_local:
            self._refuse_local("")
        elif not key:
            raise UsageError("its key of access is gone; disconnect it and connect again")
        with self._client() as client:
            zotero = self._open(client, one.library, key)
            reading = ZoteroReading(self._library, one, zotero, report, on_progress=on_progress, stop=stop)
            if not reading.run():
                return False
            if one.write_to:
                write(self._library, one, zotero, reading, report)
        return True

    def _store(self, who: Reader, library: str, collection: str, key: str) -> Connection:
        one = self._stored.add(who.id, ZOTERO, library, collection)
        try:
            if key and not library.startswith(LOCAL):
                self._keys.write(one.id, key)
        except BroadsheetError:
            self._stored.delete(one.id)
            raise
        return one

    def _refuse_local(self, write_to: str) -> None:
        if self._library.settings.community.mode == "community":
            raise UsageError("the Zotero on this machine is the server's; connect your own by a key of access")
        if write_to:
            raise UsageError("a Zotero on this machine is only read; to write, connect by a key of access")

    def _open(self, client: PoliteClient, library: str, key: str) -> ZoteroLibrary:
        settings = self._library.settings.zotero
        return ZoteroLibrary(
            client, settings.local_url if library.startswith(LOCAL) else settings.url, library, key=key
        )

    def _collection(self, zotero: ZoteroLibrary, name: str) -> str:
        """The key of the collection of this name, which is made where there is none."""
        for row in zotero.collections(0) or ():
            data = row.get("data")
            if isinstance(data, dict) and data.get("name") == name and isinstance(row.get("key"), str):
                return str(row["key"])
        return zotero.create_collection(name, uuid4().hex)

    def _client(self) -> PoliteClient:
        settings = self._library.settings
        both = providers(settings.zotero.url, settings.zotero.local_url)
        url = settings.contact.url or settings.community.url
        return client_of(self._library.catalogue, settings, both, url=url, sleep=self._sleep)


def _library_of(allowed: Rights, group: int | None, *, writes: bool) -> str:
    """The library that a key opens. Raises UsageError where it does not."""
    library = f"groups/{group}" if group else f"users/{allowed.user_id}"
    if not allowed.may(allowed.reads, library):
        raise UsageError(f"this key may not read {library}; allow that at zotero.org/settings/keys")
    if writes and not allowed.may(allowed.writes, library):
        raise UsageError(f"this key may not write to {library}; allow that at zotero.org/settings/keys")
    return library


@contextmanager
def _plain_words(library: str) -> Iterator[None]:
    """Say what it means where the Zotero on this machine does not answer."""
    try:
        yield
    except ProviderParked as error:
        if library.startswith(LOCAL):
            raise SourceError(_NOT_LOCAL) from error
        raise
