"""The words of a segment's papers as they are written, with counts, and the acronyms that the papers define.

The inverted index knows words only as hashes of stems. To correct a slip of typing, the letters are needed: they are
kept here, by length, with a bit for every letter of the alphabet, so that a compiled scan finds the words near a typed
one. An acronym is kept with its long form and the number of papers that define it so, and is found by either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.contract import Arrays
from broadsheet.kit.native import kernel
from broadsheet.kit.text import fold, stem, term

__all__ = ["EDIT", "LONGEST", "Acronyms", "Definition", "Vocabulary", "WordBlock", "long_key", "short_key"]

SHORTEST, LONGEST = 3, 24  # letters of a word in the vocabulary; also in native/words.c
EDIT = 4  # the cost of one wrong letter, also in native/words.c
MOST_NEAR = 256  # words near a typed one

_SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")
_near = kernel("words_near")


@lru_cache(maxsize=65536)
def short_key(text: str) -> int:
    """The key of a short form, the same for t-SNE, tSNE and T-SNE."""
    return term(fold(text).replace(" ", ""))


@lru_cache(maxsize=65536)
def long_key(folded: str) -> int:
    """The key of a folded long form, the same for all forms of its words, with or without hyphens."""
    return term("".join(map(stem, folded.split())))


def _joined(texts: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """(the bytes of the texts, the bounds of each)."""
    encoded = [text.encode() for text in texts]
    bounds = np.cumsum([0, *map(len, encoded)]).astype(np.int32)
    return np.frombuffer(b"".join(encoded), np.uint8), bounds


def _signatures(letters: NDArray[np.uint8], bounds: NDArray[np.int32]) -> NDArray[np.uint32]:
    """A bit for every letter of each word, (v,)."""
    bits = np.uint32(1) << (letters - np.uint8(ord("a"))).astype(np.uint32)
    return np.bitwise_or.reduceat(bits, bounds[:-1]) if len(bounds) > 1 else np.empty(0, np.uint32)


@dataclass(frozen=True)
class Vocabulary:
    """Words of the letters a to z as written, folded, by length and then alphabetically."""

    letters: NDArray[np.uint8]
    bounds: NDArray[np.int32]  # (v + 1,)
    signatures: NDArray[np.uint32]  # (v,) a bit for every letter of the word
    counts: NDArray[np.int32]  # (v,) how often each occurs

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Vocabulary:
        """From words and their counts; other words than those of SHORTEST to LONGEST letters a to z are left out."""
        words = [w for w in counts if SHORTEST <= len(w) <= LONGEST and w.isascii() and w.isalpha()]
        words.sort(key=lambda word: (len(word), word))
        letters, bounds = _joined(words)
        numbers = np.fromiter((counts[word] for word in words), np.int32, len(words))
        return cls(letters, bounds, _signatures(letters, bounds), numbers)

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        """Where the words of each length begin, (LONGEST + 2,)."""
        return np.searchsorted(np.diff(self.bounds), np.arange(LONGEST + 2))

    def word(self, at: int) -> str:
        """The word at this place."""
        return self.letters[self.bounds[at] : self.bounds[at + 1]].tobytes().decode()

    def near(self, typed: str, most: int) -> dict[str, tuple[int, int]]:
        """The words that `typed` (SHORTEST to LONGEST letters a to z) may mean: word → (cost, count).

        `most` is the greatest cost; EDIT is that of one wrong letter. The word itself costs 0.
        """
        spelled = np.frombuffer(typed.encode(), np.uint8)
        signature = int(np.bitwise_or.reduce(np.uint32(1) << (spelled - np.uint8(ord("a"))).astype(np.uint32)))
        edits = -(-most // (EDIT - 1))
        low, high = max(len(typed) - edits, 0), min(len(typed) + edits, LONGEST)
        first, last = int(self._starts[low]), int(self._starts[high + 1])
        places, costs = np.empty(MOST_NEAR, np.int64), np.empty(MOST_NEAR, np.int64)
        scanned = self.letters, self.bounds, self.signatures, first, last
        count = _near(*scanned, spelled, len(typed), signature, edits, most, places, costs, MOST_NEAR)
        hits = zip(places[:count].tolist(), costs[:count].tolist(), strict=True)
        return {self.word(at): (cost, int(self.counts[at])) for at, cost in hits}


@dataclass(frozen=True, slots=True)
class Definition:
    """A long form of an acronym, and the number of papers that define it."""

    short: str
    long: str
    count: int


@dataclass(frozen=True, slots=True)
class Acronyms:
    """Short forms with their long forms, sorted by the keys of both."""

    short_keys: NDArray[np.uint64]  # (a,) ascending
    long_keys: NDArray[np.uint64]  # (a,)
    by_long: NDArray[np.int32]  # (a,) the order in which long_keys ascend
    counts: NDArray[np.int32]  # (a,) papers
    text: NDArray[np.uint8]  # short form, tab, long form
    bounds: NDArray[np.int32]  # (a + 1,)

    @classmethod
    def of(cls, counts: Mapping[tuple[str, str], int]) -> Acronyms:
        """From short and long forms as written; forms that differ in case, hyphens or endings are counted together."""
        merged: dict[tuple[int, int], dict[tuple[str, str], int]] = {}
        for (short, long), count in counts.items():
            forms = merged.setdefault((short_key(short), long_key(fold(long))), {})
            forms[short, long] = count
        keys = sorted(merged)
        texts = []
        for key in keys:
            forms = merged[key]
            short, long = min(forms, key=lambda form: (-forms[form], form))
            texts.append(f"{short}\t{' '.join(long.split())}")
        text, bounds = _joined(texts)
        short_keys, long_keys = (np.array([key[side] for key in keys], np.uint64) for side in (0, 1))
        totals = np.array([sum(merged[key].values()) for key in keys], np.int32)
        return cls(short_keys, long_keys, np.argsort(long_keys, kind="stable").astype(np.int32), totals, text, bounds)

    def _definition(self, at: int) -> Definition:
        short, long = self.text[self.bounds[at] : self.bounds[at + 1]].tobytes().decode().split("\t", 1)
        return Definition(short, long, int(self.counts[at]))

    def of_short(self, key: int) -> list[Definition]:
        """The definitions of a short form, by its key."""
        first, last = (int(np.searchsorted(self.short_keys, np.uint64(key), side)) for side in _SIDES)
        return [self._definition(at) for at in range(first, last)]

    def has_long(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Flags of the keys that are those of a long form, (m,)."""
        if not len(self.long_keys):
            return np.zeros(len(keys), np.bool_)
        at = np.searchsorted(self.long_keys, keys, sorter=self.by_long)
        return np.equal(self.long_keys[self.by_long[np.minimum(at, len(self.by_long) - 1)]], keys)

    def of_long(self, key: int) -> list[Definition]:
        """The definitions with a long form, by its key."""
        first, last = (
            int(np.searchsorted(self.long_keys, np.uint64(key), side, sorter=self.by_long)) for side in _SIDES
        )
        return [self._definition(at) for at in self.by_long[first:last].tolist()]


