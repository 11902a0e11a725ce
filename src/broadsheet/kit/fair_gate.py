"""Lets a few threads at a time into a piece of work, in the order in which they came."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["FairGate"]


class FairGate:
    """At most `places` threads are inside at once; the others wait, first come, first served.

    What the work needs in memory is then needed `places` times at most, however many threads wait.
    """

    def __init__(self, places: int) -> None:
        if places < 1:
            raise ValueError(f"a gate of {places} places lets nobody in")
        self._free = places
        self._waiting: deque[threading.Lock] = deque()
        self._lock = threading.Lock()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place, waiting for it. Not for a thread that holds one already."""
        turn: threading.Lock | None = None
        with self._lock:
            if self._free and not self._waiting:
                self._free -= 1
            else:
                turn = threading.Lock()
                turn.acquire()
                self._waiting.append(turn)
        if turn is not None:
            self._wait(turn)
        try:
            yield
        finally:
            self._leave()

    def _wait(self, turn: threading.Lock) -> None:
        """Wait for a place that another thread hands over; it is handed on if the wait is interrupted."""
        try:
            turn.acquire()
        except BaseException:
            with self._lock:
                if turn in self._waiting:
                    self._waiting.remove(turn)
                    raise
            self._leave()  # the place was handed over in the same moment
            raise

    def _leave(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()  # the place goes to the one who waits longest
            else:
                self._free += 1
