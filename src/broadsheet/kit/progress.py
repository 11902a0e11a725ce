"""The function that long-running work calls to report its progress, and how long the rest of it takes."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Progress", "time_left"]

Progress = Callable[[str, int, int | None], None]  # stage, done, total (None if unknown)


def time_left(done: int, total: int | None, seconds: float) -> str:
    """How long the rest takes if `done` took `seconds`: "about 12 minutes left"; "" where that is not known."""
    if not total or not 0 < done < total:
        return ""
    left = seconds * (total - done) / done
    if left < 90:
        count = max(round(left), 1)
        return f"about {count} second{'' if count == 1 else 's'} left"
    return f"about {round(left / 60)} minutes left" if left < 5400 else f"about {left / 3600:.1f} hours left"
