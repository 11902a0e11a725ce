"""What time it is: asked of a clock that is handed in, so that a test can say what day it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

__all__ = ["Clock", "utc_now"]

Clock: TypeAlias = Callable[[], datetime]  # gives a time with its zone


def utc_now() -> datetime:
    """This moment."""
    return datetime.now(UTC)
