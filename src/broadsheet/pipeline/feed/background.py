"""A snapshot → what every reader's model is told apart from: random papers, rare words, how vectors spread.

Made once for a snapshot, whoever reads. Random papers are of three kinds: all tell how rare a word is, the first are
negative examples, and some that no model is fitted on tell what is an ordinary amount of any evidence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.pipeline.feed.likeness import RawVectors
from broadsheet.pipeline.feed.projection import Projection
from broadsheet.pipeline.feed.word_features import WordCache, WordFeatures, rarity_among
from broadsheet.pipeline.index.paper_vectors import PaperVectors
from broadsheet.pipeline.index.snapshot import TEXT_FIELDS, IndexSnapshot

__all__ = ["Background", "background_of"]

SAMPLE = 8192  # random papers by which rarity is counted
NEGATIVES = 3000
ORDINARY = 512
SPREAD = 2000  # papers from which the spread of vectors is learned
KEPT = 4  # backgrounds: of the last snapshots, with and without vectors


@dataclass(frozen=True, slots=True)
class Background:
    """Random papers of a snapshot, as far as it has so many."""

    rarity: NDArray[np.float32]  # (SIZE,)
    words: WordCache  # of any papers
    negatives: NDArray[np.int64]  # rows, ascending
    negative_words: WordFeatures  # of the negatives
    ordinary: NDArray[np.int64]  # rows, ascending
    ordinary_words: WordFeatures
    ordinary_raw: RawVectors
    static: Projection
    transformer: Projection | None  # None where too few papers have a vector
    terms: NDArray[np.uint64]  # (v,) of the index, ascending by their lower 32 bits
    short_terms: NDArray[np.uint32]  # (v,) these

    @classmethod
    def of(cls, snapshot: IndexSnapshot, vectors: PaperVectors | None) -> Background:
        """The same for the same snapshot."""
        alive, rng = snapshot.alive.rows(), np.random.default_rng(0)
        drawn = rng.permutation(alive)[:SAMPLE]
        rows = np.sort(drawn)
        words = WordFeatures.of(snapshot.positions, rows, len(TEXT_FIELDS))
        rarity = rarity_among(words)
        negatives = np.sort(drawn[:NEGATIVES])
        ordinary = np.sort(drawn[-ORDINARY:])
        weighed = words.weighed(rarity)
        spread = np.sort(drawn[:SPREAD])
        encoded = spread[vectors.has(spread)] if vectors is not None else spread[:0]
        if 2 * len(encoded) <= len(spread):
            vectors = None
        terms = np.unique(np.concatenate([np.empty(0, np.uint64), *(b.terms for b in snapshot.inverted.blocks)]))
        order = np.argsort(terms.astype(np.uint32), kind="stable")
        return cls(
            rarity,
            WordCache(snapshot.positions, len(TEXT_FIELDS), rarity),
            negatives,
            weighed.take(np.searchsorted(rows, negatives)),
            ordinary,
            weighed.take(np.searchsorted(rows, ordinary)),
            RawVectors.read(snapshot, vectors, ordinary),
            Projection.whitening(snapshot.dense.vectors(spread)),
            Projection.whitening(vectors.vectors(encoded)) if vectors is not None else None,
            terms[order],
            terms[order].astype(np.uint32),
        )


_made: dict[int, tuple[IndexSnapshot, PaperVectors | None, Background]] = {}


def background_of(snapshot: IndexSnapshot, vectors: PaperVectors | None) -> Background:
    """`Background.of`; those of the last snapshots are kept."""
    for held, with_vectors, background in list(_made.values()):
        if held is snapshot and with_vectors is vectors:
            return background
    background = Background.of(snapshot, vectors)
    while len(_made) >= KEPT:
        _made.pop(next(iter(_made)), None)
    _made[id(background)] = snapshot, vectors, background
    return background
