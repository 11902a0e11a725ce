"""How well vectors find papers: dev queries that nothing was trained on, and two collections of other fields.

Each figure stands for the vectors alone and for the sum of both z-scores with BM25.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.select import top_k_masked
from broadsheet_lab.bench.search.metrics import means, per_query
from broadsheet_lab.bench.search.tuning import tokenized

__all__ = ["POOL", "Words", "found", "measure", "summed"]

Floats = NDArray[np.float32]
POOL = 100  # best of each side whose z-scores are added
_DEPTH = 100


@dataclass(frozen=True)
class Words:
    """BM25 as bm25s has it."""

    engine: Any

    @classmethod
    def of(cls, texts: Sequence[str]) -> Words:
        """Over the texts."""
        from bm25s import BM25

        engine = BM25()
        engine.index(tokenized(texts), show_progress=False)
        return cls(engine)

    def scores(self, query: str) -> Floats:
        """Of every text, (n,)."""
        [terms] = tokenized([query])
        known = [term for term in terms if term in self.engine.vocab_dict]
        return np.asarray(self.engine.get_scores(known), np.float32) if known else np.zeros(self._count, np.float32)

    @property
    def _count(self) -> int:
        return int(self.engine.scores["num_docs"])


def summed(words: Floats, meaning: Floats) -> tuple[NDArray[np.int64], Floats]:
    """(the best of both sides, the sums of their z-scores), best first."""
    pool = np.union1d(*(np.argsort(-side, kind="stable")[:POOL] for side in (words, meaning)))
    sides = np.stack([words[pool], meaning[pool]])
    both = ((sides - sides.mean(axis=1, keepdims=True)) / (sides.std(axis=1, keepdims=True) + 1e-9)).sum(axis=0)
    order = np.argsort(-both, kind="stable")
    return pool[order], np.asarray(both, np.float32)[order]


def found(words: Words, vectors: Floats, query: str, vector: Floats) -> dict[str, list[int]]:
    """The first papers of a query: by words, by vectors, by both."""
    lexical, meaning = words.scores(query), np.asarray(vectors @ vector, np.float32)
    return {
        "bm25": top_k_masked(lexical, _DEPTH, floor=0.0).ids.tolist(),
        "vectors": top_k_masked(meaning, _DEPTH).ids.tolist(),
        "both": summed(lexical, meaning)[0][:_DEPTH].tolist(),
    }


def measure(
    texts: Sequence[str],
    vectors: Floats,
    queries: Sequence[str],
    relevant: Sequence[Mapping[int, int]],
    encode: Callable[[Sequence[str]], Floats],
) -> dict[str, dict[str, float]]:
    """The figures of some queries among texts with their vectors, for words, vectors and both."""
    words = Words.of(texts)
    rankings: dict[str, list[list[int]]] = {"bm25": [], "vectors": [], "both": []}
    for query, vector in zip(queries, encode(queries), strict=True):
        for side, rows in found(words, vectors, query, vector).items():
            rankings[side].append(rows)
    return {side: means(per_query(rows, relevant)) for side, rows in rankings.items()}
