"""The contract of a source: it yields records, and a rejection with its reason for each record it cannot read.

A file source turns one file into a stream of items. A network source turns one provider into a stream of pages, each
with the cursor to commit together with its records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from broadsheet.kit.paper import Record, Rejected

__all__ = ["FileSource", "Item", "NetworkSource", "Page"]

Item: TypeAlias = Record | Rejected


class FileSource(Protocol):
    """One file format. It has no state: one object reads any number of files."""

    @property
    def name(self) -> str:
        """The format's short name, the part before the colon in a record's `source`."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """File name endings of this format, lower case with the dot."""

    def sniff(self, head: bytes) -> bool:
        """Whether a file that begins with `head` (up to 8 KiB) looks like this format."""

    def read(self, path: Path) -> Iterator[Item]:
        """Yield every record of the file in order; an unreadable one is yielded as Rejected, and reading continues.

        Raises SourceError, which names the file, if no record can be read.
        """


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of a provider, and the cursor after it.

    `cursor` is (name, value), to be committed in one transaction with these items; None leaves it unchanged.
    """

    items: tuple[Item, ...]
    cursor: tuple[str, str] | None = None


class NetworkSource(Protocol):
    """One provider, or one query to it. All its state between runs is in its cursors."""

    @property
    def name(self) -> str:
        """The provider as named in a record's `source`."""

    def pages(self, cursor: Callable[[str], str | None]) -> Iterator[Page]:
        """Yield the pages since the last run; `cursor(name)` returns the value last committed under that name.

        Raises SourceError if the provider cannot be read, ProviderParked if it failed too often recently.
        """
