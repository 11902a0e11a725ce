"""The records of a file, prepared for storing; those of a large file by a second process if there is a free core.

file ──► records ──► prepared ─┬─► stored, batch after batch
         (second process)      │   (this process)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from broadsheet.catalogue import Item, prepare
from broadsheet.kit import second_process
from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Record, Rejected
from broadsheet.kit.second_process import SecondProcess

__all__ = ["PreparedItem", "prepare_file"]

PreparedItem = Item | Rejected
LARGE = 4_000_000  # bytes of a file from which a second process is worth its start, 0.3 s
_CHUNK = 250  # records sent at once: about half a megabyte


@contextmanager
def prepare_file(path: Path) -> Iterator[Iterator[PreparedItem]]:
    """The items of a file of any known format, in order. Iterating raises SourceError where the file breaks off."""
    second = _second(path)
    if second is None:
        yield chain.from_iterable(chunks((), path))
        return
    with second:
        yield chain.from_iterable(second)


def _second(path: Path) -> SecondProcess | None:
    """A second process for a large file, None if this process should read it."""
    try:
        large = path.is_file() and path.stat().st_size >= LARGE
        return SecondProcess(chunks, path) if large and second_process.available() else None
    except OSError:  # no file, or no process can be started
        return None


def chunks(_: object, path: Path) -> Iterator[list[PreparedItem]]:
    """The items of a file in lists. Raises SourceError where the file breaks off, after the items before it."""
    from broadsheet.sources.files.detect import read_file  # here, so that a search need not load every format

    chunk: list[PreparedItem] = []
    try:
        for item in read_file(path):
            chunk.append(prepare(item) if isinstance(item, Record) else item)
            if len(chunk) == _CHUNK:
                yield chunk
                chunk = []
    except SourceError:
        yield chunk
        raise
    yield chunk
