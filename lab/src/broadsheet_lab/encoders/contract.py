"""What encoders of the laboratory promise beside `broadsheet.encoders.contract`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import Bags

__all__ = ["ConditionedEncoder", "Fitted", "LateInteraction", "SectionEncoder", "SparseEncoder"]


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
class SparseEncoder(Protocol):
    """Weighs terms of documents, those that they lack among them, by what a language model makes of them."""

    def encode(self, texts: Sequence[str]) -> Bags:
        """The weights of n documents' terms, all above zero."""

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
class LateInteraction(Protocol):
    """Encodes texts as several vectors each, and scores documents by which of them match the query's."""

    def encode(self, texts: Sequence[str], *, queries: bool = ...) -> Any:
        """What is kept of n texts, documents or queries."""

    def score(self, query: Any, documents: Any, rows: NDArray[np.int64], /) -> NDArray[np.float32]:
        """The score of one query with some of the documents, (m,); greater is better."""

    def matches(self, query: Any, document: Any, /) -> Sequence[Any]:
        """Which word of one query found which word of one document, the most telling first."""


@runtime_checkable
class SectionEncoder(Protocol):
    """Encodes documents that come in sections."""

    def encode(self, documents: Sequence[Sequence[str]], /) -> NDArray[np.float32]:
        """The vectors of n documents, (n, d), of unit length; zeros for one without sections."""

    def rerank(
        self, query: str, likeness: NDArray[np.float32], documents: Sequence[Sequence[str]], /
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """(the score of each document, the place of its most relevant section, -1 without one), both (n,)."""
