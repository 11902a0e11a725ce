"""The indexed shelf: a library's views and vectors, kept up to date with its catalogue."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from broadsheet.catalogue import Catalogue
from broadsheet.kit import artifacts
from broadsheet.kit.errors import BroadsheetError, LibraryError, UsageError
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index import build
from broadsheet.pipeline.index.snapshot import MANIFEST, IndexSnapshot
from broadsheet.pipeline.ingest.ingest import Progress
from broadsheet.pipeline.locks import Busy
from broadsheet.pipeline.search import precise
from broadsheet.pipeline.shelf import Shelf
from broadsheet.settings import Settings

if TYPE_CHECKING:
    from broadsheet.pipeline.training.word_encoder import Tuned

__all__ = ["IndexedShelf"]


class IndexedShelf(Shelf):
    """A shelf with the view its papers are searched by."""

    def __init__(self, path: Path, catalogue: Catalogue, settings: Settings) -> None:
        super().__init__(path, catalogue, settings)
        self._views = path / "indexes"
        self._view: IndexSnapshot | None = None
        self._stamp: tuple[int, ...] = ()  # of the manifest when the view was last compared with it
        self._lock = threading.RLock()
        self._precise: precise.Precise | None = None

    def view(self, progress: Progress | None = None) -> IndexSnapshot:
        """A view that contains every change of the catalogue; brought up to date if it does not.

        Where that is impossible (another process is at it, the folder cannot be written) the last view serves.
        """
        with self._lock:
            if self._view and self._view.manifest.seq == self.catalogue.last_seq():
                self._view = self._replaced(self._view)
                return self._view
            try:
                self._view = self._caught_up(5.0, progress)
            except (Busy, OSError) as error:
                self._view = build.latest(self._views, self._view)
                if self._view is None:
                    if isinstance(error, Busy):
                        raise
                    raise build.disk_error(self._views, error) from error
            return self._view

    def _replaced(self, view: IndexSnapshot) -> IndexSnapshot:
        """The view another process has put in the place of this one, with another encoder, say; this one if none has,
        or if that one cannot be read."""
        try:
            stamp = artifacts.stamp(self._views / MANIFEST)
            if stamp == self._stamp:
                return view
            self._stamp = stamp
            return build.latest(self._views, view) or view
        except (BroadsheetError, OSError):
            return view

    def index(self, progress: Progress | None = None) -> None:
        """Bring the view up to date, waiting for another process that is at it. Raises LibraryError if it cannot be."""
        with self._lock:
            try:
                self._view = self._caught_up(600.0, progress)
            except OSError as error:
                raise build.disk_error(self._views, error) from error

    def _caught_up(self, wait: float, progress: Progress | None) -> IndexSnapshot:
        wish = self.settings.index.vectors
        return build.catch_up(self.catalogue, self._views, self._view, wait=wait, progress=progress, vectors=wish)

    def adapt_encoder(self, *, seed: int = 0, progress: Progress | None = None) -> Tuned:
        """Tune the encoder on this library's papers and, if it got better, index them with it. Raises UsageError."""
        from broadsheet.pipeline.training.word_encoder import tune

        found = tune(self.path, self.catalogue, seed=seed, told=progress)
        self.index(progress)
        return found

    def restore_encoder(self, progress: Progress | None = None) -> bool:
        """Go back to the encoder that ships; False if it is in use already. Raises LibraryError if it is read only."""
        if self.catalogue.read_only:
            raise LibraryError(f"{self.path}: opened for reading only; its encoder cannot be changed")
        own = self.path / pretrained.TUNED
        tuned = own.exists()
        own.unlink(missing_ok=True)
        self.index(progress)
        return tuned

    @property
    def can_be_precise(self) -> bool:
        """Whether a search may ask for mode="precise"."""
        return precise.path_of(self._views).exists() and precise.installed()

    def build_precise(
        self, progress: Progress | None = None, *, encode: precise.Encode | None = None
    ) -> precise.BuildReport:
        """Bring the transformer's vectors of the papers up to date; `encode` makes them, by default MiniLM.

        A run that is stopped loses little: the next goes on from there. Raises UsageError without the extra
        `transformers`, Busy, LibraryError.
        """
        path = precise.path_of(self._views)
        try:
            return precise.update(path, self.catalogue, encode or precise.encode_papers(), progress)
        except OSError as error:
            raise build.disk_error(path.parent, error) from error

    def drop_precise(self) -> bool:
        """Remove those vectors; False if there were none. Raises Busy, LibraryError."""
        path = precise.path_of(self._views)
        try:
            return precise.drop(path)
        except OSError as error:
            raise build.disk_error(path.parent, error) from error

    def _asked_precisely(self, view: IndexSnapshot, mode: str) -> precise.Precise | None:
        """What a search in this mode needs beside the view. Raises UsageError, CorruptFile."""
        if mode not in precise.MODES:
            raise UsageError(f"mode {mode!r}: there are {' and '.join(precise.MODES)}")
        if mode == "default":
            return None
        with self._lock:
            self._precise = precise.opened(precise.path_of(self._views), view, self.catalogue, self._precise)
            return self._precise
