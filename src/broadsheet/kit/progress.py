"""The function that long-running work calls to report its progress."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Progress"]

Progress = Callable[[str, int, int | None], None]  # stage, done, total (None if unknown)
