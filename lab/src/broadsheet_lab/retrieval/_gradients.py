"""Small networks trained without a framework: a loss with its gradient, a linear layer, a step of Adam."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Adam", "Weights", "aligned", "drawn", "info_nce", "through_unit", "unit"]

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


class Adam:
    """Adam (Kingma, Ba 2014) with decoupled weight decay over named weights, changed in place."""

    def __init__(self, weights: Weights, *, rate: float, decay: float = 0.0) -> None:
        self.weights = weights
        self.rate = rate
        self.decay = decay
        self._first = {name: np.zeros_like(w) for name, w in weights.items()}
        self._second = {name: np.zeros_like(w) for name, w in weights.items()}
        self._steps = 0

    def step(self, gradients: Weights) -> None:
        """One step against the gradients."""
        self._steps += 1
        rate = self.rate * np.sqrt(1 - 0.999**self._steps) / (1 - 0.9**self._steps)
        for name, gradient in gradients.items():
            first, second, weight = self._first[name], self._second[name], self.weights[name]
            first += np.float32(0.1) * (gradient - first)
            second += np.float32(0.001) * (np.square(gradient) - second)
            weight *= np.float32(1 - self.rate * self.decay)
            weight -= np.float32(rate) * first / (np.sqrt(second) + np.float32(1e-8))
