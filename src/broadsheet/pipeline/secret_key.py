"""The secret key of a library: what is signed with it was made here."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

__all__ = ["KEY_FILE", "library_key"]

KEY_FILE = "server.key"
_KEY_BYTES = 32


def library_key(folder: Path) -> bytes:
    """Read the library's secret key, or make it at first use; a random key if the folder cannot be written."""
    path = folder / KEY_FILE
    try:
        if not path.exists():
            with tempfile.NamedTemporaryFile(dir=folder, prefix=f"{KEY_FILE}.") as file:  # its mode is 0600
                file.write(secrets.token_bytes(_KEY_BYTES))
                file.flush()
                with suppress(FileExistsError):
                    os.link(file.name, path)  # whole, and the first process wins
        key = path.read_bytes()
    except OSError:
        key = b""
    return key if len(key) == _KEY_BYTES else secrets.token_bytes(_KEY_BYTES)
