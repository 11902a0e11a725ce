"""Reads a Zotero library: its items become papers and marks, page by page, each page one step.

collections ──► items since the version read last ──► what changed meanwhile ──► deleted items and collections
A step is committed with how far the library is read then, so a sync that was cut off goes on there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, TypeVar

from broadsheet.catalogue.connections import Connection, ConnectionItem, Step
from broadsheet.community.connections.marks import COLLECTION, SAVE, TAG, Marks
from broadsheet.community.connections.report import SyncReport
from broadsheet.kit.paper import Record, Rejected
from broadsheet.kit.progress import Progress
from broadsheet.pipeline.library import Library
from broadsheet.sources.providers.zotero import KEYS_AT_ONCE, ZoteroLibrary
from broadsheet.sources.providers.zotero_item import ZoteroItem, collection_names, read_item
from broadsheet.sources.text.clean import clean

__all__ = ["ZoteroReading"]

T = TypeVar("T")
_GONE = -1  # the version of what is deleted there


class ZoteroReading:
    """One reading of a library from where the last one stopped. `state` is stored with every step."""

    def __init__(
        self,
        library: Library,
        connection: Connection,
        zotero: ZoteroLibrary,
        report: SyncReport,
        *,
        on_progress: Progress | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> None:
        self._library = library
        self._stored = library.catalogue.connections
        self._connection = connection
        self._zotero = zotero
        self._report = report
        self._on_progress = on_progress
        self._stop = stop or (lambda: False)
        self._marks = Marks(library, connection, report)
        self._import_id: int | None = None
        self._emptied: set[str] = set()  # collections that papers were taken out of
        self.state: dict[str, Any] = dict(connection.state)

    def run(self) -> bool:
        """Read to the end; False where it was stopped before. Raises SourceError, after the steps before it."""
        since = self._number("version")
        if not self._collections(since):
            return True
        changed = self._items(since)
        if changed is None:
            return False
        if changed:
            self._late(since)
            self._deleted(since)
        self._commit(Step(), version=self._number("target"), target=0, start=0, begun=0)
        return True

    @property
    def version(self) -> int:
        """The version of the library up to which it is read."""
        return self._number("version")

    def note_version(self, version: int) -> None:
        """Note that nothing is to be read up to a version: what was written there."""
        self._commit(Step(), version=version)

    def known(self, items: Sequence[ConnectionItem]) -> None:
        """Store items that were made there, which changes no mark."""
        self._commit(Step(items=list(items)))

    # Items ------------------------------------------------------------------------------------------------------

    def _items(self, since: int) -> bool | None:
        """Read the changed items; whether there are any changes at all, None where it was stopped."""
        start: int | None = self._number("start")
        done = start or 0
        while start is not None:
            page = self._zotero.items(since, start)
            if page.unchanged:
                self._commit(Step(), target=since)
                return False
            if not self._number("target"):
                self.state |= {"target": page.version, "begun": page.version}
            self.state["late"] = bool(self.state.get("late")) or page.version != self._number("target")
            done += len(page.rows)
            self._take(page.rows, start=page.following or done)
            if self._on_progress:
                self._on_progress(f"reading Zotero {self._connection.library}", done, page.total or None)
            start = page.following
            if start is not None and self._stop():
                return None
        return True

    def _late(self, since: int) -> None:
        """Read what changed while the pages were read, and what a page may have missed by that."""
        if not self.state.get("late"):
            return
        versions, version = self._zotero.versions(since)
        stored = self._stored.versions(self._connection.id)
        missing = [key for key, number in versions.items() if stored.get(key) != number]
        for keys in _batches(missing, KEYS_AT_ONCE):
            self._take(self._zotero.items_of(keys).rows)
        self._commit(Step(), target=version, late=False)

    def _take(self, rows: Sequence[dict[str, Any]], **state: Any) -> None:
        """Store a page: papers first, then marks and items in one transaction with the state."""
        source = f"{self._connection.kind}:{self._connection.id}"
        read = {item.key: item for row in rows if (item := read_item(row, source))}
        items = list(read.values())
        papers = self._add([item for item in items if item.record])
        before = self._stored.items(self._connection.id, [item.key for item in items])
        step = Step()
        pairs = [(before.get(item.key), _known(item, papers.get(item.key), before.get(item.key))) for item in items]
        self._marks.apply(step, pairs, self._names)
        self._report.read += len(items)
        self._commit(step, **state)

    def _add(self, items: Sequence[ZoteroItem]) -> dict[str, int]:
        """Add the papers of items; the number of each by the item's key. A paper deleted here stays deleted."""
        catalogue = self._library.catalogue
        records = {item.key: item.record for item in items if isinstance(item.record, Record)}
        rejected = [item.record for item in items if isinstance(item.record, Rejected)]
        if records and self._import_id is None:
            self._import_id = catalogue.harvest.begin_import(f"{self._connection.kind}:{self._connection.id}")
        result = catalogue.papers.add(list(records.values()), rejected=rejected, import_id=self._import_id)
        self._report.added += result.outcomes.count("added")
        self._report.quarantined += len(rejected)
        numbers = dict(zip(records, result.paper_ids, strict=True))
        return {key: number for key, number in numbers.items() if number}

    # What is deleted --------------------------------------------------------------------------------------------

    def _deleted(self, since: int) -> None:
        """Take back what deleted items and collections brought."""
        deleted = self._zotero.deleted(since or self._number("begun"))
        if deleted is None:  # a Zotero on this machine tells which are there
            here = self._stored.versions(self._connection.id)
            gone = here.keys() - self._zotero.keys("items")
            deleted = list(gone), list(self._rows.keys() - self._zotero.keys("collections"))
        items, collections = deleted
        known = self._stored.items(self._connection.id, items)
        going = [(one, replace(one, version=_GONE, marks=())) for one in known.values() if one.version != _GONE]
        self._change(going)
        if lost := {f"{COLLECTION}{key}" for key in collections} & {f"{COLLECTION}{key}" for key in self._rows}:
            holding = [one for one in self._stored.items_with_marks(self._connection.id) if lost & set(one.marks)]
            self._change((one, replace(one, marks=tuple(m for m in one.marks if m not in lost))) for one in holding)
            names = self._names
            self._relabel({key: row for key, row in self._rows.items() if f"{COLLECTION}{key}" not in lost})
            self._drop_empty(names[mark.removeprefix(COLLECTION)] for mark in lost)

    def _change(self, pairs: Iterable[tuple[ConnectionItem, ConnectionItem]]) -> None:
        for batch in _batches(pairs, 1000):
            step = Step()
            self._marks.apply(step, batch, self._names)
            self._commit(step)

    # Collections ------------------------------------------------------------------------------------------------

    def _collections(self, since: int) -> bool:
        """Learn the collections; whether anything has changed."""
        changed = self._zotero.collections(since)
        if changed is None:
            return False
        self._relabel(self._rows | {key: [name, parent] for key, name, parent in _collection_rows(changed)})
        return True

    def _relabel(self, rows: dict[str, list[str]]) -> None:
        """Store the collections; what one with a new name brought moves there."""
        before = self._names
        self.state["collections"] = rows
        for key, name in self._names.items():
            if before.get(key, name) != name:
                self._rename(key, before[key], name)
        self._commit(Step())

    def _rename(self, key: str, old: str, new: str) -> None:
        """Move the papers that a collection brought to the collection of its new name."""
        mark = f"{COLLECTION}{key}"
        holding = [one for one in self._stored.items_with_marks(self._connection.id) if mark in one.marks]
        for batch in _batches(holding, 1000):
            out, into = Step(), Step()
            self._marks.apply(out, ((one, _without(one, mark)) for one in batch), {key: old})
            self._marks.apply(into, ((_without(one, mark), one) for one in batch), {key: new})
            self._commit(replace(into, uncollected=out.uncollected))
        self._drop_empty([old])

    def _drop_empty(self, names: Iterable[str]) -> None:
        """Delete collections that the sync emptied; they can be restored."""
        reader, emptied = self._connection.reader, self._emptied & set(names)
        for name, papers in self._library.collections(reader).items():
            if name in emptied and not papers and name not in self._names.values():
                self._library.delete_collection(reader, name)

    @property
    def _rows(self) -> dict[str, list[str]]:
        stored = self.state.get("collections")
        return dict(stored) if isinstance(stored, dict) else {}

    @property
    def _names(self) -> dict[str, str]:
        return collection_names(self._rows)

    def _number(self, name: str) -> int:
        value = self.state.get(name)
        return value if isinstance(value, int) else 0

    def _commit(self, step: Step, **state: Any) -> None:
        self.state |= state
        self._emptied |= {name for name, _ in step.uncollected}
        self._stored.commit(self._connection, step, self.state)


def _batches(values: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(values)
    while batch := list(islice(rest, size)):
        yield batch


def _without(item: ConnectionItem, mark: str) -> ConnectionItem:
    return replace(item, marks=tuple(one for one in item.marks if one != mark))


def _known(item: ZoteroItem, paper: int | None, before: ConnectionItem | None) -> ConnectionItem:
    """An item as it is stored; one in the bin keeps its paper, and no mark."""
    if item.is_gone:
        kept = before.paper_id if before else None
        return ConnectionItem(item.key, kept, item.version, item.parent, (), item.content)
    marks = [*(f"{TAG}{tag}" for tag in item.tags), *(f"{COLLECTION}{key}" for key in item.collections)]
    wanted = (SAVE, *marks) if paper is not None else ()
    return ConnectionItem(item.key, paper, item.version, item.parent, wanted, item.content)


def _collection_rows(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """(key, name, key of the one it lies in) of each collection."""
    for row in rows:
        key, data = row.get("key"), row.get("data")
        if isinstance(key, str) and isinstance(data, dict) and isinstance(data.get("name"), str):
            parent = data.get("parentCollection")
            yield key, clean(data["name"])[:150], parent if isinstance(parent, str) else ""
