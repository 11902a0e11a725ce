"""Collections as reading lists: who may read and change them, their order, what they print, what they lack.

A collection is its reader's alone until the reader shares it: with named members, with a group, or with everybody who
has its link. Who may edit adds, takes out, orders and remarks; sharing, renaming and deleting stay with its reader.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from broadsheet.catalogue.collections import EDITOR, OWNER, READER, StoredCollection
from broadsheet.community.missing_papers import MissingPaper, missing
from broadsheet.community.participation import line
from broadsheet.kit.errors import UnknownReader, UsageError
from broadsheet.kit.reading_lists import Arrangement, ListedPaper, ReadingList, Section
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import Stored

__all__ = ["LONGEST_HEADING", "LONGEST_REMARK", "Listing", "ReadingLists", "Shares", "link_path"]

LONGEST_HEADING = 120  # characters
LONGEST_REMARK = 500
_MOVES = ("up", "down")


@dataclass(frozen=True, slots=True)
class Listing:
    """A collection as somebody may use it."""

    collection: StoredCollection
    right: int  # READER, EDITOR or OWNER
    size: int = 0

    @property
    def may_edit(self) -> bool:
        """Whether its papers, order and remarks may be changed."""
        return self.right >= EDITOR

    @property
    def is_own(self) -> bool:
        """Whether it is the collection of whoever asks."""
        return self.right == OWNER


@dataclass(frozen=True, slots=True)
class Shares:
    """Whom a collection is shared with."""

    members: Sequence[tuple[str, bool]]  # (name, may edit)
    groups: Sequence[tuple[int, str, bool]]  # (number, name, may edit)
    link_key: str


class ReadingLists:
    """The collections of a library. Readers are named; every method raises UsageError for what they may not."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._stored = library.catalogue.readers.reading_lists

    # Reading ----------------------------------------------------------------------------------------------------

    def all(self, reader: str) -> list[Listing]:
        """Every collection that a reader may read, their own first, then by name."""
        return self._listings(self._stored.rights(self._id(reader)))

    def get(self, reader: str, which: int | str, right: int = READER) -> Listing:
        """A collection by number, or one's own by name, which comes first.

        Raises UsageError where the reader lacks the right.
        """
        reader_id = self._id(reader)
        number = self._stored.number(reader_id, which.strip()) if isinstance(which, str) else which
        if number is None and isinstance(which, str) and which.isascii() and which.isdigit() and len(which) < 18:
            number = int(which)
        rights = self._stored.rights(reader_id)
        if number not in rights:
            named = repr(which) if isinstance(which, str) else str(which)
            raise UsageError(f"there is no collection {named} of yours, or shared with you")
        listing = self._listings({number: rights[number]})[0]
        if listing.right < right:
            owner = listing.collection.owner
            done = "changed by those who may edit it" if right == EDITOR else f"shared and renamed by {owner} alone"
            raise UsageError(f"the collection {listing.collection.name!r} is {done}")
        return listing

    def of_key(self, link_key: str) -> StoredCollection:
        """The collection that a link opens. Raises UsageError for a link that never was or was taken back."""
        stored = self._stored.of_key(link_key) if link_key else None
        if stored is None:
            raise UsageError("this link opens nothing: it was taken back, or is not whole")
        return stored

    def of_group(self, group_id: int, reader: str) -> list[Listing]:
        """The collections shared with a group, as a member may use them."""
        rights = self._stored.rights(self._id(reader))
        return self._listings({n: rights[n] for n in self._stored.of_group(group_id) if n in rights})

    def arrangement(self, number: int) -> Arrangement:
        """The papers of a collection in their order."""
        return self._stored.arrangement(number)

    def printed(
        self, collection: StoredCollection, notes: Callable[[Sequence[int]], dict[int, str]] | None = None
    ) -> ReadingList:
        """A collection as it is printed; `notes` gives what its reader wrote and marked in papers."""
        order = self._stored.arrangement(collection.id)
        ids = [entry.paper_id for entry in order.entries]
        papers = {stored.id: stored for stored in self._library.papers(ids)}
        written = notes(ids) if notes else {}
        sections = [
            Section(
                heading,
                [
                    ListedPaper(papers[e.paper_id].paper, e.remark, written.get(e.paper_id, ""), e.paper_id)
                    for e in entries
                    if e.paper_id in papers
                ],
            )
            for heading, entries in order.by_section()
        ]
        return ReadingList(collection.name, sections)

    def shares(self, number: int) -> Shares:
        """Whom a collection is shared with."""
        (stored,) = self._stored.get([number])
        return Shares(self._stored.members(number), self._stored.groups(number), stored.link_key)

    def missing(self, reader: str, which: int | str, k: int = 10) -> list[MissingPaper]:
        """The k papers that a collection lacks most, each with reasons; none for an empty one."""
        listing = self.get(reader, which)
        papers = self._papers(listing.collection.id)
        others = [n for n in self._stored.rights(self._id(reader)) if n != listing.collection.id]
        return missing(self._library, papers, self._stored.holding(others), k)

    # Changing what is in it -------------------------------------------------------------------------------------

    def add(self, reader: str, which: int | str, paper: int | str) -> None:
        """Add a paper at the end. Raises UnknownPaper."""
        stored = self.get(reader, which, EDITOR).collection
        self._library.collect(stored.owner, stored.name, paper)

    def remove(self, reader: str, which: int | str, paper: int | str) -> None:
        """Take a paper out."""
        stored = self.get(reader, which, EDITOR).collection
        self._library.uncollect(stored.owner, stored.name, paper)

    def move(self, reader: str, which: int | str, paper: int, to: str | int) -> None:
        """Move a paper "up" or "down", or to a place from 1."""
        if isinstance(to, str) and to not in _MOVES:
            raise UsageError(f"a paper moves {' or '.join(_MOVES)}, or to a place, not {to!r}")
        by = -1 if to == "up" else 1
        self._arrange(
            reader, which, lambda order: order.placed(paper, to) if isinstance(to, int) else order.moved(paper, by)
        )

    def put_under(self, reader: str, which: int | str, paper: int, heading: str) -> None:
        """Put a paper at the end of a section, which is made if needed; "" takes it out of its section."""
        heading = line(heading, LONGEST_HEADING, "a heading")
        self._arrange(reader, which, lambda order: order.under(paper, heading))

    def remark(self, reader: str, which: int | str, paper: int, remark: str) -> None:
        """Say in a line why a paper is in the collection; "" takes the remark away."""
        remark = line(remark, LONGEST_REMARK, "a remark")
        self._arrange(reader, which, lambda order: order.remarked(paper, remark))

    def add_section(self, reader: str, which: int | str, heading: str) -> None:
        """Make a section, the last."""
        heading = _heading(heading)
        self._arrange(reader, which, lambda order: order.with_section(heading))

    def rename_section(self, reader: str, which: int | str, heading: str, to: str) -> None:
        """Give a section another heading."""
        to = _heading(to)
        self._arrange(reader, which, lambda order: order.renamed_section(heading, to))

    def remove_section(self, reader: str, which: int | str, heading: str) -> None:
        """Remove a section; its papers stay, without one."""
        self._arrange(reader, which, lambda order: order.without_section(heading))

    def move_section(self, reader: str, which: int | str, heading: str, to: str) -> None:
        """Move a section "up" or "down"."""
        if to not in _MOVES:
            raise UsageError(f"a section moves {' or '.join(_MOVES)}, not {to!r}")
        self._arrange(reader, which, lambda order: order.moved_section(heading, -1 if to == "up" else 1))

    # Sharing ----------------------------------------------------------------------------------------------------

    def share(self, reader: str, which: int | str, name: str, *, may_edit: bool = False) -> None:
        """Share a collection with a member, or change what the member may."""
        number = self.get(reader, which, OWNER).collection.id
        other = self._member(name)
        if other == self._id(reader):
            raise UsageError("the collection is yours already")
        self._stored.share(number, other, may_edit=may_edit)

    def unshare(self, reader: str, which: int | str, name: str) -> None:
        """Share a collection no longer with a member; members take themselves off."""
        own = name.strip() == reader
        number = self.get(reader, which, READER if own else OWNER).collection.id
        self._stored.unshare(number, self._member(name))

    def share_with_group(self, reader: str, which: int | str, group_id: int, *, may_edit: bool = False) -> None:
        """Share a collection with a group; who calls makes sure that the reader is in it."""
        self._stored.share_with_group(self.get(reader, which, OWNER).collection.id, group_id, may_edit=may_edit)

    def unshare_with_group(self, reader: str, which: int | str, group_id: int) -> None:
        """Share a collection no longer with a group."""
        self._stored.unshare_with_group(self.get(reader, which, OWNER).collection.id, group_id)

    def unshare_all(self, reader_id: int, group_id: int) -> None:
        """Share no collection of a reader with a group any more: the reader has left it."""
        self._stored.unshare_all(reader_id, group_id)

    def open_link(self, reader: str, which: int | str) -> str:
        """Make a link by which everybody may read; an earlier one opens nothing any more. Returns its path."""
        key = secrets.token_urlsafe(24)
        self._stored.set_link(self.get(reader, which, OWNER).collection.id, key)
        return link_path(key)

    def close_link(self, reader: str, which: int | str) -> None:
        """Take the link back: it opens nothing any more."""
        self._stored.set_link(self.get(reader, which, OWNER).collection.id, "")

    def _arrange(self, reader: str, which: int | str, edit: Callable[[Arrangement], Arrangement]) -> None:
        self._stored.arrange(self.get(reader, which, EDITOR).collection.id, edit)

    def _listings(self, rights: dict[int, int]) -> list[Listing]:
        sizes = self._stored.sizes(rights)
        listings = [Listing(one, rights[one.id], sizes.get(one.id, 0)) for one in self._stored.get(rights)]
        return sorted(listings, key=lambda one: not one.is_own)

    def _papers(self, number: int) -> list[Stored]:
        return self._library.papers([entry.paper_id for entry in self._stored.arrangement(number).entries])

    def _id(self, reader: str) -> int:
        if not reader:
            raise UsageError("sign in to use collections")
        return self._library.reader(reader).id

    def _member(self, name: str) -> int:
        name = name.strip()
        try:
            return self._library.catalogue.readers.get(name).id
        except UnknownReader:
            raise UsageError(f"no member is called {name[:60]!r}") from None


def link_path(key: str) -> str:
    """The path of the page that a link opens."""
    return f"/collections/shared/{key}"


def _heading(text: str) -> str:
    heading = line(text, LONGEST_HEADING, "a heading")
    if not heading:
        raise UsageError("a section needs a heading")
    return heading
