"""Which documents a query should be told apart from, and how much each such pair weighs. Arrays in, arrays out.

The quantities of Zhan and others (2104.08051), for `star_adore` and for whatever else is trained on pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Candidates",
    "batch_weights",
    "dynamic_candidates",
    "lambda_weights",
    "nearest",
    "pairwise",
    "static_negatives",
]


def nearest(queries: NDArray[np.float32], documents: NDArray[np.float32], depth: int) -> NDArray[np.int64]:
    """The `depth` documents (n, d) with the greatest inner product for each of queries (b, d), best first."""
    if not 1 <= depth <= len(documents):
        raise ValueError(f"a depth of {depth} among {len(documents)} documents: take 1 to {len(documents)}")
    return _top(queries @ documents.T, depth)


def _top(scores: NDArray[np.float32], depth: int) -> NDArray[np.int64]:
    """The columns of the `depth` greatest of scores (b, n), best first."""
    among = np.argpartition(-scores, depth - 1, axis=1)[:, :depth]
    order = np.argsort(-np.take_along_axis(scores, among, axis=1), axis=1, kind="stable")
    return np.take_along_axis(among, order, axis=1).astype(np.int64)


def static_negatives(
    queries: NDArray[np.float32],
    documents: NDArray[np.float32],
    positives: Sequence[NDArray[np.int64]],
    *,
    depth: int = 200,
    chunk: int = 256,
) -> NDArray[np.int64]:
    """STAR's negatives: of each query the `depth` best documents that are none of its `positives`, (q, depth).

    Searched once, before training. Raises ValueError where so many negatives do not exist.
    """
    most = max((len(rows) for rows in positives), default=0)
    if depth + most > len(documents):
        raise ValueError(
            f"no {depth} negatives among {len(documents)} documents of which {most} are right: lower depth"
        )
    found = np.empty((len(queries), depth), np.int64)
    for start in range(0, len(queries), chunk):
        scores = queries[start : start + chunk] @ documents.T
        for row, right in zip(scores, positives[start : start + chunk], strict=True):
            row[right] = -np.inf
        found[start : start + chunk] = _top(scores, depth)
    return found


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a search found for each query, and in the last column one right document for those that found none."""

    rows: NDArray[np.int64]  # (b, depth + 1)
    right: NDArray[np.bool_]  # (b, depth + 1)
    reciprocal: NDArray[np.float32]  # (b, depth + 1), 1 / rank; 0 in the last column: it was not found


def dynamic_candidates(
    queries: NDArray[np.float32],
    documents: NDArray[np.float32],
    positives: Sequence[NDArray[np.int64]],
    *,
    depth: int = 200,
) -> Candidates:
    """ADORE's candidates: the `depth` best documents of each query as it is now.

    Where none of them is right, the right document with the greatest score joins them with a reciprocal rank of 0.
    """
    rows = np.empty((len(queries), depth + 1), np.int64)
    right = np.zeros(rows.shape, np.bool_)
    rows[:, :depth] = nearest(queries, documents, depth)
    for i, wanted in enumerate(positives):
        rows[i, depth] = wanted[np.argmax(documents[wanted] @ queries[i])]
        right[i, :depth] = np.isin(rows[i, :depth], wanted)
        right[i, depth] = not right[i, :depth].any()
    reciprocal = np.append(1 / np.arange(1, depth + 1), 0).astype(np.float32)
    return Candidates(rows, right, np.broadcast_to(reciprocal, rows.shape))


def lambda_weights(right: NDArray[np.bool_], reciprocal: NDArray[np.float32]) -> NDArray[np.float32]:
    """What swapping i and j would change of the reciprocal rank, for i right and j not, else 0, (b, k, k).

    | 1 / rank_i - 1 / rank_j | from right (b, k) and the reciprocal ranks (b, k), which are 0 beyond the cut. A column
    that is neither found nor right must not count: it is given by `right` false and `reciprocal` 0.
    """
    counted = ~right & (reciprocal > 0)
    pairs = right[:, :, None] & counted[:, None, :]  # (b, k, k)
    return np.where(pairs, np.abs(reciprocal[:, :, None] - reciprocal[:, None, :]), np.float32(0))


def pairwise(scores: Any, weights: NDArray[np.float32]) -> Any:
    """sum over i, j of w_ij log(1 + exp(s_j - s_i)), a mean over the queries, of scores (b, k) in torch.

    The RankNet loss both are trained with; weights (b, k, k) are constants: the ranks in them have no gradient.
    """
    import torch
    from torch.nn.functional import softplus

    query, i, j = np.nonzero(weights)  # few: a query has few right documents
    weight = torch.from_numpy(weights[query, i, j]).to(scores.device)
    behind = scores[query, j] - scores[query, i]
    return (weight * softplus(behind)).sum() / len(scores)


def batch_weights(
    rows: NDArray[np.int64], right: NDArray[np.int64], positives: Sequence[NDArray[np.int64]]
) -> NDArray[np.float32]:
    """STAR's pairs in a batch: query b's own document right[b] before each of rows (k,) that is not right for b.

    (b, k, k), those of a query summing to 1: static negatives and the batch's other documents count alike.
    """
    weights = np.zeros((len(right), len(rows), len(rows)), np.float32)
    for b, wanted in enumerate(positives):
        others = ~np.isin(rows, wanted)
        weights[b, right[b], others] = 1 / max(others.sum(), 1)
    return weights
