"""Contrastive losses and their gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["cross_entropy", "info_nce", "softmax"]


def softmax(scores: NDArray[Any]) -> NDArray[Any]:
    """The softmax of each row of scores (n, m); a score may be -inf, but not all scores of a row."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return np.asarray(powers)


def cross_entropy(scores: NDArray[Any], goal: NDArray[np.integer[Any]]) -> tuple[float, NDArray[Any]]:
    """(the mean of -log softmax(scores)[i, goal[i]] over rows i; the gradient of each row's loss), for scores (n, m).

    Divide the gradient by n for that of the mean.
    """
    rows = np.arange(len(scores))
    shifted = scores - scores.max(axis=1, keepdims=True)
    own = shifted[rows, goal]
    np.exp(shifted, out=shifted)
    totals = shifted.sum(axis=1, keepdims=True)
    shifted /= totals
    shifted[rows, goal] -= 1
    return float((np.log(totals[:, 0]) - own).mean()), shifted


def info_nce(
    queries: NDArray[Any],
    keys: NDArray[Any],
    *,
    temperature: float = 1.0,
    ignored: Any = None,
    both_ways: bool = False,
) -> tuple[float, NDArray[Any], NDArray[Any]]:
    """InfoNCE (van den Oord and others 2018): (loss, gradient for queries (b, d), gradient for keys (m, d)).

    keys[i] is the positive of query i, all other keys are negatives, m >= b; the logits are inner products divided by
    the temperature. `ignored` indexes the logits (b, m), as a mask or as rows and columns: those pairs are left out; it
    must not hold a pair (i, i). `both_ways` averages with the loss of the first b keys against the queries.
    """
    b = len(queries)
    scores = queries @ keys.T / np.float32(temperature)
    if ignored is not None:
        scores[ignored] = -np.inf
    own = np.arange(b)
    loss, slope = cross_entropy(scores, own)
    if both_ways:
        back_loss, back = cross_entropy(np.ascontiguousarray(scores[:, :b].T), own)
        loss = (loss + back_loss) / 2
        slope[:, :b] += back.T
    slope *= np.float32((0.5 if both_ways else 1.0) / (b * temperature))
    return loss, slope @ keys, slope.T @ queries
