"""Exposures: which papers a page showed to people who can vote, and where, counted by paper, day, page and position.

Kept in memory and written together every few seconds; a crash loses the last seconds' counts and nothing else.
A reader who reloads a page counts once a day, so that nobody can lower a paper's vote rate by looking at it often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from threading import Event, Lock, Thread

from broadsheet.kit.errors import BroadsheetError
from broadsheet.pipeline.library import Library

__all__ = ["Exposures"]

EVERY = 5.0  # seconds between two writes
MOST = 1_000_000  # shown papers of a day whose readers are remembered; those beyond are not counted


class Exposures:
    """Counts what pages show. Safe among threads."""

    def __init__(self, library: Library, *, every: float = EVERY) -> None:
        """`every` is the time between two writes in seconds; 0 writes only when `flush` is called."""
        self._library = library
        self._every = every
        self._lock = Lock()
        self._day = ""
        self._seen: set[tuple[str, str, int]] = set()  # (reader, page, paper) of this day
        self._counts: Counter[tuple[int, str, str, int]] = Counter()  # (paper, day, page, position)
        self._stopping = Event()
        self._thread: Thread | None = None

    def count(self, reader: str, page: str, ids: Sequence[int], first: int = 1) -> None:
        """A page showed these papers to a reader, at the positions from `first` on."""
        if not reader or not ids or self._library.catalogue.read_only:
            return
        day = self._library.now().date().isoformat()
        with self._lock:
            if day != self._day:
                self._day, self._seen = day, set()
            for position, paper_id in enumerate(ids, first):
                key = reader, page, paper_id
                if key not in self._seen and len(self._seen) < MOST:
                    self._seen.add(key)
                    self._counts[paper_id, day, page, position] += 1
            if self._every and self._thread is None and self._counts:
                self._thread = Thread(target=self._work, name="exposures", daemon=True)
                self._thread.start()

    def flush(self) -> None:
        """Write what was counted. Raises LibraryError and keeps the counts if that is impossible now."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            self._library.catalogue.community.trending.count_exposures(counts)
        except BroadsheetError:
            with self._lock:
                self._counts.update(counts)
            raise

    def stop(self) -> None:
        """Write what is left and end; a count that cannot be written now is lost."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        self._try_to_flush()

    def _work(self) -> None:
        while not self._stopping.wait(self._every):
            self._try_to_flush()

    def _try_to_flush(self) -> None:
        try:
            self.flush()
        except BroadsheetError:
            return  # the next write takes these counts along; `seen` bounds how many there are
