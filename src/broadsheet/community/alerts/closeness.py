"""How near papers are to a text, or to what a reader saved: in so many of 1,000 papers of the library that are farther.

A share of the library means the same whichever encoder made the vectors, and stays when it is trained anew.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.search.analysis import analyze

__all__ = ["closeness", "mean_of", "vector_of"]

_SAMPLE = 4000  # papers of the library that others are compared with
_LIKED = 500  # the papers saved last say what is near


def vector_of(snapshot: IndexSnapshot, text: str) -> NDArray[np.float32] | None:
    """The vector of a query's words, (d,); None where no word has one."""
    vector = analyze(snapshot, text).free.vector if text and len(snapshot) else None
    return vector if vector is not None and vector.any() else None


def mean_of(snapshot: IndexSnapshot, liked: Sequence[int]) -> NDArray[np.float32] | None:
    """The mean vector of the first of these papers, (d,); None where the snapshot has none of them."""
    rows = snapshot.rows_of(liked[:_LIKED])
    rows = rows[rows >= 0]
    return snapshot.dense.vectors(rows).mean(axis=0) if len(rows) else None


def closeness(snapshot: IndexSnapshot, vector: NDArray[np.float32], ids: Sequence[int]) -> dict[int, int]:
    """How many of 1,000 papers of the library are farther from a vector than each of these papers."""
    rows = snapshot.rows_of(ids)
    present = rows >= 0
    alive = snapshot.alive.rows()
    sample = np.random.default_rng(0).choice(alive, min(_SAMPLE, len(alive)), replace=False)
    usual = np.sort(snapshot.dense.score(vector, np.sort(sample)))
    scores = snapshot.dense.score(vector, rows[present])
    farther = np.searchsorted(usual, scores) * 1000 // max(len(usual), 1)
    return dict(zip(np.asarray(ids)[present].tolist(), farther.tolist(), strict=True))
