"""The contracts of encoders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Encoder", "NamedEncoder", "TermExplainer"]


@runtime_checkable
class Encoder(Protocol):
    """Encodes each text as one vector."""

    @property
    def dimensions(self) -> int:
        """The length of a vector."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of n texts, (n, d), each of unit length; a text without known words may give zeros."""


@runtime_checkable
class NamedEncoder(Encoder, Protocol):
    """An encoder whose vectors are stored under its name."""

    @property
    def name(self) -> str:
        """The model and its version, in letters, digits, - and _: vectors of two names cannot be compared."""


@runtime_checkable
class TermExplainer(Protocol):
    """An encoder that splits a score into contributions of terms."""

    def contributions(self, terms: NDArray[np.uint64], direction: NDArray[np.float32]) -> NDArray[np.float32]:
        """The contribution of each term, (m,): its vector's inner product with `direction` (d,)."""
