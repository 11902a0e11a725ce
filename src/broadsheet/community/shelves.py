"""The reader's shelves: the papers on each, newest first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from broadsheet.kit.errors import UsageError

__all__ = ["ReaderMarks", "shelf_of", "shelves"]


class ReaderMarks(Protocol):
    """A reader's marks, as far as the shelves need them (see ReaderState)."""

    @property
    def saved(self) -> Mapping[int, datetime]:
        """Saved papers and when."""

    @property
    def ratings(self) -> Mapping[int, int]:
        """+1 or -1 a paper."""

    @property
    def hidden(self) -> Collection[int]:
        """Hidden papers."""

    @property
    def opened(self) -> Mapping[int, datetime]:
        """Papers read and when last."""

    @property
    def passed(self) -> Collection[int]:
        """Papers shown in vain."""

    @property
    def tags(self) -> Mapping[str, Collection[int]]:
        """Papers under each tag."""


def _ids(state: ReaderMarks) -> dict[str, tuple[str, list[int]]]:
    """Key -> (name, paper ids)."""
    ids = sorted(state.ratings, reverse=True)
    return {
        "saved": ("Saved", sorted(state.saved, key=lambda i: state.saved[i], reverse=True)),
        "up": ("More like these", [i for i in ids if state.ratings[i] > 0]),
        "down": ("Less like these", [i for i in ids if state.ratings[i] < 0]),
        "read": ("Recently read", sorted(state.opened, key=lambda i: state.opened[i], reverse=True)),
        "hidden": ("Hidden", sorted(state.hidden, reverse=True)),
        "passed": ("Shown in vain", sorted(state.passed, reverse=True)),
    }


def shelves(state: ReaderMarks) -> list[tuple[str, str, int]]:
    """(key, name, number of papers) of every shelf."""
    return [(key, name, len(ids)) for key, (name, ids) in _ids(state).items()]


def shelf_of(
    state: ReaderMarks,
    collections: Mapping[str, Sequence[int]],
    shelf: str = "saved",
    tag: str | None = None,
    collection: str | None = None,
) -> tuple[str, list[int], tuple[str, str]]:
    """(heading, paper ids, (kind, key)) of a shelf, tag or collection. Raises UsageError if there is none."""
    if tag is not None:
        if tag not in state.tags:
            raise UsageError(f"No paper is tagged {tag!r}; your tags: {', '.join(sorted(state.tags)) or 'none yet'}")
        return f"Tagged “{tag}”", sorted(state.tags[tag], reverse=True), ("tag", tag)
    if collection is not None:
        if collection not in collections:
            names = ", ".join(sorted(collections)) or "none yet"
            raise UsageError(f"There is no collection {collection!r}; your collections: {names}")
        return collection, list(collections[collection]), ("collection", collection)
    shelves_ = _ids(state)
    if shelf not in shelves_:
        raise UsageError(f"There is no shelf {shelf!r}; choose one of {', '.join(shelves_)}")
    name, ids = shelves_[shelf]
    return name, ids, ("shelf", shelf)
