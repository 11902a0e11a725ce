"""What tables of learned embeddings share: arrays moved by Adam, hashing, packed codes, and the shape of a table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.kit.optim import LazyAdam

__all__ = ["Floats", "Full", "Ints", "Shapes", "Table", "hashed", "packed", "unpacked"]

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Shapes = dict[str, tuple[tuple[int, ...], str]]  # name of an array -> its shape and type
Moves = Iterable[tuple[str, Ints, Floats]]  # name of the weights, rows moved (b,), their gradients (b, w)

_PRIME = (1 << 31) - 1


def hashed(keys: Ints, coefficients: Ints, size: int) -> Ints:
    """((a x + b) mod P) mod size for every (a, b) of coefficients (k, 2): (..., k) for keys (...)."""
    a, b = coefficients[:, 0], coefficients[:, 1]
    return np.asarray((keys[..., None] % _PRIME * a + b) % _PRIME % size)


def drawn_hashes(count: int, rng: np.random.Generator) -> Ints:
    """The coefficients of `count` universal hashes, (count, 2)."""
    return rng.integers(1, _PRIME, (count, 2))


def packed(codes: NDArray[np.integer], bits: int) -> NDArray[np.uint8]:
    """Codes (n, p) below 2^bits side by side, (n, ceil(p bits / 8))."""
    spread = codes.astype(np.uint16)[:, :, None] >> np.arange(bits, dtype=np.uint16) & 1
    return np.packbits(spread.astype(np.uint8).reshape(len(codes), -1), axis=1, bitorder="little")


def unpacked(rows: NDArray[np.uint8], bits: int, count: int) -> Ints:
    """The `count` codes of each packed row, (n, count)."""
    spread = np.unpackbits(rows, axis=1, count=count * bits, bitorder="little").reshape(len(rows), count, bits)
    return np.asarray(spread.astype(np.int64) @ (1 << np.arange(bits)))


class Table(ABC):
    """n embeddings of d dimensions within a number of bytes. Ids come most frequent first.

    `fixed` holds what is drawn or derived once, `weights` what is learned by gradients.
    """

    family: ClassVar[str]  # "inter-feature" shares rows, "intra-feature" shrinks them

    def __init__(self, n: int, d: int, limit: float, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.n, self.d, self.limit = n, d, limit
        self.fixed = {name: array for name, array in arrays.items() if array.dtype != np.float32}
        self.weights = {name: LazyAdam(array) for name, array in arrays.items() if array.dtype == np.float32}

    @classmethod
    @abstractmethod
    def shapes(cls, n: int, d: int, limit: float, /) -> Shapes | None:
        """The arrays that are kept within `limit` bytes, None if none would do."""

    @classmethod
    @abstractmethod
    def drawn(cls, n: int, d: int, limit: float, scale: float, rng: np.random.Generator) -> Table:
        """A table to be trained, its embeddings about `scale` in size; `shapes` is not None."""

    @abstractmethod
    def rows(self, ids: Ints) -> Floats:
        """The embeddings of ids (b,), (b, d)."""

    @abstractmethod
    def moves(self, ids: Ints, gradient: Floats, /) -> Moves:
        """What the gradient (b, d) of the embeddings of distinct ids (b,) means for the weights."""

    def step(self, ids: Ints, gradient: Floats, rate: float) -> None:
        """Move the weights once."""
        for name, rows, gradients in list(self.moves(ids, gradient)):
            self.weights[name].step(rows, gradients, rate)

    @classmethod
    def expected(cls, n: int, d: int, limit: float, _arrays: dict[str, NDArray[Any]], /) -> Shapes | None:
        """The shapes that kept arrays should have."""
        return cls.shapes(n, d, limit)

    @property
    def searching(self) -> bool:
        """Whether the form that is kept is still searched for."""
        return False

    def choose(self, _judge: Callable[[], float] | None, /) -> None:
        """End the search. Raises ValueError where nothing is searched for."""
        raise ValueError(f"{type(self).__name__.lower()} searches for nothing")

    def settle(self) -> None:
        """Take the form that is kept; what only training needs is dropped."""
        self.weights = {name: LazyAdam(weights.value) for name, weights in self.weights.items()}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that is kept."""
        return {**self.fixed, **{name: weights.value for name, weights in self.weights.items()}}

    def _w(self, name: str) -> Floats:
        return self.weights[name].value


def normal(shape: tuple[int, ...], scale: float, rng: np.random.Generator) -> Floats:
    """Normal numbers of the given size."""
    return (scale * rng.standard_normal(shape)).astype(np.float32)


class Full(Table):
    """Every id has its own row: what the others are held against."""

    family = "uncompressed"

    @classmethod
    def shapes(cls, n: int, d: int, limit: float) -> Shapes | None:
        """One table."""
        return {"table": ((n, d), "float32")} if 4 * n * d <= limit else None

    @classmethod
    def drawn(cls, n: int, d: int, limit: float, scale: float, rng: np.random.Generator) -> Full:
        """Normal rows."""
        return cls(n, d, limit, {"table": normal((n, d), scale, rng)})

    def rows(self, ids: Ints) -> Floats:
        """Looked up."""
        return np.asarray(self._w("table")[ids])

    def moves(self, ids: Ints, gradient: Floats) -> Moves:
        """Each row its own."""
        yield "table", ids, gradient
