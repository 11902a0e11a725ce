"""The vectors of a library: opened for searches as far as they go, brought up to date, counted and removed.

A search never waits for them and never fails by them: without the model, or with files that cannot be read, it goes on
with what is left, and a note says so.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path

from broadsheet.catalogue import Catalogue
from broadsheet.encoders.contract import NamedEncoder
from broadsheet.kit import artifacts
from broadsheet.kit.errors import UsageError
from broadsheet.kit.progress import Progress
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index import vector_build, vector_file
from broadsheet.pipeline.index.paper_vectors import PaperVectors
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.index.vector_build import BuildReport, EncodeAll, Pace
from broadsheet.pipeline.locks import exclusive

__all__ = ["UNUSABLE", "VectorStore"]

UNUSABLE = "some papers are ranked without their vectors, which cannot be read: `broadsheet check` names the files"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Opened:
    """The parts that were read, and what they are for a snapshot."""

    stamp: tuple[int, ...]  # of the folder
    parts: vector_file.OpenParts
    vectors: PaperVectors


class VectorStore:
    """The vectors beside the indexes in a folder. Safe for threads and processes."""

    def __init__(self, indexes: Path) -> None:
        self.folder = vector_file.folder_of(indexes)
        self._problems: tuple[str, ...] = ()  # of the files when they were last opened
        self._untold: list[str] = []  # notes that no page has shown yet
        self._opened: _Opened | None = None
        self._lock = threading.Lock()

    @property
    def encoder(self) -> NamedEncoder | None:
        """The model that ships with the package; None, with a note in the log, if it cannot be used."""
        return pretrained.read_transformer()

    def open(self, snapshot: IndexSnapshot) -> PaperVectors | None:
        """The vectors of a snapshot's papers; None if there are none.

        While another thread opens newer ones, those opened before are returned.
        """
        opened = self._opened
        stamp = artifacts.stamp(self.folder)
        if opened and opened.stamp == stamp and opened.vectors.snapshot is snapshot:
            return opened.vectors
        if not stamp:
            self._opened = None
            return None
        if not self._lock.acquire(blocking=opened is None):
            return opened.vectors if opened and opened.vectors.snapshot is snapshot else None
        try:
            self._opened = self._read(snapshot, stamp)
            return self._opened.vectors if self._opened else None
        finally:
            self._lock.release()

    def _read(self, snapshot: IndexSnapshot, stamp: tuple[int, ...]) -> _Opened | None:
        opened, encoder = self._opened, self.encoder
        if opened and opened.stamp == stamp and opened.vectors.snapshot is snapshot:
            return opened  # another thread was quicker
        if encoder is None:
            return None
        earlier = opened.parts if opened and opened.vectors.encoder is encoder else None
        if earlier is not None and opened and opened.stamp == stamp:
            parts = earlier
        else:
            parts, problems = vector_file.read_parts(self.folder, encoder.name, encoder.dimensions, earlier)
            self._note(problems)
        if not parts:
            return None
        return _Opened(stamp, parts, PaperVectors(snapshot, encoder, tuple(parts.values())))

    def _note(self, problems: tuple[str, ...]) -> None:
        """Log what was not usable, and keep it for the next page; once for each."""
        for line in problems:
            if line not in self._problems:
                _LOG.warning("vectors are left out: %s", line)
                self._untold = [UNUSABLE]
        self._problems = problems

    def take_notes(self) -> tuple[str, ...]:
        """The notes that no page has shown yet; each is given once."""
        notes, self._untold = self._untold, []
        return tuple(notes)

    def update(
        self,
        catalogue: Catalogue,
        snapshot: IndexSnapshot,
        on_progress: Progress | None = None,
        *,
        encode: EncodeAll | None = None,
        pace: Pace | None = None,
        wait: float = 5.0,
    ) -> BuildReport:
        """Encode the papers of the snapshot without a current vector; see `vector_build.update`.

        Raises UsageError without the model, Busy, OSError, LibraryError.
        """
        encoder = self.encoder
        if encoder is None:
            raise UsageError(f"the model that makes the vectors cannot be read: {pretrained.REINSTALL}")
        return vector_build.update(
            *(self.folder, catalogue, snapshot, encoder),
            encode=encode,
            on_progress=on_progress,
            pace=pace,
            wait=wait,
        )

    def drop(self) -> bool:
        """Remove the vectors; False if there were none. Raises Busy, OSError."""
        earlier = self.folder.parent / "precise"
        existed = any(self.folder.glob("*.bin")) or any(earlier.glob("*.bin"))
        if existed:
            self.folder.mkdir(parents=True, exist_ok=True)
            with exclusive(self.folder / ".lock", wait=5.0):
                vector_file.remove_others(self.folder, "", [])
        return existed

    def verify(self) -> list[str]:
        """One line for each file of the present model that is not usable."""
        encoder = self.encoder
        if encoder is None or not self.folder.exists():
            return []
        return list(vector_file.read_parts(self.folder, encoder.name, encoder.dimensions)[1])
