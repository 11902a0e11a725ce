"""Processes that begin within one that has loaded everything: they are killed at work, not while they start."""

from __future__ import annotations

import os
from collections.abc import Callable

__all__ = ["begin"]


def begin(work: Callable[[Callable[[], None]], None]) -> int:
    """Begin a process that does some work and ends; its number, once it has said that it begins.

    `work` gets the function that says so. Call it in a process without other threads.
    """
    reads, writes = os.pipe()
    child = os.fork()
    if child:
        os.close(writes)
        os.read(reads, 1)
        os.close(reads)
        return child
    status = 1
    try:
        os.close(reads)
        work(lambda: os.close(writes))
        status = 0
    finally:
        os._exit(status)
