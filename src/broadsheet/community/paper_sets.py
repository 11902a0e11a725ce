"""Named sets of papers that a search can be restricted to: a list, an organisation, an author, an edition, a shelf.

A name is a kind and what it is called, `organisation:mit`; it stands in addresses and in saved searches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from broadsheet.community.annotations import tag_name
from broadsheet.community.periods import any_period
from broadsheet.community.shelves import shelf_of
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from broadsheet.community.community import Community

__all__ = ["PaperSet", "PaperSets"]


@dataclass(frozen=True, slots=True)
class PaperSet:
    """Papers under a name."""

    kind: str
    key: str  # which one of its kind
    label: str
    ids: Sequence[int]


class PaperSets:
    """The sets of a community's library, as a reader may see them."""

    def __init__(self, community: Community) -> None:
        self._community = community
        self._library = community.library
        self._kinds: Mapping[str, Callable[[str, str], tuple[str, Sequence[int]]]] = {
            "shelf": lambda reader, key: self._shelf(reader, shelf=key),
            "tag": lambda reader, key: self._shelf(reader, tag=key),
            "collection": lambda reader, key: self._shelf(reader, collection=key),
            "organisation": lambda _, key: self._organisation(key),
            "author": lambda _, key: self._author(key),
            "tagged": lambda _, key: self._tagged(key),
            "edition": lambda _, key: self._edition(key),
            "after": self._after,
        }

    def __contains__(self, name: str) -> bool:
        """Whether a text has the form of a name, such as organisation:mit."""
        kind, _, key = name.partition(":")
        return kind in self._kinds and bool(key)

    def ids(self, reader: str, name: str) -> list[int] | None:
        """The papers of a set; None, for all papers, where the name is "". Raises UsageError."""
        return list(self.named(reader, name).ids) if name else None

    def named(self, reader: str, name: str) -> PaperSet:
        """The set of this name; `reader` is who asks, "" for a visitor. Raises UsageError where there is none."""
        kind, _, key = name.partition(":")
        if name not in self:
            kinds = ", ".join(f"{known}:…" for known in self._kinds)
            raise UsageError(f"no papers are called {name[:100]!r}; there are {kinds}")
        label, ids = self._kinds[kind](reader, key)
        return PaperSet(kind, key, label, ids)

    def _shelf(
        self, reader: str, *, shelf: str = "saved", tag: str | None = None, collection: str | None = None
    ) -> tuple[str, Sequence[int]]:
        if not reader:
            raise UsageError("shelves, tags and collections are a reader's: sign in to search them")
        state, collections = self._library.state(reader), self._library.collections(reader)
        heading, ids, _ = shelf_of(state, collections, shelf, tag, collection)
        return heading, ids

    def _organisation(self, key: str) -> tuple[str, Sequence[int]]:
        organisations = self._community.organisations
        one = organisations.named(key)
        return one.name, organisations.papers(one)

    def _author(self, key: str) -> tuple[str, Sequence[int]]:
        person = self._community.people.named(key)
        return person.name, self._community.people.papers(person)

    def _tagged(self, key: str) -> tuple[str, Sequence[int]]:
        name = tag_name(key)
        return f"tagged {name}", self._community.annotations.tagged(name)

    def _edition(self, key: str) -> tuple[str, Sequence[int]]:
        period = any_period(key)
        stored = self._library.catalogue.community.editions
        ids = [row.paper_id for row in stored.papers(period.first, period.last)]
        return f"edition of {period.name}", sorted(set(stored.live(ids).values()))

    def _after(self, reader: str, key: str) -> tuple[str, Sequence[int]]:
        """What came after the paper of a number; with `,` and the name of another set, of that set."""
        number, _, other = key.partition(",")
        if not (number.isascii() and number.isdigit() and len(number) < 18):
            raise UsageError(f"after:{number[:40]} is not the number of a paper")
        if other:
            inner = self.named(reader, other)
            return f"{inner.label}, new since you looked last", [one for one in inner.ids if one > int(number)]
        ids = self._library.snapshot().ids
        return "new since you looked last", np.sort(ids[ids > int(number)]).tolist()
