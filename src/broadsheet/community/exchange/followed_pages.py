"""The first papers of readers' pages, kept for a moment: the page and each interest are streams of one ranking."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from broadsheet.kit.remember import remember

if TYPE_CHECKING:
    from broadsheet.pipeline.library import Library
    from broadsheet.pipeline.records import FeedItem

__all__ = ["FollowedPages"]

_SIZE = 100  # papers
_SECONDS = 5.0  # that a page is kept: what steers it may change without an action
_READERS = 50


class FollowedPages:
    """Pages by reader and state."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._kept: dict[tuple[int, int, int, str | None], tuple[float, Sequence[FeedItem]]] = {}

    def items(self, reader: str) -> Sequence[FeedItem]:
        """The papers of a reader's page, which counts as not shown."""
        last_event = self._library.state(reader).last_event
        owner = self._library.reader(reader).id
        change = self._library.catalogue.readers.steering.last_change(owner) if owner else None
        key = (owner, last_event, self._library.newest, change)
        made, items = self._kept.get(key, (0.0, ()))
        if not made or time.monotonic() - made > _SECONDS:
            items = self._library.feed(reader, _SIZE, log=False).items
            remember(self._kept, key, (time.monotonic(), items), _READERS)
        return items
