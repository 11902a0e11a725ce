"""Contrastive losses and their gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["cross_entropy", "info_nce", "softmax"]


def softmax(scores: NDArray[Any]) -> NDArray[Any]:
    """Each row of scores (n, m) as probabilities; a score may be -inf, but not all of a row."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return np.asarray(powers)


def cross_entropy(scores: NDArray[Any], goal: NDArray[np.integer[Any]]) -> tuple[float, NDArray[Any]]:
    """(the mean of -log softmax(scores)[i, goal[i]] over rows i, the gradient of every row's own loss), for (n, m).

    The gradient of the mean is that divided by n.
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
    """InfoNCE (van den Oord and others 2018): the loss of queries (b, d) among keys (m, d), and its gradients by each.

    keys[i] is that of query i, all others are negatives, m >= b; inner products over the temperature are the logits.
    `ignored` indexes the logits (b, m), as a mask or as rows and columns: those pairs are neither; no (i, i) is among
    them. `both_ways` takes the mean with the loss of the first b keys among the queries.
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
