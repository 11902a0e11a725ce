"""Collections deleted from a page, kept until the server stops so that the page can take it back."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

__all__ = ["Bin", "Deleted"]

_KEPT = 50


@dataclass(frozen=True, slots=True)
class Deleted:
    """A deleted collection."""

    papers: tuple[int, ...]
    collection: str


class Bin:
    """The last things that were deleted, each under a key nobody guesses. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._held: OrderedDict[str, Deleted] = OrderedDict()

    def put(self, deleted: Deleted) -> str:
        """Keep it; the key to take it back with."""
        key = secrets.token_urlsafe(9)
        with self._lock:
            self._held[key] = deleted
            while len(self._held) > _KEPT:
                self._held.popitem(last=False)
        return key

    def take(self, key: str) -> Deleted | None:
        """What lies under the key, once; None if it is not there any more."""
        with self._lock:
            return self._held.pop(key, None)

    def __contains__(self, key: str) -> bool:
        with self._lock:
            return key in self._held
