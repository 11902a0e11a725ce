"""Temporary files for input without a file name (standard input, an upload)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from broadsheet.kit.errors import SourceError

__all__ = ["temporary_path"]


@contextmanager
def temporary_path(name: str) -> Iterator[Path]:
    """A path called `name` in a temporary folder, which is deleted at the end; a SourceError omits the folder."""
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as folder:
        try:
            yield Path(folder) / name
        except SourceError as error:
            raise type(error)(str(error).replace(f"{folder}/", "")) from error
