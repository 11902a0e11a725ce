"""The hour at which tests happen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def noon() -> datetime:
    """A clock that stands still."""
    return NOON


def ticking(start: datetime = NOON) -> Callable[[], datetime]:
    """A clock that is a second later each time it is asked."""
    seconds = count(1)
    return lambda: start + timedelta(seconds=next(seconds))
