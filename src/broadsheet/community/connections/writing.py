"""Makes items of a Zotero library of what a reader saved or tagged here; what is there already is never changed.

A library that has changed since it was read refuses: it is read again, and what is still missing is sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from broadsheet.catalogue.connections import Connection, ConnectionItem
from broadsheet.community.connections.marks import COLLECTION, SAVE, TAG
from broadsheet.community.connections.reading import ZoteroReading
from broadsheet.community.connections.report import SyncReport
from broadsheet.kit.errors import SourceError
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import Stored
from broadsheet.sources.providers.zotero import WRITTEN_AT_ONCE, Created, ZoteroLibrary
from broadsheet.sources.providers.zotero_item import zotero_json

__all__ = ["missing_papers", "write"]

TRIES = 4  # of one batch, while somebody else changes the library


def missing_papers(library: Library, connection: Connection) -> list[int]:
    """The papers that the reader saved or tagged and that are not items there, and were none."""
    state = library.state(connection.reader)
    wanted = {*state.saved, *(paper for papers in state.tags.values() for paper in papers)}
    return sorted(wanted - library.catalogue.connections.papers(connection.id))


def write(
    library: Library, connection: Connection, zotero: ZoteroLibrary, reading: ZoteroReading, report: SyncReport
) -> None:
    """Make the missing items, in batches. Raises SourceError; what was made before stays."""
    refused: set[int] = set()
    conflicts = 0
    while missing := [paper for paper in missing_papers(library, connection) if paper not in refused]:
        batch = library.papers(missing[:WRITTEN_AT_ONCE])
        if not batch:
            return
        tags = _tags(library, connection, batch)
        items = [zotero_json(stored.paper, tags[stored.id], connection.write_to) for stored in batch]
        created = zotero.create(items, reading.version, uuid4().hex)
        if created is None:
            conflicts += 1
            if conflicts == TRIES:
                raise SourceError("the library in Zotero changes all the time; the next sync writes what is missing")
            if not reading.run():
                return
            continue
        conflicts = 0
        _note(reading, connection, batch, tags, created)
        report.written += len(created.keys)
        for at, reason in created.failed.items():
            if at < len(batch):
                report.notes.append(f"Zotero did not take {batch[at].paper.title[:80]!r}: {reason}")
        refused |= {stored.id for at, stored in enumerate(batch) if at not in created.keys}


def _tags(library: Library, connection: Connection, batch: Sequence[Stored]) -> dict[int, list[str]]:
    tags: dict[int, list[str]] = {stored.id: [] for stored in batch}
    for name, papers in library.state(connection.reader).tags.items():
        for paper in papers & tags.keys():
            tags[paper].append(name)
    return tags


def _note(
    reading: ZoteroReading,
    connection: Connection,
    batch: Sequence[Stored],
    tags: dict[int, list[str]],
    created: Created,
) -> None:
    """Store the new items, so that the next sync knows them; their marks were the reader's before."""
    items = []
    for at, (key, version) in created.keys.items():
        if at < len(batch) and key:
            paper = batch[at].id
            marks = (SAVE, *(f"{TAG}{tag}" for tag in tags[paper]), f"{COLLECTION}{connection.write_to}")
            items.append(ConnectionItem(key, paper, version or created.version, marks=marks))
    reading.known(items)
    reading.note_version(created.version)
