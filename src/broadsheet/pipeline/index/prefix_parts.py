"""What can be suggested of a batch of papers: distinct words and names with their places, ready to be joined.

A batch is made in another process, perhaps, and sent; distinct texts are few beside all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.text import fold

__all__ = ["Distinct", "NamePart", "PrefixPart", "joined", "names_in"]

MAX_NAME = 100  # characters of a name or keyword; longer ones are no names
MAX_WORDS = 40  # of a text
MAX_WORD = 40  # characters


def names_in(lines: str) -> list[str]:
    """The names in a text with one a line, without those that are too long to be one."""
    return [name for name in dict.fromkeys(map(str.strip, lines.split("\n"))) if 0 < len(name) <= MAX_NAME]


class Distinct(NamedTuple):
    """Lists of texts: list i has texts[places[bounds[i]:bounds[i + 1]]]."""

    texts: list[str]  # each once, in order of their first place
    places: NDArray[np.int32]
    bounds: NDArray[np.int64]  # (n + 1,)

    @classmethod
    def of(cls, lists: Iterable[Sequence[str]]) -> Distinct:
        """Of n lists."""
        known: dict[str, int] = {}
        places = [[known.setdefault(text, len(known)) for text in one] for one in lists]
        bounds = np.concatenate([[0], np.cumsum([len(one) for one in places], dtype=np.int64)]).astype(np.int64)
        return cls(list(known), np.fromiter(chain.from_iterable(places), np.int32, int(bounds[-1])), bounds)

    @classmethod
    def words_of(cls, texts: Iterable[str]) -> Distinct:
        """The words of n folded texts."""
        return cls.of([word[:MAX_WORD] for word in text.split()[:MAX_WORDS]] for text in texts)

    def of_lists(self, flags: NDArray[np.bool_]) -> Distinct:
        """The lists with a flag (n,); texts that are in no list stay."""
        lengths = np.diff(self.bounds)
        bounds = np.concatenate([[0], np.cumsum(lengths[flags], dtype=np.int64)]).astype(np.int64)
        return Distinct(self.texts, self.places[np.repeat(flags, lengths)], bounds)


class NamePart(NamedTuple):
    """The names of each paper, and the folded words of each distinct name."""

    names: Distinct
    words: Distinct

    @classmethod
    def of(cls, names_of_rows: Iterable[Sequence[str]]) -> NamePart:
        """Of n papers."""
        names = Distinct.of(names_of_rows)
        return cls(names, Distinct.words_of(map(fold, names.texts)))


class PrefixPart(NamedTuple):
    """What can be suggested of n papers."""

    titles: Distinct  # words
    authors: NamePart
    keywords: NamePart

    @classmethod
    def of(
        cls, titles: Iterable[str], authors: Iterable[Sequence[str]], keywords: Iterable[Sequence[str]]
    ) -> PrefixPart:
        """Of papers with these folded titles, authors and keywords; a paper each."""
        return cls(Distinct.words_of(titles), NamePart.of(authors), NamePart.of(keywords))


def joined(parts: Sequence[Distinct]) -> tuple[Distinct, list[NDArray[np.bool_]]]:
    """(all lists, one after the other; for each part flags of its texts that no part before it has)."""
    known: dict[str, int] = {}
    places, lengths, flags = [np.empty(0, np.int32)], [np.empty(0, np.int64)], []
    for part in parts:
        before = len(known)
        own = np.fromiter((known.setdefault(text, len(known)) for text in part.texts), np.int32, len(part.texts))
        places.append(own[part.places])
        lengths.append(np.diff(part.bounds))
        flags.append(own >= before)
    bounds = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int64)
    return Distinct(list(known), np.concatenate(places), bounds), flags
