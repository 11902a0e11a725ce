"""Small networks trained without a framework: a loss with its gradient, the start of a layer."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Weights", "aligned", "drawn", "info_nce", "through_unit", "unit"]

Weights = dict[str, NDArray[np.float32]]


def unit(x: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(rows of x (n, d) at length 1, their lengths (n, 1)); a row of zeros stays one."""
    lengths = np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    return np.asarray(x / lengths), lengths


def through_unit(
    gradient: NDArray[np.float32], units: NDArray[np.float32], lengths: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The gradient at x from that at x / |x|, (n, d): what points along x changes nothing."""
    return np.asarray((gradient - units * np.einsum("nd,nd->n", gradient, units)[:, None]) / lengths)


def info_nce(queries: NDArray[np.float32], targets: NDArray[np.float32]) -> tuple[float, NDArray[np.float32]]:
    """The mean cross-entropy of finding target i for query i among all n targets, and its gradient at the queries.

    Inner products are the logits: both (n, d), as long as the logits should be sharp.
    """
    logits = queries @ targets.T  # (n, n)
    logits -= logits.max(axis=1, keepdims=True)
    chances = np.exp(logits)
    totals = chances.sum(axis=1, keepdims=True)
    loss = float((np.log(totals[:, 0]) - np.diagonal(logits)).mean())
    chances /= totals
    chances[np.diag_indices(len(chances))] -= 1
    return loss, np.asarray((chances / np.float32(len(chances))) @ targets)


def drawn(rng: np.random.Generator, inputs: int, outputs: int) -> NDArray[np.float32]:
    """The weights of a layer before a ReLU, (inputs, outputs), of variance 2 / inputs (He et al. 2015)."""
    return np.asarray(rng.standard_normal((inputs, outputs)) * np.sqrt(2 / inputs), np.float32)


def aligned(*arrays: NDArray[Any]) -> list[NDArray[np.float32]]:
    """The arrays, all (n, d), with rows of unit length. Raises ValueError if their shapes differ."""
    shapes = {a.shape for a in arrays}
    if len(shapes) != 1 or arrays[0].ndim != 2:
        raise ValueError(f"vectors must be aligned (n, d) arrays, not {[a.shape for a in arrays]}")
    return [unit(np.asarray(a, np.float32))[0] for a in arrays]
