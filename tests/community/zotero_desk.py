"""A library of Broadsheet beside a stand-in for Zotero, with a clock that only waiting moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import broadsheet
from broadsheet.catalogue.connections import Connection
from broadsheet.community.connections import Connections, SyncReport
from broadsheet.pipeline.library import Library
from tests.clock import NOON
from tests.sources.zotero_server import KEY, ZoteroServer, paper_item, zotero_server

__all__ = ["Clock", "Desk", "desk_for", "two_papers"]


@dataclass
class Clock:
    """A clock that goes on when somebody waits."""

    now: datetime = NOON
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds + 0.001)


@dataclass
class Desk:
    """What the tests of connections have in hand."""

    library: Library
    connections: Connections
    zotero: ZoteroServer
    clock: Clock

    def connect(self, reader: str = "me", **options: object) -> Connection:
        """Connect the stand-in's library by its key."""
        return self.connections.connect(reader, key="" if options.get("is_local") else KEY, **options)  # type: ignore[arg-type]

    def sync(self, one: Connection) -> SyncReport:
        """Sync, as a new process does."""
        return Connections(self.library, sleep=self.clock.sleep).sync(one)

    def saved(self, reader: str = "me") -> list[str]:
        """The titles of what a reader saved, by number."""
        return [stored.paper.title for stored in self.library.papers(sorted(self.library.state(reader).saved))]

    def number(self, title: str) -> int:
        """The number of the paper whose title begins so."""
        ids = self.library.catalogue.papers.ids().tolist()
        return next(stored.id for stored in self.library.papers(ids) if stored.paper.title.startswith(title))


@contextmanager
def desk_for(folder: Path, zotero: ZoteroServer, settings: str = "") -> Iterator[Desk]:
    """A new library that finds the stand-in where its settings say Zotero is."""
    folder.mkdir(exist_ok=True)
    where = f'[zotero]\nurl = "{zotero.url}"\nlocal_url = "{zotero.url}"\n{settings}\n'
    (folder / "broadsheet.toml").write_text(where)
    clock = Clock()
    with broadsheet.open(folder, clock=clock) as library:
        yield Desk(library, Connections(library, sleep=clock.sleep), zotero, clock)
        assert library.catalogue.check() == []


@contextmanager
def two_papers() -> Iterator[ZoteroServer]:
    """The stand-in with a paper that has a tag and a file, and one in a collection within another."""
    with zotero_server() as server:
        server.collect("READING1", "Reading")
        server.collect("SEARCH01", "Search", "READING1")
        server.put("AAAA0001", **paper_item(1, tags=[{"tag": "ml"}, {"tag": "Auto", "type": 1}]))
        server.put(
            "AAAA0002", **paper_item(2, collections=["SEARCH01"], extra="arXiv: 2603.01234 [cs.IR]\nmy own words")
        )
        server.put(
            "FILE0001", itemType="attachment", parentItem="AAAA0001", title="PDF", url="https://example.org/1.pdf"
        )
        yield server
