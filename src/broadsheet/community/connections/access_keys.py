"""Keys of access to libraries elsewhere: one file a connection, which only its owner can read.

They are not in the catalogue, so that no export, backup or page has one.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from broadsheet.kit.errors import LibraryError, UsageError

__all__ = ["AccessKeys"]

FOLDER = "keys"
_LONGEST = 200


class AccessKeys:
    """The files in the folder of a library."""

    def __init__(self, library: Path) -> None:
        self._folder = library / FOLDER

    def write(self, number: int, key: str) -> None:
        """Store the key of a connection. Raises UsageError for what is no key, LibraryError."""
        if not (0 < len(key) <= _LONGEST and key.isascii() and key.isprintable() and " " not in key):
            raise UsageError("that is no key of access: it is one word of letters and digits")
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            partial = self._path(number).with_suffix(".partial")
            partial.unlink(missing_ok=True)
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(key)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, self._path(number))
        except OSError as error:
            raise LibraryError(f"{self._folder}: the key cannot be stored ({error.strerror})") from error

    def read(self, number: int) -> str:
        """The key of a connection; "" where there is none."""
        try:
            return self._path(number).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return ""

    def keep_only(self, numbers: Collection[int]) -> None:
        """Remove the keys of all other connections: whose reader has left, or which were disconnected."""
        wanted = {self._path(number) for number in numbers}
        for path in self._folder.glob("connection-*") if self._folder.is_dir() else ():
            if path not in wanted:
                path.unlink(missing_ok=True)

    def _path(self, number: int) -> Path:
        return self._folder / f"connection-{number}"
