"""What a reader may be typing: titles, authors, venues and topics with words that begin so.

typed text ──► its last words ──► words that begin so ──► names and titles that have them all ──► most papers first
Each suggestion has the whole query as it would be. Everything comes from the papers of the library; of what readers
save, tag and search nothing is suggested.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.text import fold, spans
from broadsheet.pipeline.index.prefixes import NameTable
from broadsheet.pipeline.index.snapshot import IndexSnapshot, Segment
from broadsheet.pipeline.records import Suggestion
from broadsheet.pipeline.search.facet_columns import FacetColumns
from broadsheet.pipeline.search.query_edit import condition_text

__all__ = ["MAX_TYPED", "Suggester"]

MAX_TYPED = 200  # characters; a longer text is not a beginning
EACH = 5  # suggestions of one kind
MIN_LETTERS = 3  # of a word that is completed alone, after other words
MAX_NAME_WORDS = 5  # last words of the text that can be the beginning of a name
_CANDIDATES = 4 * EACH  # titles looked at
_FIELDS = {"author": "author", "au": "author", "venue": "venue", "title": "title"}
# what stands before what is typed: a field and its quote, or whatever a filter before ends with
_TAIL = re.compile(
    r'(?:(?:^|(?<=\s))-?(?P<field>author|au|venue|title):)?(?P<quote>"?)(?P<text>[^":]*)\Z', re.IGNORECASE
)

Titles = Callable[[Sequence[int]], Mapping[int, str]]  # numbers of papers → their titles


@dataclass(frozen=True, slots=True)
class _Typed:
    """The end of a text that suggestions complete."""

    before: str  # what stays as it is
    text: str
    field: str  # the only kind that can be meant; "" for all

    @classmethod
    def of(cls, text: str) -> _Typed | None:
        """None if the text ends with something that cannot be completed."""
        match = _TAIL.search(text)
        if match is None:
            return None
        start = match.start("text") if not match["field"] else match.start()
        open_quote = match["quote"] and not match["field"]
        if open_quote and text[: match.start("quote")].count('"') % 2:  # the quote closes a phrase
            return cls(text[:start], text[start:], "")
        start = match.start("quote") if open_quote else start
        return cls(text[:start], match["text"], _FIELDS.get((match["field"] or "").lower(), ""))


@dataclass(frozen=True)
class Suggester:
    """Completes what is typed, from one snapshot."""

    snapshot: IndexSnapshot
    columns: FacetColumns

    def suggest(self, text: str, titles: Titles) -> list[Suggestion]:
        """Suggestions for a text, grouped by kind, the likeliest of each first; `titles` reads those of papers."""
        typed = _Typed.of(text) if len(text) <= MAX_TYPED else None
        if typed is None or not fold(typed.text):
            return []
        kinds: Mapping[str, Callable[[_Typed], Iterator[Suggestion]]] = {
            "title": lambda typed: self._titles(typed, titles),
            "author": lambda typed: self._named(typed, "author", lambda segment: segment.prefixes.authors),
            "venue": self._venues,
            "topic": lambda typed: self._named(typed, "topic", lambda segment: segment.prefixes.keywords),
        }
        return [one for kind, find in kinds.items() if typed.field in ("", kind) for one in find(typed)]

    # Titles -----------------------------------------------------------------------------------------------------

    def _titles(self, typed: _Typed, titles: Titles) -> Iterator[Suggestion]:
        """Titles with all typed words: those that begin with the text first, then the newest."""
        if typed.before.strip() and not typed.field:
            return  # a title is a query of its own
        words = fold(typed.text).split()
        keys = []
        for start, segment in self.snapshot_parts:
            table = segment.prefixes.titles
            rows = np.flatnonzero(table.matches(words) & self._alive[start : start + segment.rows])
            key = segment.columns.days[rows].astype(np.int64) + (table.begins(words[0])[rows].astype(np.int64) << 32)
            best = np.argsort(-key, kind="stable")[:_CANDIDATES] if len(key) <= 1000 else _best(key, _CANDIDATES)
            keys += [(int(key[at]), int(segment.columns.ids[rows[at]])) for at in best.tolist()]
        numbers = [number for _, number in sorted(keys, key=lambda pair: (-pair[0], -pair[1]))[:_CANDIDATES]]
        by_number, beginning = titles(numbers), " ".join(words)
        present = [number for number in numbers if number in by_number]
        for number in sorted(present, key=lambda number: not fold(by_number[number]).startswith(beginning))[:EACH]:
            yield Suggestion("title", by_number[number], f'title:"{by_number[number].replace(chr(34), " ")}"', number)

    # Names ------------------------------------------------------------------------------------------------------

    def _named(self, typed: _Typed, kind: str, table_of: Callable[[Segment], NameTable]) -> Iterator[Suggestion]:
        """Authors or topics with the most papers whose names have the last typed words, as many of them as fit any."""
        for start, words in _endings(typed, 2 if kind == "topic" else 1):
            counts: dict[str, int] = {}
            shown: dict[str, str] = {}
            for first, segment in self.snapshot_parts:
                table = table_of(segment)
                places = np.flatnonzero(table.words.matches(words))
                papers = np.diff(table.bounds)[places]
                if kind == "topic":  # those that begin so say best what is meant
                    papers = papers + (table.words.begins(words[0])[places].astype(np.int64) << 32)
                for at in places[_best(papers, 2 * EACH)].tolist():
                    count = int(np.count_nonzero(self._alive[first + table.rows_of(at)]))
                    name = table.name(at)
                    counts[fold(name)] = counts.get(fold(name), 0) + count
                    shown.setdefault(fold(name), name)
            found = sorted(_first(kind, words, counts))[:EACH]
            if found:
                before = typed.before + typed.text[:start]
                for _, _, key in found:
                    query = condition_text("author", shown[key]) if kind == "author" else _as_words(shown[key])
                    yield Suggestion(kind, shown[key], f"{before}{query}", count=counts[key])
                return

    def _venues(self, typed: _Typed) -> Iterator[Suggestion]:
        for start, words in _endings(typed):
            beginnings = [f" {word}" for word in words]
            found = [
                (count, label) for folded, label, count in self._folded_venues if all(b in folded for b in beginnings)
            ]
            if found:
                before = typed.before + typed.text[:start]
                for count, label in sorted(found, key=lambda pair: (-pair[0], pair[1]))[:EACH]:
                    yield Suggestion("venue", label, f"{before}{condition_text('venue', label)}", count=count)
                return

    @cached_property
    def _folded_venues(self) -> list[tuple[str, str, int]]:
        """(folded words, name, papers) of every venue."""
        counts = self.columns.venues(self._alive)
        return [(f" {fold(label)}", label, count) for label, count in counts.items()]

    # The snapshot -----------------------------------------------------------------------------------------------

    @cached_property
    def _alive(self) -> NDArray[np.bool_]:
        return self.snapshot.alive.flags()

    @cached_property
    def snapshot_parts(self) -> list[tuple[int, Segment]]:
        """(number of the first row, segment) of every segment."""
        segments = self.snapshot.segments
        starts = np.cumsum([0, *(segment.rows for segment in segments)]).tolist()
        return list(zip(starts, segments, strict=False))


def _first(kind: str, words: Sequence[str], counts: Mapping[str, int]) -> Iterator[tuple[bool, int, str]]:
    """Sort keys of folded names with papers: those with most papers first, of topics those that begin as typed."""
    for name, count in counts.items():
        if count:
            yield kind == "topic" and not name.startswith(words[0]), -count, name


def _best(keys: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """The positions of the greatest keys, the greatest first; the first of equal ones."""
    if len(keys) > most:
        least = np.partition(keys, len(keys) - most)[len(keys) - most]
        places = np.flatnonzero(keys >= least)[: 10 * most]
    else:
        places = np.arange(len(keys))
    return places[np.argsort(-keys[places], kind="stable")][:most]


def _endings(typed: _Typed, fewest: int = 1) -> Iterator[tuple[int, list[str]]]:
    """(where they start in the text, the words) of its last words: many of them first, then fewer.

    After other words, not fewer than `fewest`, and a single one has at least MIN_LETTERS.
    """
    tokens = spans(typed.text)
    longest = min(len(tokens), MAX_NAME_WORDS)
    for size in range(longest, 0, -1) if not typed.field else (longest,):
        last = tokens[-size:]
        if size < len(tokens) and (size < fewest or (size == 1 and len(last[0][2]) < MIN_LETTERS)):
            return
        yield last[0][0], [word for _, _, word in last]


def _as_words(name: str) -> str:
    """A topic in a query: a phrase if it has several words."""
    return f'"{name.replace(chr(34), " ")}"' if " " in name or "-" in name else name
