"""How many calls of the daily-papers API one caller may make: a window of five minutes, kept in memory."""

from __future__ import annotations

import math
import threading
from datetime import datetime

from broadsheet.kit.errors import RateLimited

__all__ = ["WINDOW", "CallLimit"]

WINDOW = 300  # seconds


class CallLimit:
    """Counts calls by caller in windows that begin together; safe among threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._window = 0
        self._calls: dict[str, int] = {}

    def take(self, caller: str, most: int, now: datetime) -> None:
        """Count a call. Raises RateLimited beyond `most` in a window, which says when the next one begins."""
        seconds = now.timestamp()
        window = int(seconds // WINDOW)
        with self._lock:
            if window != self._window:
                self._window, self._calls = window, {}
            calls = self._calls[caller] = self._calls.get(caller, 0) + 1
        if calls > most:
            raise RateLimited(max(1, math.ceil((window + 1) * WINDOW - seconds)))
