"""What encoders of the laboratory promise beside `broadsheet.encoders.contract`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self, runtime_checkable

from numpy.typing import NDArray

__all__ = ["Fitted"]


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
