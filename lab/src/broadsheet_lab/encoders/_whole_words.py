"""Token states gathered into whole words: one mean a distinct stem and text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.text import fold, stem, term
from broadsheet.kit.unit import unit_rows

__all__ = ["WordBags", "whole_words", "word_bags"]


@dataclass(frozen=True, slots=True)
class WordBags:
    """The distinct stems of n texts: text i has rows bounds[i]:bounds[i + 1], in ascending order of stem."""

    states: NDArray[np.float16]  # (w, D), each the mean over all pieces of the word at all its places, of unit length
    words: NDArray[np.uint64]  # (w,), hashes of the stems
    bounds: NDArray[np.int64]  # (n + 1,)
    pooled: NDArray[np.float32]  # (n, D), the mean over all pieces of the text, of unit length; zeros without any
    spelling: Mapping[int, str]  # how each stem was spelt where it was first seen

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def taken(self, rows: NDArray[np.integer[Any]]) -> WordBags:
        """The given texts, in their order."""
        counts = self.bounds[rows + 1] - self.bounds[rows]
        bounds = np.concatenate([[0], np.cumsum(counts)])
        at = np.arange(bounds[-1]) + np.repeat(self.bounds[rows] - bounds[:-1], counts)
        return WordBags(self.states[at], self.words[at], bounds, self.pooled[rows], self.spelling)


def whole_words(
    tokens: NDArray[np.integer[Any]], bounds: NDArray[np.int64], pieces: Sequence[str]
) -> tuple[NDArray[np.uint64], dict[int, str]]:
    """(the stem of the word every token is a piece of, (t,), 0 for punctuation; how each stem was first spelt).

    `pieces` is the WordPiece vocabulary; a piece that begins with ## goes on with the word before it.
    """
    goes_on = np.array([p.startswith("##") for p in pieces], np.bool_)[tokens]
    goes_on[bounds[:-1][bounds[:-1] < len(tokens)]] = False  # no word runs on into the next text
    starts = np.append(np.flatnonzero(~goes_on), len(tokens))
    spelling: dict[int, str] = {}
    known: dict[bytes, int] = {}
    stems = np.empty(len(starts) - 1, np.uint64)
    kept = np.ascontiguousarray(tokens, np.int32)
    for i, (start, stop) in enumerate(zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)):
        key = kept[start:stop].tobytes()
        if key not in known:
            spelt = "".join(pieces[t].removeprefix("##") for t in kept[start:stop])
            folded = "" if spelt == "[UNK]" else fold(spelt).replace(" ", "")
            known[key] = term(stem(folded)) if folded else 0
            spelling.setdefault(known[key], folded)
        stems[i] = known[key]
    spelling.pop(0, None)
    return np.repeat(stems, np.diff(starts)), spelling


def word_bags(
    vectors: NDArray[np.floating[Any]],
    tokens: NDArray[np.integer[Any]],
    bounds: NDArray[np.int64],
    pieces: Sequence[str],
) -> WordBags:
    """BOW2 (section 3.2) of token states (t, D): one mean a distinct stem and text, of unit length.

    Punctuation counts in `pooled` only. The means are taken before the linear heads, not after: that is the same.
    """
    if len(vectors) != len(tokens) or bounds[-1] != len(tokens):
        raise ValueError(f"{len(vectors)} states, {len(tokens)} tokens and bounds that end at {bounds[-1]} do not fit")
    stems, spelling = whole_words(tokens, bounds, pieces)
    n, d = len(bounds) - 1, vectors.shape[1]
    pooled = np.zeros((n, d), np.float32)
    states, words, counts = [np.empty((0, d), np.float16)], [np.empty(0, np.uint64)], np.zeros(n, np.int64)
    for i, (start, stop) in enumerate(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)):
        if start == stop:
            continue
        here = np.asarray(vectors[start:stop], np.float32)
        pooled[i] = unit_rows(here.mean(axis=0))
        kept = stems[start:stop] > 0
        found, slots = np.unique(stems[start:stop][kept], return_inverse=True)
        sums = np.zeros((len(found), d), np.float32)
        np.add.at(sums, slots, here[kept])
        states.append(unit_rows(sums).astype(np.float16))
        words.append(found)
        counts[i] = len(found)
    return WordBags(
        np.concatenate(states), np.concatenate(words), np.concatenate([[0], np.cumsum(counts)]), pooled, spelling
    )
