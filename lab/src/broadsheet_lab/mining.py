"""Hard negatives: the documents that an encoder takes for right and that are not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["hard_negatives"]

_BLOCK = 256  # queries whose likenesses are held at a time


def hard_negatives(
    queries: NDArray[np.float32],
    documents: NDArray[np.float32],
    wanted: Sequence[NDArray[np.int64]],
    *,
    count: int = 1,
    depth: int = 100,
    skip: int = 0,
    rng: np.random.Generator | None = None,
) -> NDArray[np.int64]:
    """`count` rows of documents (n, d) for each of queries (q, d), by inner product, never one of its `wanted` rows.

    Of the `depth` nearest after the `skip` nearest, which may be right though nobody said so: the nearest, or with
    `rng` drawn anew. Raises ValueError if there are not so many documents.
    """
    most = max((len(rows) for rows in wanted), default=0)
    if count > depth or skip + depth + most > len(documents):
        raise ValueError(f"{count} of {depth} after {skip} and {most} right ones, among {len(documents)} documents")
    found = np.empty((len(queries), count), np.int64)
    reach = skip + depth + most
    for start in range(0, len(queries), _BLOCK):
        scores = queries[start : start + _BLOCK] @ documents.T
        near = np.argpartition(-scores, reach - 1, axis=1)[:, :reach]
        order = np.argsort(-np.take_along_axis(scores, near, axis=1), axis=1, kind="stable")
        for i, row in enumerate(np.take_along_axis(near, order, axis=1), start):
            wrong = row[~np.isin(row, wanted[i])][skip : skip + depth]
            found[i] = wrong[:count] if rng is None else rng.choice(wrong, count, replace=False)
    return found
