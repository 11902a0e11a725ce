"""What every compression method promises.

A method learns from a sample of vectors, turns vectors into codes of a fixed number of bytes, and estimates the inner
product of any query with any code without decoding. Rows never depend on each other: vectors encoded one at a time or
all at once give the same codes, so that codes of new vectors are appended to old ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "QUERY",
    "Arrays",
    "Codes",
    "Compressor",
    "IdTable",
    "MatrixCompressor",
    "Rescorer",
    "SequenceModel",
    "checked",
]

Arrays = Mapping[str, NDArray[Any]]
QUERY = ("query", "queries")
_GREATEST = 1e15  # of a component: sums of squares stay within float32


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of a run of vectors: named arrays, row i of each belonging to vector i."""

    fields: Arrays  # each (n, ...)

    def __post_init__(self) -> None:
        lengths = {name: len(array) for name, array in self.fields.items()}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"the fields of codes differ in length: {lengths}")

    def __len__(self) -> int:
        return len(next(iter(self.fields.values())))

    @property
    def bytes_per_vector(self) -> int:
        """Bytes each vector takes, every field counted; what was learned by `fit` is not."""
        return sum(int(np.prod(array.shape[1:])) * array.itemsize for array in self.fields.values())

    def take(self, rows: NDArray[np.int64]) -> Codes:
        """The codes of the given rows, in that order."""
        return Codes({name: array[rows] for name, array in self.fields.items()})

    @classmethod
    def joined(cls, parts: Sequence[Codes]) -> Codes:
        """The codes of several runs as one. Raises ValueError if there is none or they are not of one method."""
        if len({tuple(sorted(part.fields)) for part in parts}) != 1:
            raise ValueError(f"codes with fields {[sorted(part.fields) for part in parts]} cannot be joined")
        return cls({name: np.concatenate([part.fields[name] for part in parts]) for name in parts[0].fields})

    def to_arrays(self) -> Arrays:
        """Everything needed to restore them."""
        return dict(self.fields)

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Codes:
        """The codes again; arrays may be read-only memory maps. Raises ValueError if they differ in length."""
        return cls(dict(arrays))


@runtime_checkable
class Compressor(Protocol):
    """Makes vectors small and scores queries against them."""

    @property
    def dimensions(self) -> int:
        """The length of the vectors it was fitted on; 0 before."""

    def fit(self, vectors: NDArray[np.float32]) -> Self:
        """Learn from vectors (n, d), forgetting what was learned. Raises ValueError if n is too small."""

    def encode(self, vectors: NDArray[np.float32]) -> Codes:
        """The codes of vectors (n, d). Raises ValueError for another d, or naming the row that is not finite.

        A vector's code, and what it decodes to, is the same to the last bit whoever it is encoded with.
        """

    def decode(self, codes: Codes) -> NDArray[np.float32]:
        """The vectors as far as the codes keep them, (n, d)."""

    def scores(self, queries: NDArray[np.float32], codes: Codes) -> NDArray[np.float32]:
        """Estimated inner products of queries (m, d) with n codes, (m, n). Raises ValueError for another d or NaN."""

    def to_arrays(self) -> Arrays:
        """What was learned, for `kit.artifacts`."""

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Self:
        """The method again. Raises ValueError if the arrays do not fit together."""


@runtime_checkable
class Rescorer(Protocol):
    """Optional: a second, finer level of code for the few rows that matter. `scores` reads the first level alone."""

    def rescored(self, query: NDArray[np.float32], codes: Codes, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The inner product of the query (d,) with the rows at full precision of the codes, aligned, (r,)."""


@runtime_checkable
class IdTable(Protocol):
    """Embeddings of ids 0 to n - 1 that are learned within fewer bytes than n rows take."""

    def lookup(self, ids: NDArray[np.integer]) -> NDArray[np.float32]:
        """The embeddings of ids (b,), (b, d). Raises ValueError for an id that is not in the table."""

    def step(self, ids: NDArray[np.integer], gradient: NDArray[np.float32], *, rate: float = ...) -> None:
        """A step of training against the gradient (b, d) of the embeddings of ids (b,)."""

    def settle(self) -> Self:
        """End the training."""

    @property
    def nbytes(self) -> int:
        """All that is kept, in bytes."""


@runtime_checkable
class MatrixCompressor(Protocol):
    """Makes the matrices of a network small, for what the network is for."""

    def fit(self, matrices: Arrays, /) -> Self:
        """Compress matrices (r, c) by name, forgetting what was compressed before."""

    def matrices(self) -> Arrays:
        """The matrices that the codes stand for, by name, each of its own shape."""

    @property
    def bytes(self) -> int:
        """All that is kept, in bytes."""


@runtime_checkable
class SequenceModel(Protocol):
    """Tells from the items that a reader had what comes next; its vectors can be cut."""

    def items(self) -> NDArray[np.float32]:
        """The vectors of all items, (n, d)."""

    def encode(self, items: NDArray[np.int64], bounds: NDArray[np.int64], /) -> NDArray[np.float32]:
        """The vector of each reader's sequence items[bounds[i]:bounds[i + 1]], (b, d)."""

    def cut(self, size: int, /) -> Self:
        """The model of the first `size` dimensions alone. Raises ValueError for a size that it was not trained for."""


def checked(
    vectors: NDArray[Any],
    *,
    dimensions: int | None = None,
    least: int = 0,
    noun: tuple[str, str] = ("vector", "vectors"),
) -> NDArray[np.float32]:
    """The vectors (n, d) as contiguous float32, once they are known to be usable.

    Raises ValueError if they are not a matrix, are fewer than `least`, do not have `dimensions` columns (0 says that
    nothing was fitted) or hold a value that is not finite; then the message names the row.
    """
    if dimensions == 0:
        raise ValueError("nothing has been learned yet: call fit first")
    one, many = noun
    if vectors.ndim != 2 or vectors.shape[1] == 0:
        raise ValueError(f"{many} come as a matrix (n, d) with d > 0, not as shape {vectors.shape}")
    if dimensions is not None and vectors.shape[1] != dimensions:
        raise ValueError(f"the {many} have {vectors.shape[1]} dimensions, the method was fitted on {dimensions}")
    if len(vectors) < least:
        raise ValueError(f"{len(vectors)} {many} are too few to learn from: at least {least} are needed")
    with np.errstate(over="ignore"):  # a value beyond float32 becomes infinite and is named below
        found = np.ascontiguousarray(vectors, np.float32)
    peak = np.abs(found).max(axis=1)  # NaN where any component is
    if not (peak <= _GREATEST).all():
        row = int(np.flatnonzero(~(peak <= _GREATEST))[0])
        wrong = f"has a component beyond {_GREATEST:g}" if np.isfinite(found[row]).all() else "is not finite"
        raise ValueError(f"{one} {row} {wrong}")
    return found
