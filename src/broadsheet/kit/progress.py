"""How long work reports its progress."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Progress"]

Progress = Callable[[str, int, int | None], None]  # stage, done, of how many (None: nobody knows)
