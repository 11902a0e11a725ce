"""Files that come without a name of their own: kept in a private folder while they are read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from broadsheet.kit.errors import SourceError

__all__ = ["spooled"]


@contextmanager
def spooled(name: str) -> Iterator[Path]:
    """A path called `name` in a folder that is gone at the end; a SourceError does not name the folder."""
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as folder:
        try:
            yield Path(folder) / name
        except SourceError as error:
            raise type(error)(str(error).replace(f"{folder}/", "")) from error
