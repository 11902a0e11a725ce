"""AdamW, the optimiser of the encoders whose gradients are written by hand."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

__all__ = ["AdamW"]


class AdamW:
    """Steps of about `rate` along the mean gradient over its root mean square; `decay` draws towards `towards`.

    Loshchilov, Hutter: Decoupled Weight Decay Regularization. ICLR 2019 (1711.05101), algorithm 2. The paper decays
    towards zero; a map that starts as the identity is better drawn back to where it started.
    """

    def __init__(
        self,
        *,
        rate: float,
        decay: float = 0.0,
        towards: Mapping[str, NDArray[np.float32]] | None = None,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
    ) -> None:
        self.rate = rate
        self.decay = decay
        self.towards = dict(towards or {})
        self.betas = betas
        self.epsilon = epsilon
        self._steps = 0
        self._means: dict[str, NDArray[np.float32]] = {}
        self._squares: dict[str, NDArray[np.float32]] = {}

    def step(self, parameters: Mapping[str, NDArray[np.float32]], gradients: Mapping[str, NDArray[np.float32]]) -> None:
        """Change every parameter in place by its gradient of the same shape."""
        self._steps += 1
        first, second = (1 - beta**self._steps for beta in self.betas)
        for name, gradient in gradients.items():
            value = parameters[name]
            mean = self._means.setdefault(name, np.zeros_like(value))
            square = self._squares.setdefault(name, np.zeros_like(value))
            mean += np.float32(1 - self.betas[0]) * (gradient - mean)
            square += np.float32(1 - self.betas[1]) * (gradient * gradient - square)
            if self.decay:
                value -= np.float32(self.rate * self.decay) * (value - self.towards.get(name, np.float32(0)))
            value -= np.float32(self.rate / first) * mean / (np.sqrt(square / np.float32(second)) + self.epsilon)
