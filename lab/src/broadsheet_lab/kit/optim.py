"""The laboratory's optimisers: Adam with what others added to it, for whole arrays and for a few rows of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.kit.jit import jit

__all__ = ["AdamW", "LazyAdam"]

Arrays = Mapping[str, NDArray[np.floating[Any]]]

_BETAS = (0.9, 0.999)
_EPSILON = 1e-8
_TINY = 1e-30  # moments below become 0, before they decay into subnormal numbers, which are slow to reckon with
_FLUSHED_EVERY = 16  # steps


class AdamW:
    """Adam (Kingma, Ba 2014, algorithm 1) with decoupled weight decay (Loshchilov, Hutter 2017, algorithm 2).

    A step is about `rate` along the mean gradient over its root mean square; `rate` may change between steps. `decay`
    draws each parameter towards zero, or towards its value in `towards`: a map that starts as the identity is better
    drawn back to where it started. With `epsilon_hat` epsilon is added before the bias of the second moment is
    corrected, the order of Kingma and Ba's section 2, last lines.
    """

    def __init__(
        self,
        *,
        rate: float,
        decay: float = 0.0,
        towards: Arrays | None = None,
        betas: tuple[float, float] = _BETAS,
        epsilon: float = _EPSILON,
        epsilon_hat: bool = False,
    ) -> None:
        self.rate = rate
        self.decay = decay
        self.towards = dict(towards or {})
        self.betas = betas
        self.epsilon = epsilon
        self.epsilon_hat = epsilon_hat
        self._steps = 0
        self._means: dict[str, NDArray[np.floating[Any]]] = {}
        self._squares: dict[str, NDArray[np.floating[Any]]] = {}

    def step(self, parameters: Arrays, gradients: Arrays) -> None:
        """Change every parameter that has a gradient, of the same shape, in place."""
        self._steps += 1
        first, second = (1 - beta**self._steps for beta in self.betas)
        epsilon = self.epsilon / second**0.5 if self.epsilon_hat else self.epsilon
        for name, gradient in gradients.items():
            value = parameters[name]
            mean = self._means.setdefault(name, np.zeros_like(value))
            square = self._squares.setdefault(name, np.zeros_like(value))
            mean += (1 - self.betas[0]) * (gradient - mean)
            square += (1 - self.betas[1]) * (gradient * gradient - square)
            if self._steps % _FLUSHED_EVERY == 0:
                mean[np.abs(mean) < _TINY] = 0
                square[square < _TINY] = 0
            if self.decay:
                value -= self.rate * self.decay * (value - self.towards.get(name, 0.0))
            value -= self.rate / first * mean / (np.sqrt(square / second) + epsilon)


class LazyAdam:
    """Adam on some rows of a matrix `value` (R, w) at a time: rows without a gradient stay, and their moments too.

    As the sparse or "lazy" Adam of TensorFlow and PyTorch. Moments begin with the first step.
    """

    def __init__(self, value: NDArray[np.float32]) -> None:
        self.value = value
        self._moments = np.zeros((2, 0, 0), np.float32)
        self._sums = np.zeros((0, 0), np.float32)
        self._steps = 0

    def step(self, rows: NDArray[np.int64], gradients: NDArray[np.float32], rate: float) -> None:
        """One step on rows (b,), which may repeat, given the gradients (b, w): those of a row are added up."""
        if not self._steps:
            r, w = self.value.shape
            self._moments, self._sums = np.zeros((2, r, w), np.float32), np.zeros((r, w + 1), np.float32)
        self._steps += 1
        corrections = np.array([1 - beta**self._steps for beta in _BETAS])
        _step_rows(self.value, self._sums, self._moments, rows, np.ascontiguousarray(gradients), rate, corrections)


@jit
def _step_rows(
    value: NDArray[np.float32],
    sums: NDArray[np.float32],
    moments: NDArray[np.float32],
    rows: NDArray[np.int64],
    gradients: NDArray[np.float32],
    rate: float,
    corrections: NDArray[np.float64],
) -> None:
    """`sums` is zero before and after. moments (2, R, w); sums (R, w + 1), whose last column marks the rows in play."""
    width = value.shape[1]
    for i in range(len(rows)):
        sums[rows[i], width] = 1
        for j in range(width):
            sums[rows[i], j] += gradients[i, j]
    for i in range(len(rows)):
        r = rows[i]
        if sums[r, width] == 0:
            continue
        sums[r, width] = 0
        for j in range(width):
            g = sums[r, j]
            sums[r, j] = 0
            moments[0, r, j] += np.float32(0.1) * (g - moments[0, r, j])
            moments[1, r, j] += np.float32(0.001) * (g * g - moments[1, r, j])
            size = np.sqrt(moments[1, r, j] / corrections[1]) + 1e-8
            value[r, j] -= np.float32(rate * moments[0, r, j] / corrections[0] / size)
