"""The sync that a page starts: at most one at a time, in the background."""

from __future__ import annotations

from threading import Event, Lock, Thread

from broadsheet.kit.errors import BroadsheetError
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import IngestReport

__all__ = ["SyncJob"]


class SyncJob:
    """Runs at most one sync at a time in a background thread, and reports its progress as text."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = Lock()
        self._thread: Thread | None = None
        self._stopping = Event()
        self.line = ""  # its progress, or the result of the last one

    @property
    def running(self) -> bool:
        """Whether a sync is running."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, names: tuple[str, ...] = ()) -> bool:
        """Start a sync of these sources, or all; returns False if one is running already."""
        with self._lock:
            if self.running:
                return False
            self.line = "Starting …"
            self._thread = Thread(target=self._work, args=(names,), name="sync", daemon=True)
            self._thread.start()
            return True

    def wait(self, seconds: float) -> None:
        """Wait for the end of the sync, at most `seconds`."""
        if self._thread is not None:
            self._thread.join(seconds)

    def stop(self, seconds: float = 5.0) -> None:
        """Stop the sync after its current page of records, and wait for that, at most `seconds`."""
        self._stopping.set()
        self.wait(seconds)

    def _work(self, names: tuple[str, ...]) -> None:
        try:
            reports = self._library.sync(names, progress=self._on_progress, stop=self._stopping.is_set)
            self.line = " ".join(map(as_sentence, reports)) or "No source is set up to sync."
        except BroadsheetError as error:
            self.line = str(error)
        except Exception:
            self.line = "The sync stopped on an unexpected error; the server's log has the details."
            raise

    def _on_progress(self, stage: str, done: int, total: int | None) -> None:
        self.line = f"{stage}: {done:,} of {total:,}" if total else f"{stage}: {done:,}"


def as_sentence(report: IngestReport) -> str:
    """One report as a sentence."""
    counts = f"{report.source}: {report.read:,} read, {report.added:,} new, {report.updated:,} updated"
    bad = f", {report.quarantined:,} could not be read" if report.quarantined else ""
    return f"{counts}{bad}. {' '.join(report.messages)}".strip()
