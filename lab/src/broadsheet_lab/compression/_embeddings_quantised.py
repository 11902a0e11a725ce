"""Intra-feature compression by fewer bits: whole numbers on a grid while training, or codewords afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.compression._embeddings import Floats, Ints, Moves, Shapes, Table, normal, packed, unpacked
from broadsheet_lab.kit.kmeans import kmeans, nearest
from broadsheet_lab.kit.optim import LazyAdam

__all__ = ["Product", "Scalar"]

_INTRA = "intra-feature"


class Scalar(Table):
    """Numbers are whole multiples of one learned step even while training; stochastic rounding keeps small moves.

    A number that lies between two multiples goes to either, the more often the nearer, so that moves far smaller than
    the step still happen on average. Bits are the most of 16, 8, 4, 2, 1 that fit.
    """

    family = _INTRA
    _SPAN = 2.56  # of the grid at the start: a step of 0.01 at 8 bits
    _STEP_RATE = 2e-5

    def __init__(self, n: int, d: int, limit: float, arrays: dict[str, NDArray[Any]], seed: int = 0) -> None:
        super().__init__(n, d, limit, arrays)
        self._rng = np.random.default_rng(seed)
        self._bits = self.bits(n, d, limit)
        self._scratch = LazyAdam(np.empty((0, 0), np.float32))

    @staticmethod
    def bits(n: int, d: int, limit: float) -> int:
        """Bits a number, 0 if not even one fits."""
        return next((bits for bits in (16, 8, 4, 2, 1) if n * -(-d * bits // 8) + 4 <= limit), 0)

    @classmethod
    def shapes(cls, n: int, d: int, limit: float) -> Shapes | None:
        """Packed codes and the step."""
        bits = cls.bits(n, d, limit)
        return {"codes": ((n, -(-d * bits // 8)), "uint8"), "step": ((1, 1), "float32")} if bits else None

    @classmethod
    def drawn(cls, n: int, d: int, limit: float, scale: float, rng: np.random.Generator) -> Scalar:
        """Normal numbers, rounded."""
        bits = cls.bits(n, d, limit)
        step = np.full((1, 1), cls._SPAN / 2**bits, np.float32)
        table = cls(n, d, limit, {"levels": np.zeros((n, d), np.uint16), "step": step}, int(rng.integers(1 << 31)))
        table.fixed["levels"][:] = table._rounded(normal((n, d), scale, rng))
        return table

    def _middle(self) -> np.float32:
        return np.float32((2**self._bits - 1) / 2)

    def _rounded(self, x: Floats) -> NDArray[np.uint16]:
        """floor(x / step + middle + U[0, 1)), within the grid."""
        exact = x / self._w("step")[0, 0] + self._middle()
        up = np.floor(exact + self._rng.random(x.shape, np.float32))
        return np.asarray(np.clip(up, 0, 2**self._bits - 1).astype(np.uint16))

    def rows(self, ids: Ints) -> Floats:
        """step * (level - middle)."""
        if "levels" in self.fixed:
            levels = self.fixed["levels"][ids].astype(np.float32)
        else:
            levels = unpacked(self.fixed["codes"][ids], self._bits, self.d).astype(np.float32)
        return np.asarray((levels - self._middle()) * self._w("step")[0, 0])

    def moves(self, _ids: Ints, _gradient: Floats, /) -> Moves:
        """None: numbers on a grid are moved by `step` alone."""
        return ()

    def step(self, ids: Ints, gradient: Floats, rate: float) -> None:
        """Adam on the numbers, rounded at once; then the step by gradient. Raises ValueError once packed."""
        if "levels" not in self.fixed:
            raise ValueError("a quantised table is not trained further once it is packed: start again")
        if not self._scratch.value.size:
            self._scratch = LazyAdam(np.empty((self.n, self.d), np.float32))
        self._scratch.value[ids] = self.rows(ids)
        self._scratch.step(ids, gradient, rate)
        moved = self._scratch.value[ids]
        step = self._w("step")
        by_step = float((gradient * self._slope(moved / step[0, 0])).mean() / max(float(self._middle()), 1.0) ** 0.5)
        step[0, 0] = max(float(step[0, 0]) - self._STEP_RATE * by_step, 1e-8)
        self.fixed["levels"][ids] = self._rounded(moved)

    def _slope(self, u: Floats) -> Floats:
        """What u steps change with the step: what rounding adds, or the grid's end (1902.08153, eq. 3)."""
        middle = self._middle()
        whole = np.clip(np.round(u + middle), 0, 2 * middle) - middle
        return np.asarray(np.where(np.abs(u) < middle, whole - u, whole))

    def settle(self) -> None:
        """Pack."""
        if "levels" in self.fixed:
            self.fixed = {"codes": packed(self.fixed["levels"], self._bits)}


class Product(Table):
    """Trained whole, then cut into parts that are replaced by codewords; the codewords are trained further."""

    family = _INTRA

    @classmethod
    def layout(cls, n: int, d: int, limit: float) -> tuple[int, int] | None:
        """(parts, bits of a codeword): the most bits a row that fit with the codewords, then the longest codes."""
        fitting = [
            (parts * bits, bits, parts)
            for parts in range(1, d + 1)
            for bits in (1, 2, 4, 8)
            if d % parts == 0 and 2**bits <= n and n * -(-parts * bits // 8) + 2**bits * d * 4 <= limit
        ]
        return (max(fitting)[2], max(fitting)[1]) if fitting else None

    @classmethod
    def shapes(cls, n: int, d: int, limit: float) -> Shapes | None:
        """Packed codes and the codewords of every part, one below the other."""
        found = cls.layout(n, d, limit)
        if found is None:
            return None
        parts, bits = found
        codes = ((n, -(-parts * bits // 8)), "uint8")
        return {"codes": codes, "codewords": ((parts * 2**bits, d // parts), "float32")}

    @classmethod
    def drawn(cls, n: int, d: int, limit: float, scale: float, rng: np.random.Generator) -> Product:
        """The whole table."""
        return cls(n, d, limit, {"whole": normal((n, d), scale, rng)})

    def settle(self) -> None:
        """k-means in every part, each vector to its nearest codeword."""
        if "whole" not in self.weights:
            return
        parts, bits = self.layout(self.n, self.d, self.limit) or (1, 1)
        codes, words = [], []
        cut = [np.ascontiguousarray(part) for part in np.split(self._w("whole"), parts, axis=1)]
        for m, part in enumerate(cut):
            words.append(kmeans(part, 2**bits, iterations=15, seed=m))
            codes.append(nearest(part, words[-1])[0])
        self.fixed = {"codes": packed(np.stack(codes, axis=1), bits)}
        self.weights = {"codewords": LazyAdam(np.concatenate(words))}

    def _words(self, ids: Ints) -> Ints:
        """The row of the codewords of every part, (b, parts)."""
        parts, bits = self.layout(self.n, self.d, self.limit) or (1, 1)
        return np.asarray(unpacked(self.fixed["codes"][ids], bits, parts) + np.arange(parts) * 2**bits)

    def rows(self, ids: Ints) -> Floats:
        """Looked up, or codewords side by side."""
        if "whole" in self.weights:
            return np.asarray(self._w("whole")[ids])
        return np.asarray(self._w("codewords")[self._words(ids)].reshape(len(ids), self.d))

    def moves(self, ids: Ints, gradient: Floats) -> Moves:
        """Each row its own, or each codeword what all its rows ask for."""
        if "whole" in self.weights:
            yield "whole", ids, gradient
        else:
            words = self._words(ids)
            yield "codewords", words.ravel(), gradient.reshape(words.size, -1)
