"""Titles, author names and keywords of a segment, found by the beginnings of their words.

Each table has the distinct words of its texts in order, so that the words with one beginning are neighbours, and so are
the texts that have them: a typed letter is two binary searches.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.contract import Arrays
from broadsheet.pipeline.index.prefix_parts import Distinct, NamePart, PrefixPart, joined

__all__ = ["NameTable", "PrefixBlock", "WordTable"]


@dataclass(frozen=True, slots=True)
class Strings:
    """Texts as bytes in one array."""

    bytes_: NDArray[np.uint8]
    bounds: NDArray[np.int64]  # (n + 1,)

    @classmethod
    def of(cls, texts: Iterable[bytes]) -> Strings:
        """Join the texts."""
        texts = list(texts)
        bounds = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
        return cls(np.frombuffer(b"".join(texts), np.uint8), bounds)

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def __getitem__(self, at: int) -> bytes:
        return self.bytes_[self.bounds[at] : self.bounds[at + 1]].tobytes()


@dataclass(frozen=True, slots=True)
class WordTable:
    """The words of n texts, and the texts that have each."""

    words: Strings  # ascending
    bounds: NDArray[np.int64]  # (w + 1,), where the texts of each word begin
    texts: NDArray[np.int32]  # ascending within a word
    first: NDArray[np.int32]  # (n,), the word that each text begins with; -1 without a word

    @classmethod
    def of(cls, words: Distinct) -> WordTable:
        """The table of texts with these words."""
        counts = np.diff(words.bounds)
        encoded = [word.encode("utf-8", "surrogatepass") for word in words.texts]
        order = sorted(range(len(encoded)), key=encoded.__getitem__)
        rank = np.zeros(len(order), np.int64)
        rank[order] = np.arange(len(order))
        ranks, rows = rank[words.places], np.repeat(np.arange(len(counts)), counts)
        pairs = np.unique(ranks * max(len(counts), 1) + rows)
        bounds = np.searchsorted(pairs, np.arange(len(order) + 1) * max(len(counts), 1))
        first = np.full(len(counts), -1, np.int32)
        first[counts > 0] = ranks[words.bounds[:-1][counts > 0]]
        return cls(
            Strings.of(encoded[at] for at in order), bounds, (pairs % max(len(counts), 1)).astype(np.int32), first
        )

    def range_of(self, beginning: str) -> tuple[int, int]:
        """The positions of the words that begin so: (first, one after the last)."""
        encoded = beginning.encode("utf-8", "surrogatepass")
        return bisect_left(self.words, encoded), bisect_left(self.words, encoded + b"\xff")

    def matches(self, beginnings: Sequence[str]) -> NDArray[np.bool_]:
        """Flags of the texts that have, for each of these, a word that begins so, (n,)."""
        flags = np.ones(len(self.first), np.bool_)
        for beginning in beginnings:
            low, high = self.range_of(beginning)
            own = np.zeros(len(self.first), np.bool_)
            own[self.texts[self.bounds[low] : self.bounds[high]]] = True
            flags &= own
        return flags

    def begins(self, beginning: str) -> NDArray[np.bool_]:
        """Flags of the texts whose first word begins so, (n,)."""
        low, high = self.range_of(beginning)
        return (self.first >= low) & (self.first < high)

    def to_arrays(self, prefix: str) -> Arrays:
        """Everything needed to restore it, under names with this prefix."""
        values: list[NDArray[Any]] = [self.words.bytes_, self.words.bounds, self.bounds, self.texts, self.first]
        return {f"{prefix}.{key}": value for key, value in zip(_TABLE, values, strict=True)}

    @classmethod
    def from_arrays(cls, arrays: Arrays, prefix: str) -> WordTable:
        """Restore it. Raises ValueError, KeyError."""
        letters, word_bounds, bounds, texts, first = (arrays[f"{prefix}.{key}"] for key in _TABLE)
        _check_bounds(word_bounds, len(letters))
        _check_bounds(bounds, len(texts))
        if len(bounds) != len(word_bounds) or (len(texts) and not 0 <= texts.min() <= texts.max() < len(first)):
            raise ValueError("words and their texts do not fit together")
        return cls(Strings(letters, word_bounds), bounds, texts, first)


@dataclass(frozen=True, slots=True)
class NameTable:
    """Names, the papers of each, and the words of each."""

    names: Strings
    bounds: NDArray[np.int64]  # (n + 1,), where the rows of each name begin
    rows: NDArray[np.int32]
    words: WordTable

    @classmethod
    def of(cls, parts: Sequence[NamePart]) -> NameTable:
        """The table of the names of all rows of the parts."""
        names, are_new = joined([part.names for part in parts])
        order = np.argsort(names.places, kind="stable")
        counts = np.diff(names.bounds)
        rows = np.repeat(np.arange(len(counts)), counts)[order].astype(np.int32)
        bounds = np.searchsorted(names.places[order], np.arange(len(names.texts) + 1))
        encoded = (name.encode("utf-8", "surrogatepass") for name in names.texts)
        words, _ = joined([part.words.of_lists(new) for part, new in zip(parts, are_new, strict=True)])
        return cls(Strings.of(encoded), bounds, rows, WordTable.of(words))

    def name(self, at: int) -> str:
        """The name at a position."""
        return self.names[at].decode("utf-8", "surrogatepass")

    def rows_of(self, at: int) -> NDArray[np.int32]:
        """The rows of the papers with the name at a position."""
        return self.rows[self.bounds[at] : self.bounds[at + 1]]

    def to_arrays(self, prefix: str) -> Arrays:
        """Everything needed to restore it, under names with this prefix."""
        values: tuple[NDArray[Any], ...] = (self.names.bytes_, self.names.bounds, self.bounds, self.rows)
        own = {f"{prefix}.{key}": value for key, value in zip(_NAMES, values, strict=True)}
        return {**own, **self.words.to_arrays(f"{prefix}.words")}

    @classmethod
    def from_arrays(cls, arrays: Arrays, prefix: str, n_rows: int) -> NameTable:
        """Restore it; `n_rows` papers are in the segment. Raises ValueError, KeyError."""
        letters, name_bounds, bounds, rows = (arrays[f"{prefix}.{key}"] for key in _NAMES)
        _check_bounds(name_bounds, len(letters))
        _check_bounds(bounds, len(rows))
        words = WordTable.from_arrays(arrays, f"{prefix}.words")
        fits = len(bounds) == len(name_bounds) == len(words.first) + 1
        if not fits or (len(rows) and not 0 <= rows.min() <= rows.max() < n_rows):
            raise ValueError("names and their papers do not fit together")
        return cls(Strings(letters, name_bounds), bounds, rows, words)


_TABLE = ("letters", "word_bounds", "bounds", "texts", "first")
_NAMES = ("letters", "name_bounds", "bounds", "rows")


def _check_bounds(bounds: NDArray[np.int64], end: int) -> None:
    if not len(bounds) or bounds[0] != 0 or bounds[-1] != end or (np.diff(bounds) < 0).any():
        raise ValueError("bounds that do not ascend to the end of what they divide")


@dataclass(frozen=True, slots=True)
class PrefixBlock:
    """What can be suggested of the papers of a segment."""

    titles: WordTable
    authors: NameTable
    keywords: NameTable

    @classmethod
    def of(cls, parts: Sequence[PrefixPart]) -> PrefixBlock:
        """Of the papers of all parts."""
        titles, _ = joined([part.titles for part in parts])
        authors, keywords = (NameTable.of(one) for one in ([p.authors for p in parts], [p.keywords for p in parts]))
        return cls(WordTable.of(titles), authors, keywords)

    @property
    def rows(self) -> int:
        """How many papers."""
        return len(self.titles.first)

    def to_arrays(self) -> Arrays:
        """Everything needed to restore it."""
        names = {**self.authors.to_arrays("authors"), **self.keywords.to_arrays("keywords")}
        return {**self.titles.to_arrays("titles"), **names}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> PrefixBlock:
        """Restore it. Raises ValueError, KeyError where the arrays do not fit together."""
        titles = WordTable.from_arrays(arrays, "titles")
        authors, keywords = (NameTable.from_arrays(arrays, kind, len(titles.first)) for kind in ("authors", "keywords"))
        return cls(titles, authors, keywords)
