"""Keeps the map up to date in the background, at low priority, while a service runs.

AtlasWorker (a thread) ──► is anything due? ──► SecondProcess (nice, one core) ──► map made or papers placed
It waits until the papers' vectors are made, so that the map is laid out once and by the better ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from broadsheet.catalogue import Catalogue
from broadsheet.kit import second_process
from broadsheet.kit.second_process import SecondProcess
from broadsheet.pipeline.atlas.store import AtlasStore
from broadsheet.pipeline.background_worker import Worker
from broadsheet.pipeline.index.index import Index
from broadsheet.pipeline.index.vector_worker import be_polite

if TYPE_CHECKING:
    from broadsheet.pipeline.atlas.build import AtlasReport

__all__ = ["EVERY", "AtlasWorker"]

EVERY = 60.0  # seconds between two looks at what is due
PATIENCE = 900.0  # seconds before another try after a failure


Place = tuple[Path, str]  # the folder of a library, and the kind of vector index in its settings


def build_maps(places: Iterable[Place]) -> Iterator[AtlasReport]:
    """Bring the maps of libraries up to date, at low priority: the work of a second process."""
    be_polite()
    for folder, wish in places:
        with closing(Catalogue.open(folder / "catalogue.db", create=False)) as catalogue:
            yield AtlasStore(Index(folder / "indexes", catalogue, wish)).build(wait=0)


class AtlasWorker(Worker):
    """A thread that places papers on the map as they come."""

    def __init__(self, atlas: AtlasStore, place: Place, *, every: float = EVERY, apart: bool = True) -> None:
        """`apart`: in a second process, where one can be started."""
        super().__init__("atlas", "the map", every=every, patience=PATIENCE)
        self._atlas = atlas
        self._place = place
        self._apart = apart and second_process.available()
        self._process: SecondProcess | None = None

    def _interrupt(self) -> None:
        if (process := self._process) is not None:
            process.end()

    def _round(self) -> None:
        """Do what is due now, if anything."""
        if not self._atlas.vectors_are_made() or not self._atlas.is_due():
            self.line = ""
            return
        self.line = "the map of the library is being made"
        if not self._apart:
            self._atlas.build(wait=0)
        else:
            with SecondProcess(build_maps) as process:
                self._process = process
                process.send(self._place)
                process.receive()
                self._process = None
        self.line = ""
