"""The type of a clock, which is passed in wherever time is needed, so that a test can set it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

__all__ = ["Clock", "utc_now"]

Clock: TypeAlias = Callable[[], datetime]  # returns a time with its zone


def utc_now() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)
