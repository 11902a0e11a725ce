"""What every encoder promises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Encoder", "TermExplainer"]


@runtime_checkable
class Encoder(Protocol):
    """Text in, one vector a text out."""

    @property
    def dimensions(self) -> int:
        """The length of a vector."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, d), each of unit length; a text without known words may give zeros."""


@runtime_checkable
class TermExplainer(Protocol):
    """An encoder that can say how much each term pulls towards a direction."""

    def contributions(self, terms: NDArray[np.uint64], direction: NDArray[np.float32]) -> NDArray[np.float32]:
        """One number a term, (m,): its weight times its vector's inner product with `direction` (d,)."""
