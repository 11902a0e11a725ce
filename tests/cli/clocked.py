"""The command line at a moment that a test sets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import broadsheet
from broadsheet.pipeline.library import Library

MONDAY = datetime(2026, 6, 29, 6, tzinfo=UTC)


class Clock:
    """A clock that tests move."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def tomorrow(self, days: int = 1) -> None:
        self.now += timedelta(days=days)


@contextmanager
def at(clock: Clock) -> Iterator[None]:
    """Every command opens its library with this clock."""
    really = broadsheet.open

    def open_(folder: Path, *, create: bool = True) -> Library:
        return really(folder, create=create, clock=clock)

    with patch.object(broadsheet, "open", open_):
        yield
