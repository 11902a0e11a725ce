"""The searches that a reader saves: run again, and counted: how many papers are new since the reader looked last."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from broadsheet.catalogue import Reader, SavedSearch
from broadsheet.community.paper_sets import PaperSets
from broadsheet.kit.errors import UsageError
from broadsheet.kit.remember import remember
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import SearchPage

__all__ = ["SearchTerms", "Searches"]

_LONGEST = 10_000  # characters of a query
_MOST_WITHIN = 10
_OPTIONS = ("mode", "sort", "verbatim")
_LONGEST_OPTION = 20
_COUNTS = 1000  # that are kept


@dataclass(frozen=True, slots=True)
class SearchTerms:
    """A search as its page is addressed: the query, and what it searches within."""

    query: str
    within: tuple[str, ...] = ()  # queries, the outermost first
    among: str = ""  # a set of papers
    options: tuple[tuple[str, str], ...] = ()  # further choices of its page, such as mode and sort

    @classmethod
    def of(cls, saved: SavedSearch) -> Self:
        """From what is stored."""
        row = dict(saved.search)
        query, within, among = row.pop("q", ""), row.pop("within", ()), row.pop("among", "")
        return cls(query, tuple(within), among, tuple(sorted(row.items())))

    @classmethod
    def of_pairs(cls, pairs: Iterable[tuple[str, str]]) -> Self:
        """From the parameters of an address; those that belong to one page of it, or to a notice, are left out."""
        values: dict[str, list[str]] = {}
        for name, value in pairs:
            if value.strip():
                values.setdefault(name, []).append(value.strip())
        options = [(name, values[name][0][:_LONGEST_OPTION]) for name in _OPTIONS if name in values]
        query, among = (values.get(name, [""])[-1] for name in ("q", "among"))
        return cls(query, tuple(values.get("within", ())), among, tuple(options))

    @property
    def stored(self) -> Mapping[str, Any]:
        """As it is stored: only what is there."""
        row = {"q": self.query, "within": list(self.within), "among": self.among, **dict(self.options)}
        return {name: value for name, value in row.items() if value}

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The parameters of its address."""
        texts = [("q", self.query), *(("within", text) for text in self.within), ("among", self.among), *self.options]
        return [pair for pair in texts if pair[1]]

    @property
    def label(self) -> str:
        """The search in a line."""
        return " › ".join(part for part in (self.among, *self.within, self.query) if part)


class Searches:
    """The saved searches of a library's readers."""

    def __init__(self, library: Library, sets: PaperSets) -> None:
        self._library = library
        self._stored = library.catalogue.readers.searches
        self._sets = sets
        self._counts: dict[tuple[int, int, int], int] = {}  # (search, seen paper, newest paper) → new papers

    def all(self, reader: str) -> list[SavedSearch]:
        """Those of a reader, by name. Raises UnknownReader."""
        return self._stored.all(self._library.reader(reader).id)

    def get(self, reader: str, which: int | str) -> SavedSearch:
        """The one of this number or name. Raises UsageError with the nearest name."""
        searches = self.all(reader)
        number = int(which) if str(which).isascii() and str(which).isdigit() and len(str(which)) < 18 else None
        one = next((one for one in searches if one.name == which), None)
        one = one or next((one for one in searches if one.id == number), None)
        if one is None:
            names = [search.name for search in searches]
            near = difflib.get_close_matches(str(which), names, 3) or names[:5]
            raise UsageError(f"no saved search {str(which)[:100]!r}; there is {', '.join(near) or 'none yet'}")
        return one

    def save(self, reader: str, name: str, terms: SearchTerms) -> SavedSearch:
        """Save a search under a name, by default its query. Raises UsageError."""
        if not (terms.query or terms.within or terms.among):
            raise UsageError("an empty search cannot be saved: search for something first")
        if max(map(len, (terms.query, *terms.within))) > _LONGEST or len(terms.within) > _MOST_WITHIN:
            raise UsageError(f"a saved search has {_LONGEST:,} characters and {_MOST_WITHIN} queries around it at most")
        self._sets.ids(reader, terms.among)  # it is there
        name = name.strip() or terms.label[:80]
        return self._stored.add(self._reader(reader).id, name, terms.stored, self._library.newest)

    def rename(self, reader: str, which: int | str, name: str) -> SavedSearch:
        """Give one another name. Raises UsageError."""
        one = self.get(reader, which)
        self._stored.rename(self._reader(reader).id, one.id, name)
        return self.get(reader, one.id)

    def delete(self, reader: str, which: int | str) -> int:
        """Delete one; returns the number by which it can be restored. Raises UsageError."""
        return self._stored.delete(self._reader(reader).id, self.get(reader, which))

    def look(self, reader: str, which: int | str) -> None:
        """Note that the reader has looked at one: no paper is new in it until another comes. Raises UsageError."""
        one, newest = self.get(reader, which), self._library.newest
        if one.seen_paper != newest and not self._library.catalogue.read_only:
            self._stored.look(self._reader(reader).id, one.id, newest)

    def new(self, reader: str, saved: SavedSearch) -> list[int]:
        """The papers that match and came since the reader looked last, the newest first.

        No paper where the set of papers that it searches is gone.
        """
        if saved.seen_paper >= self._library.newest:
            return []
        return self.matching(reader, SearchTerms.of(saved), after=saved.seen_paper)

    def new_count(self, reader: str, saved: SavedSearch) -> int:
        """How many papers are new; counted once for every state of the library."""
        return self.new_counts(reader, [saved])[0]

    def new_counts(self, reader: str, searches: Sequence[SavedSearch]) -> list[int]:
        """How many papers are new in each of these searches."""
        newest = self._library.newest if searches else 0  # a snapshot is no small thing to ask for
        return [self._new_count(reader, saved, newest) for saved in searches]

    def _new_count(self, reader: str, saved: SavedSearch, newest: int) -> int:
        if saved.seen_paper >= newest:
            return 0
        key = (saved.id, saved.seen_paper, newest)
        known = self._counts.get(key)
        return remember(self._counts, key, len(self.new(reader, saved)), _COUNTS) if known is None else known

    def matching(self, reader: str, terms: SearchTerms, *, after: int = 0) -> list[int]:
        """The papers that match a search, the newest in the library first; only those after a number.

        No paper where the set of papers that it searches is gone.
        """
        try:
            among = self._sets.ids(reader, terms.among)
        except UsageError:
            return []
        return self._library.matching(terms.query, among=among, within=terms.within, reader=reader, after=after)

    def page(self, reader: str, saved: SavedSearch, k: int, offset: int = 0) -> SearchPage:
        """The best results of a saved search. Raises UsageError where what it searches among is gone."""
        terms = SearchTerms.of(saved)
        among = self._sets.ids(reader, terms.among)
        options = dict(terms.options)
        mode, sort = options.get("mode", "default"), options.get("sort", "")
        return self._library.search(
            *(terms.query, k, offset), among=among, within=terms.within, mode=mode, reader=reader, sort=sort
        )

    def _reader(self, name: str) -> Reader:
        return self._library.catalogue.readers.get(name, create=name == "me")
