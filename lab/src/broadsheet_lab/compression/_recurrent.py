"""Layers that turn vectors into recurrent binary codes, with their gradients written out.

A pass takes signs of what the passes before it left over, at half the weight of the one before:
    b_0 = sign(W_0(x)),  f_i = V_i(b_(i-1)) / |V_i(b_(i-1))|,  b_i = b_(i-1) + 2^-i sign(W_i(x - f_i)),  i = 1..u.
The gradient of a sign is passed where its input is within 1 of zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.contrast import cross_entropy
from broadsheet.kit.unit import row_lengths, through_unit, unit_rows
from broadsheet_lab.kit.optim import AdamW
from broadsheet_lab.kit.products import by_rows

__all__ = ["Floats", "Layer", "Passes", "contrast", "nearest_other", "turned"]

Floats = NDArray[np.float32]


def _sign(x: Floats) -> Floats:
    """1 or -1, never 0."""
    return np.where(x >= 0, np.float32(1), np.float32(-1))


@dataclass(slots=True)
class Layer:
    """x A + max(x B + c, 0) C: a straight path A (in, out), and beside it h hidden units."""

    weights: list[Floats]  # A (in, out), B (in, h), c (h,), C (h, out)
    optimiser: AdamW = field(default_factory=lambda: AdamW(rate=0.0))

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

    def gradients(self, x: Floats, by_out: Floats) -> tuple[Floats, list[Floats]]:
        """The gradients (of x, of every weight), given that of what comes out for x, (n, out)."""
        a, b, c, d = self.weights
        hidden = np.maximum(x @ b + c, 0)
        by_hidden = (by_out @ d.T) * (hidden > 0)
        by_x = by_out @ a.T + by_hidden @ b.T
        return by_x, [x.T @ by_out, x.T @ by_hidden, by_hidden.sum(axis=0), hidden.T @ by_out]

    def step(self, gradients: list[Floats], rate: float) -> None:
        """One step of Adam."""
        self.optimiser.rate = rate
        self.optimiser.step(dict(zip("abcd", self.weights, strict=True)), dict(zip("abcd", gradients, strict=True)))


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

    def gradients(self, x: Floats, by_code: Floats) -> list[list[Floats]]:
        """The gradients of the weights of `layers`, given that of the codes of x, (n, m)."""
        before, codes = self.inputs(x)
        forth: list[list[Floats]] = []
        back: list[list[Floats]] = []
        for i in range(len(self.back), 0, -1):
            y = self.back[i - 1](codes[i - 1])
            lengths = row_lengths(y)
            f = y / lengths
            passed = np.float32(2.0**-i) * by_code * (np.abs(before[i]) <= 1)
            by_left, of_w = self.forth[i].gradients(x - f, passed)
            by_before, of_v = self.back[i - 1].gradients(codes[i - 1], through_unit(-by_left, f, lengths))
            by_code = by_code + by_before  # the code before goes into this pass and, unchanged, into the sum
            forth.insert(0, of_w)
            back.insert(0, of_v)
        forth.insert(0, self.forth[0].gradients(x, by_code * (np.abs(before[0]) <= 1))[1])
        return [*forth, *back]


def contrast(
    queries: Floats, keys: Floats, same: NDArray[np.bool_], *, temperature: float, hard: int
) -> tuple[float, Floats, Floats]:
    """InfoNCE of unit queries and keys (n, m), query i asking for key i: the loss and its gradient by each.

    Against the key stand the `hard` keys most like the query, without those that are the `same` (n, n) as its own.
    """
    n, own = len(queries), np.arange(len(queries))
    scores = queries @ keys.T / np.float32(temperature)  # (n, n)
    negatives = np.where(same, -np.inf, scores)
    hard = min(hard, n)
    hardest = np.argpartition(-negatives, hard - 1, axis=1)[:, :hard]
    logits = np.full_like(scores, -np.inf)
    np.put_along_axis(logits, hardest, np.take_along_axis(negatives, hardest, axis=1), axis=1)
    logits[own, own] = scores[own, own]
    loss, slope = cross_entropy(logits, own)
    slope *= np.float32(1 / (temperature * n))
    return loss, slope @ keys, slope.T @ queries


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
