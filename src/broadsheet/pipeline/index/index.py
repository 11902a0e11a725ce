"""The index of a library: a snapshot to search, kept up to date with the catalogue."""

from __future__ import annotations

import threading
from pathlib import Path

from broadsheet.catalogue import Catalogue
from broadsheet.kit import artifacts
from broadsheet.kit.errors import BroadsheetError, LibraryError
from broadsheet.kit.progress import Progress
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index import build
from broadsheet.pipeline.index.manifest import MANIFEST
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.index.vector_build import BuildReport, EncodeAll, Pace
from broadsheet.pipeline.index.vector_store import VectorStore
from broadsheet.pipeline.locks import Busy, succeeds

__all__ = ["Index"]

FIRST_PATIENCE = 5.0  # seconds to wait for another process's update if there is no snapshot yet
PATIENCE = 1.0  # seconds if there is one
_MISSING = "the newest papers and changes cannot be searched yet"
UPDATING = f"The index is being brought up to date: {_MISSING}."


def _stale_note(error: Exception) -> str:
    """Why a snapshot is not up to date, as a sentence for readers."""
    if isinstance(error, Busy):
        return UPDATING
    reason = getattr(error, "strerror", None) or error
    return f"The index could not be brought up to date ({reason}): {_MISSING}."


class Index:
    """The indexes in a folder, built from a catalogue.

    Safe for threads and processes: snapshots are immutable, and an update holds the lock. `wish` is the kind of vector
    index in the settings.
    """

    def __init__(self, folder: Path, catalogue: Catalogue, wish: str = "auto") -> None:
        self.folder = folder
        self.catalogue = catalogue
        self.vectors = VectorStore(folder)
        self._wish = wish
        self._snapshot: IndexSnapshot | None = None
        self._stamp: tuple[int, ...] = ()  # stamp of the manifest when last compared
        self._lock = threading.RLock()
        self.note = ""  # why the last snapshot returned lacks the newest changes; empty if it has them

    def snapshot(self, on_progress: Progress | None = None) -> IndexSnapshot:
        """A snapshot with every change of the catalogue, updated if necessary.

        If it cannot be updated now (another thread or process does it, the folder is not writable), the last one is
        returned and `note` says so.
        """
        current = self._snapshot
        if current is None:
            self._lock.acquire()
        elif not succeeds(lambda: self._lock.acquire(blocking=False), wait=PATIENCE):
            self.note = UPDATING
            return current
        try:
            if self._snapshot and self._snapshot.manifest.seq == self.catalogue.changes.last_seq():
                self._snapshot, self.note = self._reload(self._snapshot), ""
                return self._snapshot
            try:
                self._snapshot, self.note = (
                    self._catch_up(FIRST_PATIENCE if current is None else PATIENCE, on_progress),
                    "",
                )
            except (Busy, OSError) as error:
                self._snapshot = build.latest(self.folder, self._snapshot)
                if self._snapshot is None:
                    if isinstance(error, Busy):
                        raise
                    raise build.disk_error(self.folder, error) from error
                is_stale = self._snapshot.manifest.seq < self.catalogue.changes.last_seq()
                self.note = _stale_note(error) if is_stale else ""
            return self._snapshot
        finally:
            self._lock.release()

    def _reload(self, current: IndexSnapshot) -> IndexSnapshot:
        """The snapshot another process has written since, or `current` if there is none or it cannot be read."""
        try:
            stamp = artifacts.stamp(self.folder / MANIFEST)
            if stamp == self._stamp:
                return current
            self._stamp = stamp
            return build.latest(self.folder, current) or current
        except (BroadsheetError, OSError):
            return current

    def update(self, on_progress: Progress | None = None) -> None:
        """Bring the snapshot up to date, waiting for another process that updates it. Raises LibraryError."""
        with self._lock:
            try:
                self._snapshot = self._catch_up(600.0, on_progress)
            except OSError as error:
                raise build.disk_error(self.folder, error) from error

    def _catch_up(self, wait: float, on_progress: Progress | None) -> IndexSnapshot:
        return build.catch_up(
            self.catalogue, self.folder, self._snapshot, wait=wait, on_progress=on_progress, vectors=self._wish
        )

    def rebuild(self, on_progress: Progress | None = None) -> None:
        """Rebuild the snapshot, whatever the state of the folder. Raises Busy, LibraryError."""
        with self._lock:
            self._snapshot = None
            build.rebuild(self.catalogue, self.folder, on_progress, vectors=self._wish)

    def latest(self) -> IndexSnapshot | None:
        """The last written snapshot; None if there is none. Raises CorruptFile, LibraryError."""
        return self._snapshot or build.latest(self.folder, None)

    def verify(self) -> list[str]:
        """Check checksums and contents of every file against the catalogue; one line per problem."""
        return build.verify(self.catalogue, self.folder)

    def describe(self) -> str:
        """One line about the index."""
        return build.describe(self.folder, vectors=self._wish)

    def size(self) -> int:
        """The bytes of all index files."""
        files = list(self.folder.glob("*.bin")) if self.folder.exists() else []
        return sum(path.stat().st_size for path in files)

    def restore_encoder(self, on_progress: Progress | None = None) -> bool:
        """Go back to the package's encoder; False if it is already in use. Raises LibraryError if read only."""
        library = self.folder.parent
        if self.catalogue.read_only:
            raise LibraryError(f"{library}: opened for reading only; its encoder cannot be changed")
        own = library / pretrained.TUNED
        tuned = own.exists()
        own.unlink(missing_ok=True)
        self.update(on_progress)
        return tuned

    # The vectors of papers ------------------------------------------------------------------------------------

    def build_vectors(
        self,
        on_progress: Progress | None = None,
        *,
        encode: EncodeAll | None = None,
        pace: Pace | None = None,
        wait: float = 5.0,
    ) -> BuildReport:
        """Give every paper its vector; the next run continues a stopped one.

        Raises UsageError without the model, Busy if another process does it, LibraryError.
        """
        try:
            snapshot = self.snapshot()
            return self.vectors.update(self.catalogue, snapshot, on_progress, encode=encode, pace=pace, wait=wait)
        except OSError as error:
            raise build.disk_error(self.vectors.folder, error) from error

    def drop_vectors(self) -> bool:
        """Remove the vectors; False if there were none. Raises Busy, LibraryError."""
        try:
            return self.vectors.drop()
        except OSError as error:
            raise build.disk_error(self.vectors.folder, error) from error
