"""Which words of a query match which words of documents, and the sum of the greatest products."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.kit.jit import jit_reordering

__all__ = ["Encoded", "Match", "matched", "matches"]

Floats = NDArray[np.float32]


class Match(NamedTuple):
    """A word of the query, the word of the document it found, and what the pair adds to the score."""

    query: str
    document: str
    score: float


@dataclass(frozen=True, slots=True)
class Encoded:
    """n texts as kept: a retrieval vector each, and for text i the words bounds[i]:bounds[i + 1]."""

    retrieval: NDArray[np.float32]  # (n, r)
    vectors: NDArray[np.float32]  # (w, d)
    words: NDArray[np.uint64]  # (w,)
    bounds: NDArray[np.int64]  # (n + 1,)
    spelling: Mapping[int, str]

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def one(self, i: int) -> Encoded:
        """Text i by itself."""
        rows = slice(self.bounds[i], self.bounds[i + 1])
        bounds = np.array([0, rows.stop - rows.start], np.int64)
        return Encoded(self.retrieval[i : i + 1], self.vectors[rows], self.words[rows], bounds, self.spelling)


@jit_reordering
def matched(
    query: Floats,
    query_words: NDArray[np.uint64],
    query_bounds: NDArray[np.int64],
    vectors: Floats,
    words: NDArray[np.uint64],
    bounds: NDArray[np.int64],
    rows: NDArray[np.int64],
    scores: Floats,
    at: NDArray[np.int64],
) -> None:
    """scores[i, j] = sum over the words q of query i of the greatest <q, p> over the words p of document rows[j].

    Equation 7; at[q, j] is that p, -1 where there is none. Only equal words match (equation 10), or any if
    `query_words` is empty.
    """
    exact = len(query_words) > 0
    for i in range(len(query_bounds) - 1):
        for j in range(len(rows)):
            total = np.float32(0)
            for q in range(query_bounds[i], query_bounds[i + 1]):
                most, found = np.float32(-np.inf), -1
                for w in range(bounds[rows[j]], bounds[rows[j] + 1]):
                    if exact and words[w] != query_words[q]:
                        continue
                    product = np.float32(0)
                    for k in range(query.shape[1]):
                        product += query[q, k] * vectors[w, k]
                    if product > most:
                        most, found = product, w
                at[q, j] = found
                if found >= 0:
                    total += most
            scores[i, j] = total


def matches(query: Encoded, document: Encoded, *, share: float, exact: bool) -> tuple[Match, ...]:
    """Which word of one query found which word of one document, most telling first; a pair adds `share` of its product.

    With `exact` only equal words match.
    """
    products = query.vectors @ document.vectors.T  # (q, w)
    if exact:
        products = np.where(query.words[:, None] == document.words, products, -np.inf)
    if not products.size:
        return ()
    found = [
        Match(query.spelling[int(q)], document.spelling[int(document.words[j])], share * float(row[j]))
        for q, j, row in zip(query.words, products.argmax(axis=1), products, strict=True)
        if np.isfinite(row[j])
    ]
    return tuple(sorted(found, key=lambda m: -m.score))
