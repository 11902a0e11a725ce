"""Pairs of papers that belong together or do not, told apart by a threshold on their likeness."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Pairs", "cosines", "f1", "judged", "tf_idf", "threshold"]

_CHOICE = 3  # one paper in so many chooses


@dataclass(frozen=True)
class Pairs:
    """Pairs of papers of one field each."""

    rows: NDArray[np.int64]  # (m, 2)
    together: NDArray[np.bool_]  # (m,)
    fields: NDArray[np.str_]  # (m,)
    choosing: NDArray[np.bool_]  # (m,) whether both papers are among those that choose

    @classmethod
    def of(
        cls, rows: NDArray[np.int64], together: NDArray[np.bool_], fields: NDArray[np.str_], *, choose: bool
    ) -> Self:
        """All of them; or, if some of the papers choose, those between two that do or two that do not."""
        chooses = (rows % _CHOICE == 0) & choose
        kept = chooses[:, 0] == chooses[:, 1]
        return cls(rows[kept], together[kept], fields[kept], chooses[kept, 0])

    def only(self, kept: NDArray[np.bool_]) -> Self:
        """Some of the pairs."""
        return type(self)(self.rows[kept], self.together[kept], self.fields[kept], self.choosing[kept])


def cosines(vectors: Any, pairs: Pairs) -> NDArray[np.float32]:
    """The likeness of the papers of each pair, by unit vectors of all papers, dense or sparse (n, d)."""
    first, second = vectors[pairs.rows[:, 0]], vectors[pairs.rows[:, 1]]
    product = first.multiply(second) if hasattr(first, "multiply") else first * second
    return np.asarray(product.sum(axis=1), np.float32).reshape(-1)


def threshold(scores: NDArray[np.float32], together: NDArray[np.bool_]) -> float:
    """The least score that counts as belonging together, for the greatest F1."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(together[order])
    reached = 2 * hits / (np.arange(1, len(hits) + 1) + together.sum())
    return float(scores[order[np.argmax(reached)]])


def judged(scores: NDArray[np.float32], together: NDArray[np.bool_], least: float) -> NDArray[np.int64]:
    """0 for a pair rightly told apart, 1 for one rightly put together, 2 for one wrongly so, 3 for one wrongly not."""
    said = scores >= least
    return np.select([said & together, said & ~together, ~said & together], [1, 2, 3], 0)


def f1(found: NDArray[Any]) -> float:
    """2 tp / (2 tp + fp + fn) of pairs as judged, of any shape."""
    right, wrong = int((found == 1).sum()), int((found > 1).sum())
    return 2 * right / max(2 * right + wrong, 1)


def tf_idf(texts: Sequence[str]) -> Any:
    """Unit vectors of the words of texts, sparse (n, words): frequencies by their logarithms, times idf."""
    from scipy.sparse import csr_matrix

    number: dict[str, int] = {}
    rows, columns = [], []
    for i, text in enumerate(texts):
        for word in re.findall(r"[a-z0-9]{2,}", text.lower()):
            rows.append(i)
            columns.append(number.setdefault(word, len(number)))
    counts: Any = csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(texts), len(number)))
    counts.sum_duplicates()
    counts.data = 1 + np.log(counts.data)
    held = np.asarray((counts > 0).sum(axis=0)).reshape(-1)
    whole = counts.multiply(np.log(len(texts) / held)[None]).tocsr()
    lengths = np.sqrt(np.asarray(whole.multiply(whole).sum(axis=1)).reshape(-1))
    return whole.multiply(1 / np.maximum(lengths, 1e-9)[:, None]).tocsr()
