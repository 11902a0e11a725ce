"""The map of a library: opened as far as it can be, brought up to date, removed."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile, LibraryError
from broadsheet.kit.progress import Progress
from broadsheet.pipeline.atlas import atlas_file
from broadsheet.pipeline.atlas.view import AtlasView
from broadsheet.pipeline.index.build import disk_error
from broadsheet.pipeline.index.index import Index
from broadsheet.pipeline.locks import exclusive

if TYPE_CHECKING:
    from broadsheet.pipeline.atlas.build import AtlasReport

__all__ = ["AtlasStore"]


@dataclass(frozen=True, slots=True)
class _Opened:
    """What was read, and for which file."""

    stamp: tuple[int, ...]
    view: AtlasView


class AtlasStore:
    """The map beside the indexes of a library. Safe for threads and processes."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._opened: _Opened | None = None
        self._lock = threading.Lock()
        self.problem = ""  # why the map cannot be used; "" if it can, or if there is none

    def open(self) -> AtlasView | None:
        """The map of the papers that are here now; None if there is none or, as `problem` says, it cannot be used."""
        stamp = artifacts.stamp(atlas_file.path_of(self._index.folder))
        snapshot = self._index.snapshot()
        with self._lock:
            opened = self._opened
            if opened and opened.stamp == stamp and opened.view.snapshot is snapshot:
                return opened.view
            self._opened, self.problem = None, ""
            if not stamp:
                return None
            try:
                same = opened is not None and opened.stamp == stamp
                atlas = opened.view.atlas if opened and same else atlas_file.read(self._index.folder)
            except (CorruptFile, OSError) as error:
                self.problem = str(error)
                return None
            self._opened = _Opened(stamp, AtlasView(atlas, snapshot))
            return self._opened.view

    def vectors_are_made(self) -> bool:
        """Whether every paper has its vector, or none will come because there is no model to make them."""
        snapshot = self._index.snapshot()
        vectors = self._index.vectors.open(snapshot)
        return self._index.vectors.encoder is None or not snapshot.count or bool(vectors and vectors.is_complete)

    def is_due(self) -> bool:
        """Whether papers wait to be placed, or the map to be laid out."""
        from broadsheet.pipeline.atlas.build import waiting  # only here: most commands never look at the map

        view = self.open()
        snapshot = self._index.snapshot()
        todo = waiting(snapshot, self._index.vectors.open(snapshot), view.atlas if view else None)
        return todo.is_due and (view is not None or bool(len(todo.rows)))

    def build(self, on_progress: Progress | None = None, *, anew: bool = False, wait: float = 5.0) -> AtlasReport:
        """Lay the map out, or place what came since; with `anew` lay it out in any case.

        Raises Busy if another process is at it, LibraryError.
        """
        from broadsheet.pipeline.atlas.build import update

        index = self._index
        if index.catalogue.read_only:
            raise LibraryError(f"{index.folder.parent}: opened for reading only; no map can be made")
        snapshot = index.snapshot()
        try:
            vectors = index.vectors.open(snapshot)
            return update(
                *(index.folder, index.catalogue, snapshot, vectors), anew=anew, on_progress=on_progress, wait=wait
            )
        except OSError as error:
            raise disk_error(atlas_file.folder_of(index.folder), error) from error

    def drop(self) -> bool:
        """Remove the map; False if there was none. Raises Busy, LibraryError."""
        path = atlas_file.path_of(self._index.folder)
        if not path.exists():
            return False
        try:
            with exclusive(path.with_name(".lock"), wait=5.0):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise disk_error(path.parent, error) from error
        return True

    def verify(self) -> list[str]:
        """A line if the file of the map is not usable."""
        if not artifacts.stamp(atlas_file.path_of(self._index.folder)):
            return []
        try:
            atlas_file.read(self._index.folder)
        except (CorruptFile, OSError) as error:
            return [str(error)]
        return []
