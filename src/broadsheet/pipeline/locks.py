"""A lock file per folder, for one writer across processes; it is released when its process ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from broadsheet.kit.errors import LibraryError

__all__ = ["Busy", "exclusive", "succeeds"]


class Busy(LibraryError):
    """Another process holds the lock."""


def succeeds(attempt: Callable[[], bool], *, wait: float) -> bool:
    """Whether `attempt` succeeds within `wait` seconds; it is tried at once and then fifty times a second."""
    deadline = time.monotonic() + wait
    while not attempt():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True


@contextmanager
def exclusive(path: Path, *, wait: float) -> Iterator[None]:
    """Hold the lock file `path`. Raises Busy if it is not free within `wait` seconds."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)

    def lock() -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    try:
        if not succeeds(lock, wait=wait):
            raise Busy(f"{path.parent}: another process is updating the indexes; try again shortly")
        yield
    finally:
        os.close(handle)