@dataclass(frozen=True)
class WordBlock:
    """The vocabulary and the acronyms of a segment."""

    vocabulary: Vocabulary
    acronyms: Acronyms
    rows: int

    @classmethod
    def of(cls, words: Mapping[str, int], acronyms: Mapping[tuple[str, str], int], rows: int) -> WordBlock:
        """From words with their counts and acronyms with the papers that define them."""
        return cls(Vocabulary.of(words), Acronyms.of(acronyms), rows)

    def to_arrays(self) -> Arrays:
        """Everything needed to restore it."""
        words, acronyms = self.vocabulary, self.acronyms
        return {
            "letters": words.letters,
            "word_bounds": words.bounds,
            "signatures": words.signatures,
            "word_counts": words.counts,
            "short_keys": acronyms.short_keys,
            "long_keys": acronyms.long_keys,
            "by_long": acronyms.by_long,
            "acronym_counts": acronyms.counts,
            "acronym_text": acronyms.text,
            "acronym_bounds": acronyms.bounds,
            "rows": np.array([self.rows], np.int64),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> WordBlock:
        """Restore the block. Raises ValueError if the arrays do not fit together."""
        words = Vocabulary(arrays["letters"], arrays["word_bounds"], arrays["signatures"], arrays["word_counts"])
        names = ("short_keys", "long_keys", "by_long", "acronym_counts", "acronym_text", "acronym_bounds")
        acronyms = Acronyms(*(arrays[name] for name in names))
        for bounds, content, others in (
            (words.bounds, words.letters, (words.signatures, words.counts)),
            (
                acronyms.bounds,
                acronyms.text,
                (acronyms.short_keys, acronyms.long_keys, acronyms.by_long, acronyms.counts),
            ),
        ):
            if bounds[-1] != len(content) or any(len(bounds) != len(other) + 1 for other in others):
                raise ValueError("words and their bounds differ in length")
        return cls(words, acronyms, int(arrays["rows"][0]))
