"""The replays that pages start: one at a time, in the background, in the order in which they were asked for."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Any

from broadsheet.kit.errors import BroadsheetError, UsageError
from broadsheet.pipeline.feed.replay_report import to_json
from broadsheet.pipeline.library import Library

__all__ = ["ReplayJobs"]

MOST = 100  # readers that wait, at most
_LOG = logging.getLogger(__name__)
PAUSE = 0.02  # seconds between two steps, in which pages are made


class _Stopped(Exception):
    """The server ends."""


@dataclass(slots=True)
class _Job:
    """A reader's replay that waits or runs."""

    tried: Mapping[str, float]
    line: str = "Waiting for other replays …"


class ReplayJobs:
    """Runs the replays of readers one after the other in a background thread."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = Lock()
        self._thread: Thread | None = None
        self._jobs: dict[str, _Job] = {}  # those that wait or run, in order
        self._failures: dict[str, str] = {}
        self._results: dict[str, dict[str, Any]] = {}  # where the library cannot keep them
        self._is_stopping = False

    def start(self, reader: str, tried: Mapping[str, float]) -> bool:
        """Replay the reader's past; False if that waits or runs already. Raises UsageError where too many wait."""
        with self._lock:
            if reader in self._jobs:
                return False
            if len(self._jobs) >= MOST:
                raise UsageError("too many replays are waiting; try again in a few minutes")
            self._failures.pop(reader, None)
            self._jobs[reader] = _Job(tried)
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._work, name="replay", daemon=True)
                self._thread.start()
            return True

    def line(self, reader: str) -> str:
        """The progress of the reader's replay; empty where none waits or runs."""
        job = self._jobs.get(reader)
        return job.line if job else ""

    def failure(self, reader: str) -> str:
        """Why the reader's last replay has no result; empty where it has one."""
        return self._failures.get(reader, "")

    def last(self, reader: str) -> dict[str, Any] | None:
        """The report of the reader's last replay; None before the first."""
        return self._results.get(reader) or self._library.last_replay(reader)

    def wait(self, seconds: float) -> None:
        """Wait for the end of all, at most `seconds`."""
        if self._thread is not None:
            self._thread.join(seconds)

    def stop(self, seconds: float = 5.0) -> None:
        """Stop after the step at hand, and wait for that, at most `seconds`."""
        self._is_stopping = True
        self.wait(seconds)

    def _work(self) -> None:
        while True:
            with self._lock:
                reader = next(iter(self._jobs), None)
                if reader is None or self._is_stopping:
                    self._thread = None
                    return
                job = self._jobs[reader]
            try:
                self._replay(reader, job)
            except _Stopped:
                return
            except BroadsheetError as error:
                self._failures[reader] = f"{error}"
            except Exception:  # noqa: BLE001 - those who wait go on; the log has it
                self._failures[reader] = "the replay stopped on an unexpected error; the server's log has the details"
                _LOG.exception("a replay failed")
            finally:
                with self._lock:
                    self._jobs.pop(reader, None)

    def _replay(self, reader: str, job: _Job) -> None:
        def on_progress(stage: str, done: int, total: int | None) -> None:
            if self._is_stopping:
                raise _Stopped
            job.line = f"{stage.capitalize()}: {done:,} of {total:,}" if total else f"{stage.capitalize()} …"
            time.sleep(PAUSE)

        job.line = "Starting …"
        report = self._library.replay(reader, tried=job.tried or None, progress=on_progress)
        if self._library.catalogue.read_only:
            self._results[reader] = {**to_json(report), "made_at": self._library.now()}
