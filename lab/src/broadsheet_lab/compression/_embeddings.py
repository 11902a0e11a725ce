"""What tables of learned embeddings share: arrays moved by Adam, hashing, packed codes, and the shape of a table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.kit.jit import jit

__all__ = ["Floats", "Full", "Ints", "Shapes", "Table", "Weights", "hashed", "packed", "unpacked"]

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Shapes = dict[str, tuple[tuple[int, ...], str]]  # name of an array -> its shape and type
Moves = Iterable[tuple[str, Ints, Floats]]  # name of the weights, rows moved (b,), their gradients (b, w)

_PRIME = (1 << 31) - 1
_BETAS = (0.9, 0.999)


@jit
def _move(
    value: Floats,
    sums: Floats,
    moments: Floats,
    rows: Ints,
    gradients: Floats,
    rate: float,
    corrections: NDArray[np.float64],
) -> None:
    """Adam on the given rows alone; gradients of a row named twice are added up first. `sums` is zero before and after.

    moments (2, R, w); sums (R, w + 1), whose last column marks the rows in play.
    """
    width = value.shape[1]
    for i in range(len(rows)):
        sums[rows[i], width] = 1
        for j in range(width):
            sums[rows[i], j] += gradients[i, j]
    for i in range(len(rows)):
        r = rows[i]
        if sums[r, width] == 0:
            continue
        sums[r, width] = 0
        for j in range(width):
            g = sums[r, j]
            sums[r, j] = 0
            moments[0, r, j] += np.float32(0.1) * (g - moments[0, r, j])
            moments[1, r, j] += np.float32(0.001) * (g * g - moments[1, r, j])
            size = np.sqrt(moments[1, r, j] / corrections[1]) + 1e-8
            value[r, j] -= np.float32(rate * moments[0, r, j] / corrections[0] / size)


class Weights:
    """A matrix (R, w) moved by Adam row by row: rows without a gradient stay, their moments too."""

    def __init__(self, value: Floats) -> None:
        self.value = value
        self._moments = np.zeros((2, 0, 0), np.float32)
        self._sums = np.zeros((0, 0), np.float32)
        self._steps = 0

    def move(self, rows: Ints, gradients: Floats, rate: float) -> None:
        """One step on rows (b,), which may repeat, given the gradients (b, w)."""
        if not self._steps:
            r, w = self.value.shape
            self._moments, self._sums = np.zeros((2, r, w), np.float32), np.zeros((r, w + 1), np.float32)
        self._steps += 1
        corrections = np.array([1 - beta**self._steps for beta in _BETAS])
        _move(self.value, self._sums, self._moments, rows, np.ascontiguousarray(gradients), rate, corrections)


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
        self.weights = {name: Weights(array) for name, array in arrays.items() if array.dtype == np.float32}

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
            self.weights[name].move(rows, gradients, rate)

    def settle(self) -> None:
        """Take the form that is kept; what only training needs is dropped."""
        self.weights = {name: Weights(weights.value) for name, weights in self.weights.items()}

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
