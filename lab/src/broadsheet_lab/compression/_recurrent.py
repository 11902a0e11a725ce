"""Layers that turn vectors into recurrent binary codes, and the packing of codes for look-ups.

A pass takes signs of what the passes before it left over, at half the weight of the one before:
    b_0 = sign(W_0(x)),  f_i = V_i(b_(i-1)) / |V_i(b_(i-1))|,  b_i = b_(i-1) + 2^-i sign(W_i(x - f_i)),  i = 1..u.
They are trained by torch (_recurrent_training) and run without it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.unit import unit_rows
from broadsheet_lab.kit.jit import jit, popcount
from broadsheet_lab.kit.products import by_rows

__all__ = [
    "Contrast",
    "Floats",
    "Layer",
    "Passes",
    "looked_up",
    "nearest_other",
    "packed",
    "popcounts",
    "tables_of",
    "turned",
]

Floats = NDArray[np.float32]


def _sign(x: Floats) -> Floats:
    """1 or -1, never 0."""
    return np.where(x >= 0, np.float32(1), np.float32(-1))


@dataclass(slots=True)
class Layer:
    """x A + max(x B + c, 0) C: a straight path A (in, out), and beside it h hidden units."""

    weights: list[Floats]  # A (in, out), B (in, h), c (h,), C (h, out)

    @classmethod
    def drawn(cls, straight: Floats, hidden: int, rng: np.random.Generator) -> Layer:
        """B is uniform (Glorot and Bengio), c and C are zero: at first there is the straight path alone."""
        wide, out = straight.shape
        bound = (6 / (wide + hidden)) ** 0.5
        b = rng.uniform(-bound, bound, (wide, hidden)).astype(np.float32)
        return cls([straight, b, np.zeros(hidden, np.float32), np.zeros((hidden, out), np.float32)])

    @property
    def fits(self) -> bool:
        """Whether the shapes of the weights fit together."""
        a, b, c, d = (w.shape for w in self.weights)
        return len(a) == len(b) == len(d) == 2 and b == (a[0], d[0]) and c == (d[0],) and d[1] == a[1]

    def __call__(self, x: Floats) -> Floats:
        """(n, out) for x (n, in)."""
        a, b, c, d = self.weights
        return np.asarray(by_rows(x, a) + by_rows(np.maximum(by_rows(x, b) + c, 0), d))


@dataclass(frozen=True, slots=True)
class Passes:
    """u + 1 layers from vectors (d) to components (m), W_0..W_u, and u layers back, V_1..V_u."""

    forth: list[Layer]
    back: list[Layer]

    @classmethod
    def drawn(cls, turn: Floats, u: int, hidden: int, rng: np.random.Generator) -> Passes:
        """All straight paths are one turn (d, m) of the space, forth and back.

        Forth it is stretched by sqrt(d), so that components of unit vectors are about 1 and signs pass gradients.
        """
        stretched = np.float32(len(turn) ** 0.5) * turn
        return cls(
            [Layer.drawn(stretched.copy(), hidden, rng) for _ in range(u + 1)],
            [Layer.drawn(turn.T.copy(), hidden, rng) for _ in range(u)],
        )

    @property
    def layers(self) -> list[Layer]:
        """All of them, forth before back."""
        return [*self.forth, *self.back]

    def inputs(self, x: Floats) -> tuple[list[Floats], list[Floats]]:
        """(what goes into the sign of every pass, the running code after it), each (n, m), of unit vectors (n, d)."""
        before = [self.forth[0](x)]
        codes = [_sign(before[0])]
        for i, (w, v) in enumerate(zip(self.forth[1:], self.back, strict=True), 1):
            before.append(w(x - unit_rows(v(codes[-1]))))
            codes.append(codes[-1] + np.float32(2.0**-i) * _sign(before[-1]))
        return before, codes

    def __call__(self, x: Floats) -> Floats:
        """The codes b_u (n, m) of unit vectors (n, d)."""
        return self.inputs(x)[1][-1]


@dataclass(frozen=True, slots=True)
class Contrast:
    """What the loss is made of: `hard` negatives a query, a queue of `queue` keys, a copy that keeps `momentum`."""

    temperature: float = 0.05
    hard: int = 200
    queue: int = 2048
    momentum: float = 0.9


def nearest_other(x: Floats, *, chunk: int = 1024) -> NDArray[np.int64]:
    """The row nearest to each row of unit vectors (n, d), other than itself, (n,); n >= 2."""
    found = []
    for start in range(0, len(x), chunk):
        scores = x[start : start + chunk] @ x.T
        rows = np.arange(len(scores))
        scores[rows, start + rows] = -np.inf
        found.append(scores.argmax(axis=1))
    return np.concatenate(found)


def turned(x: Floats, y: Floats) -> Floats:
    """The turn T (d, m), orthonormal in its shorter direction, whose X T has the greatest inner products with Y.

    For d <= m it is the one that brings X T nearest to Y. U V' of the singular value decomposition of X'Y.
    """
    left, _, right = np.linalg.svd(x.T.astype(np.float64) @ y, full_matrices=False)
    return np.asarray(left @ right, np.float32)


def packed(levels: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    """Levels (n, m) below 2^bits, `bits` 1, 2, 4 or 8 each, as many a byte as go in, first ones lowest: (n, bytes)."""
    each = 8 // bits
    n, m = levels.shape
    padded = np.zeros((n, -(-m // each) * each), np.uint8)
    padded[:, :m] = levels
    shifted = padded.reshape(n, -1, each) << (bits * np.arange(each, dtype=np.uint8))
    return np.asarray(np.bitwise_or.reduce(shifted, axis=2))


def tables_of(levels: NDArray[np.uint8], bits: int, u: int) -> NDArray[np.int32]:
    """4^u <b, b'> by byte and value of a packed code b', for the levels (m,) of a query: (bytes, 256).

    Level l of u + 1 bits stands for b = (2 l + 1) 2^-u - 2 + 2^(1 - u) - 2^-u, so that 2^u b = 2 l + 1 - 2^(u + 1).
    """
    each, top = 8 // bits, 2 ** (u + 1)
    own = np.zeros(-(-len(levels) // each) * each, np.int32)
    own[: len(levels)] = 2 * levels.astype(np.int32) + 1 - top
    values = np.arange(256) >> (bits * np.arange(each))[:, None] & (2**bits - 1)  # (each, 256) levels in a byte
    return np.asarray(own.reshape(-1, each) @ (2 * values + 1 - top), np.int32)


@jit
def looked_up(tables: NDArray[np.int32], codes: NDArray[np.uint8], out: NDArray[np.int64]) -> None:
    """out[i] = the sum over bytes of tables[byte, codes[i, byte]]: the symmetric distance as a few look-ups a row."""
    for i in range(len(codes)):
        total = np.int64(0)
        for byte in range(codes.shape[1]):
            total += tables[byte, codes[i, byte]]
        out[i] = total


@jit
def popcounts(query: NDArray[np.uint64], codes: NDArray[np.uint64], m: int, out: NDArray[np.int64]) -> None:
    """out[i] = 4^u <b, b_i> of the codes of a query (u + 1, w) and of n vectors (n, u + 1, w), m components each.

    < sum of 2^-s b_s, sum of 2^-t b'_t > = sum of 2^-(s + t) (m - 2 popcount(b_s ^ b'_t)).
    """
    planes, words = query.shape
    for i in range(len(codes)):
        total = 0
        for s in range(planes):
            for t in range(planes):
                unlike = np.uint64(0)
                for w in range(words):
                    unlike += popcount(query[s, w] ^ codes[i, t, w])
                total += (m - 2 * np.int64(unlike)) << (2 * planes - 2 - s - t)
        out[i] = total
