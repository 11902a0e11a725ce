"""One writer at a time per folder, across processes; the lock goes with the process that holds it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from broadsheet.kit.errors import LibraryError

__all__ = ["Busy", "exclusive"]


class Busy(LibraryError):
    """Another process holds the lock."""


@contextmanager
def exclusive(path: Path, *, wait: float) -> Iterator[None]:
    """Hold the lock file `path` exclusively. Raises Busy when it is not free within `wait` seconds."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        deadline = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise Busy(f"{path.parent}: another process is updating the indexes; try again shortly") from None
                time.sleep(0.02)
        yield
    finally:
        os.close(handle)
