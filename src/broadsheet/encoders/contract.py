"""What every encoder promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Encoder", "Fitted", "TermExplainer"]


class Encoder(Protocol):
    """Text in, one vector a text out."""

    @property
    def dimensions(self) -> int:
        """The length of a vector."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, d), each of unit length; a text without a known word gives zeros."""


@runtime_checkable
class Fitted(Protocol):
    """An encoder that is fitted on texts and kept as arrays."""

    def fit(self, texts: Sequence[str]) -> Self:
        """Learn from the texts, forgetting what was learned before."""

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned."""

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The encoder again. Raises ValueError if the arrays do not fit together."""


@runtime_checkable
class TermExplainer(Protocol):
    """An encoder that can say how much each term pulls towards a direction."""

    def contributions(self, terms: NDArray[np.uint64], direction: NDArray[np.float32]) -> NDArray[np.float32]:
        """One number a term, (m,): its weight times its vector's inner product with `direction` (d,)."""
