"""The contract of explanation methods: parts add up to the score, and shared words are in both texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Explainer", "SharedTerm"]


@dataclass(frozen=True, slots=True)
class SharedTerm:
    """A word or word pair that two texts share: its position in the first, and its weight."""

    start: int  # token number in the first text
    length: int  # 1 or 2 tokens
    weight: float


@runtime_checkable
class Explainer(Protocol):
    """Splits scores into parts of the training examples."""

    def explain(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """The part of each score due to each example, (n, m) for papers x (n, d)."""
