"""The clock, an argument wherever time is needed, so that a test can set it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

__all__ = ["Clock", "utc_now"]

Clock: TypeAlias = Callable[[], datetime]  # gives a time with its zone


def utc_now() -> datetime:
    """This moment."""
    return datetime.now(UTC)
