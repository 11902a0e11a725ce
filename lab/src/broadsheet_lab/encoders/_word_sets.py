"""Pairs of word sets, one more representative of a document than the other, and the words of a document hidden.

What PROP (2010.10137) and B-PROP (2104.09791) have in common: they differ in how the words are drawn and scored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["WordSets", "first_words", "hide_words", "set_lengths"]


def set_lengths(n: int, mean: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """n numbers of words, Poisson with that mean before zeros are drawn again."""
    found = rng.poisson(mean, n)
    while not found.all():
        found[found == 0] = rng.poisson(mean, int((found == 0).sum()))
    return found


def first_words(text: str, most: int) -> str:
    """The beginning of a text, `most` words at most: what is drawn from is what is read."""
    return " ".join(text.split()[:most])


def hide_words(
    row: NDArray[np.int32],
    sides: NDArray[np.int32],
    continues: NDArray[np.bool_],
    rng: np.random.Generator,
    *,
    share: float,
    mask: int,
    first: int,
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """(ids of a pair with a share of the second text's words hidden, the places of their pieces).

    A word is hidden whole: `continues` (pieces,) marks the pieces that go on with the word before them. Of the pieces
    80 % become `mask`, 10 % any other from `first` on, and 10 % stay. Special ids are below `first`.
    """
    places = np.flatnonzero((sides == 1) & (row >= first))
    word = np.cumsum(~continues[row[places]])
    chosen = rng.random(int(word.max(initial=0)) + 1) < share
    at = places[chosen[word]]
    chance = rng.random(len(at))
    hidden = row.copy()
    hidden[at[chance < 0.8]] = mask
    hidden[at[chance >= 0.9]] = rng.integers(first, len(continues), int((chance >= 0.9).sum()))
    return hidden, at


@dataclass(frozen=True, slots=True)
class WordSets:
    """Pairs of word sets drawn from one document each, the more representative first; as long as each other."""

    documents: NDArray[np.int64]  # (m,) which document
    better: tuple[str, ...]  # m texts: the words, a space between
    worse: tuple[str, ...]
    scores: NDArray[np.float64]  # (m, 2): what the order is by

    def __len__(self) -> int:
        return len(self.documents)

    @classmethod
    def ordered(
        cls, documents: NDArray[np.int64], sets: NDArray[np.int64], scores: NDArray[np.float64], words: Sequence[str]
    ) -> WordSets:
        """From sets (m, 2, l) of word numbers, -1 where there is none, and their scores (m, 2); ties are left out."""
        kept = np.flatnonzero(scores[:, 0] != scores[:, 1])
        first = scores[kept].argmax(axis=1)
        texts = [
            tuple(" ".join(words[w] for w in row[row >= 0]) for row in sets[kept, side]) for side in (first, 1 - first)
        ]
        return cls(documents[kept], texts[0], texts[1], -np.sort(-scores[kept], axis=1))
