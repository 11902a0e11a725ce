"""Syncs that a page starts: in the background, at most one of each kind at a time."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import TypeAlias

from broadsheet.community.connections import Connections
from broadsheet.kit.errors import BroadsheetError
from broadsheet.kit.progress import Progress
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import IngestReport

__all__ = ["ConnectionJob", "Job", "SyncJob"]

Work: TypeAlias = "Callable[[Progress, Callable[[], bool]], str]"  # (progress, whether to stop) → the result as text

_PATIENCE = 600.0  # seconds that a connection waits for that of another reader


class Job:
    """Runs at most one piece of work at a time in a background thread, and reports its progress as text."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._thread: Thread | None = None
        self._stopping = Event()
        self.line = ""  # its progress, or the result of the last one

    @property
    def running(self) -> bool:
        """Whether it is at work."""
        return self._thread is not None and self._thread.is_alive()

    def begin(self, work: Work) -> bool:
        """Begin some work; returns False if it is at work already."""
        with self._lock:
            if self.running:
                return False
            self.line = "Starting …"
            self._thread = Thread(target=self._work, args=(work,), name="sync", daemon=True)
            self._thread.start()
            return True

    def wait(self, seconds: float) -> None:
        """Wait for the end of the work, at most `seconds`."""
        if self._thread is not None:
            self._thread.join(seconds)

    def stop(self, seconds: float = 5.0) -> None:
        """Stop the work after its current page of records, and wait for that, at most `seconds`."""
        self._stopping.set()
        self.wait(seconds)

    def _work(self, work: Work) -> None:
        try:
            self.line = work(self._on_progress, self._stopping.is_set)
        except BroadsheetError as error:
            self.line = str(error)
        except Exception:
            self.line = "The sync stopped on an unexpected error; the server's log has the details."
            raise

    def _on_progress(self, stage: str, done: int, total: int | None) -> None:
        self.line = f"{stage}: {done:,} of {total:,}" if total else f"{stage}: {done:,}"


class SyncJob(Job):
    """The sync of the library's sources."""

    def __init__(self, library: Library) -> None:
        super().__init__()
        self._library = library

    def start(self, names: tuple[str, ...] = ()) -> bool:
        """Start a sync of these sources, or all; returns False if one is running already."""

        def work(on_progress: Progress, stop: Callable[[], bool]) -> str:
            reports = self._library.sync(names, progress=on_progress, stop=stop)
            return " ".join(map(as_sentence, reports)) or "No source is set up to sync."

        return self.begin(work)


class ConnectionJob(Job):
    """The sync of one reader's connections."""

    def __init__(self, connections: Connections, reader: str) -> None:
        super().__init__()
        self._connections = connections
        self._reader = reader

    def start(self) -> bool:
        """Start a sync of all of them; returns False if one is running already."""

        def work(on_progress: Progress, stop: Callable[[], bool]) -> str:
            own = self._connections.all(self._reader)
            reports = [self._connections.sync(one, on_progress=on_progress, stop=stop, wait=_PATIENCE) for one in own]
            return " ".join(f"{one.line()}." + (f" {one.error}." if one.error else "") for one in reports)

        return self.begin(work)


def as_sentence(report: IngestReport) -> str:
    """One report as a sentence."""
    counts = f"{report.source}: {report.read:,} read, {report.added:,} new, {report.updated:,} updated"
    bad = f", {report.quarantined:,} could not be read" if report.quarantined else ""
    return f"{counts}{bad}. {' '.join(report.messages)}".strip()
