"""What encoders of the laboratory promise beside `broadsheet.encoders.contract`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import Bags
from broadsheet.kit.text import Tokens

__all__ = ["ConditionedEncoder", "Fitted", "SectionEncoder", "SparseEncoder", "VectorMap"]


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
class VectorMap(Protocol):
    """Maps vectors of an encoder that stays as it is; learned from pairs or groups of them."""

    def encode(self, vectors: NDArray[np.float32], /) -> NDArray[np.float32]:
        """(n, D) to (n, d), each of unit length; zeros stay zeros. Raises ValueError for another D."""

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned."""

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The map again. Raises ValueError if the arrays do not fit together."""


@runtime_checkable
class SparseEncoder(Protocol):
    """Weighs the words of documents by the states that a language model has for them."""

    def encode(self, vectors: NDArray[np.float32], tokens: Tokens) -> Bags:
        """The weights of n documents' terms, all above zero, from the states (t, d) of their t words.

        Raises ValueError if words and states differ in number, or for another d.
        """

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned."""

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The encoder again. Raises ValueError if the arrays do not fit together."""


@runtime_checkable
class ConditionedEncoder(Protocol):
    """Encodes texts in a stated respect: each text's vector of an aspect, or through its field's part of the model."""

    def encode(self, texts: Sequence[str], respect: Any, /) -> NDArray[np.float32]:
        """The vectors of n texts, (n, d), of unit length; `respect` is one for all, or an array (n,) of one a text."""


@runtime_checkable
class SectionEncoder(Protocol):
    """Encodes documents that come in sections."""

    def encode(self, documents: Sequence[Sequence[str]], /) -> NDArray[np.float32]:
        """The vectors of n documents, (n, d), of unit length; zeros for one without sections."""

    def rerank(
        self, query: str, likeness: NDArray[np.float32], documents: Sequence[Sequence[str]], /
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """(the score of each document, the place of its most relevant section, -1 without one), both (n,)."""
