"""Passwords: argon2id, with parameters that may grow."""

from __future__ import annotations

import threading
import unicodedata
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from broadsheet.kit.errors import UsageError

__all__ = ["SHORTEST", "Passwords", "checked_password", "usual_hasher"]

SHORTEST = 10  # characters
_LONGEST = 500
_DISTINCT = 5  # different characters, at least
_AT_ONCE = 2  # hashes computed together: each takes 64 MiB


class Passwords:
    """Hashes and verifies passwords. Safe among threads."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """`hasher` says what a hash costs."""
        self._hasher = hasher or usual_hasher()
        self._room = threading.BoundedSemaphore(_AT_ONCE)

    def hash(self, password: str) -> str:
        """The hash of a password, with its salt and parameters."""
        with self._room:
            return self._hasher.hash(_normal(password))

    def verify(self, stored: str, password: str) -> bool:
        """Whether this is the password; takes the same time where none is stored (`stored` is "")."""
        known = bool(stored)
        right = False
        with self._room:
            try:
                right = self._hasher.verify(stored or self._nobodys, _normal(password))
            except (VerificationError, InvalidHashError):
                right = False
        return right and known

    def is_outdated(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(stored)

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash("a password that nobody has")


def usual_hasher() -> PasswordHasher:
    """What a hash costs: the second recommendation of RFC 9106."""
    return PasswordHasher()


def checked_password(password: str, *others: str) -> str:
    """The password if it is good enough; `others` are texts it must not be. Raises UsageError with the rule."""
    normal = _normal(password)
    if not SHORTEST <= len(normal) <= _LONGEST:
        raise UsageError(f"a password has {SHORTEST} to {_LONGEST} characters; several words make a good one")
    if len(set(normal)) < _DISTINCT:
        raise UsageError(f"a password has at least {_DISTINCT} different characters")
    if normal.casefold() in {other.casefold() for other in others if other}:
        raise UsageError("a password is neither your name nor your address")
    return password


def _normal(password: str) -> str:
    """One spelling of what different keyboards send; more than is ever accepted is not looked at."""
    return unicodedata.normalize("NFKC", password[: 4 * _LONGEST])
