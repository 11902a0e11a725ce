"""What every source gives: records, or the reason why one could not be read.

A file source turns one file into a stream of items; a network source turns one provider into a stream of
pages, each with the cursor that is to be committed together with its records. Neither knows who reads it.
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
    """One file format. Has no state: the same object reads any number of files."""

    @property
    def name(self) -> str:
        """The format's short name, the part before the colon in a record's `source`."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """File name endings of this format, lower case with the dot."""

    def sniff(self, head: bytes) -> bool:
        """Whether a file that begins with `head` (up to 8 KiB) looks like this format."""

    def read(self, path: Path) -> Iterator[Item]:
        """Every record of the file in order; an unreadable one comes as Rejected and reading goes on.

        Raises SourceError, naming the file, if nothing at all can be read from it.
        """


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of a provider, and how far it brings us.

    `cursor` is (cursor name, value), to be committed in one transaction with these items; None leaves it as it is.
    """

    items: tuple[Item, ...]
    cursor: tuple[str, str] | None = None


class NetworkSource(Protocol):
    """One provider, or one query to it. All state it needs between runs is in its cursors."""

    @property
    def name(self) -> str:
        """The provider as named in a record's `source`."""

    def pages(self, cursor: Callable[[str], str | None]) -> Iterator[Page]:
        """The pages since the last run; `cursor(name)` gives the value last committed under that name.

        Raises SourceError if the provider cannot be read, ProviderParked if it is being left alone.
        """
