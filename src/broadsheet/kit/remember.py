"""What was worked out, kept under a key among a bounded number of others."""

from __future__ import annotations

from typing import TypeVar

__all__ = ["remember"]

K = TypeVar("K")
V = TypeVar("V")


def remember(known: dict[K, V], key: K, value: V, most: int) -> V:
    """Keep a value, which is returned; of more than `most` those that came first are forgotten.

    Several threads may do so at once.
    """
    while len(known) >= most:
        known.pop(next(iter(known)), None)
    known[key] = value
    return value
