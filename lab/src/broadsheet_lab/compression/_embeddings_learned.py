"""Inter-feature compression by learned codes: rows are read as codewords while they are trained."""

from __future__ import annotations

import numpy as np

from broadsheet_lab.compression._embeddings import Floats, Ints, Moves, Shapes, normal, packed, unpacked
from broadsheet_lab.compression._embeddings_quantised import Product
from broadsheet_lab.kit.optim import LazyAdam

__all__ = ["DPQ", "MGQE"]

_INTER = "inter-feature"
_COMMITMENT = 0.25  # what drawing a row to its codewords counts for, beside drawing these to it


class DPQ(Product):
    """Every row is read as the nearest codeword of each of its parts, while training too.

    The rounding is passed by on the way back: a row moves as if it had been read itself, and a little towards its
    codewords; these move towards the rows that read them.
    """

    family = _INTER
    _last: tuple[Ints, Ints] | None = None

    @classmethod
    def drawn(cls, n: int, d: int, limit: float, scale: float, rng: np.random.Generator) -> DPQ:
        """Rows and codewords of one size."""
        shape = (cls.shapes(n, d, limit) or {})["codewords"][0]
        return cls(n, d, limit, {"whole": normal((n, d), scale, rng), "codewords": normal(shape, scale, rng)})

    def _allowed(self, ids: Ints) -> Ints:
        """How many of a part's codewords each id may be read as, (b,)."""
        _, bits = self.layout(self.n, self.d, self.limit) or (1, 1)
        return np.full(len(ids), 2**bits)

    def _nearest(self, ids: Ints) -> Ints:
        """The codeword of every part that is nearest to the row, counted within the part, (b, parts)."""
        parts, bits = self._cut()
        words = self._w("codewords").reshape(parts, 2**bits, -1)
        x = self._w("whole")[ids].reshape(len(ids), parts, -1)
        apart = np.square(words).sum(axis=2) - 2 * np.einsum("bpw,pkw->bpk", x, words, optimize=True)
        apart[np.broadcast_to(np.arange(2**bits) >= self._allowed(ids)[:, None, None], apart.shape)] = np.inf
        return np.asarray(apart.argmin(axis=2))

    def _cut(self) -> tuple[int, int]:
        """Parts, and the bits of the codewords of a part."""
        return self.layout(self.n, self.d, self.limit) or (1, 1)

    def _words(self, ids: Ints) -> Ints:
        """The row of the codewords of every part; a step takes those of the look-up before it."""
        if "whole" not in self.weights:
            return super()._words(ids)
        if self._last is None or not np.array_equal(self._last[0], ids):
            parts, bits = self._cut()
            self._last = ids.copy(), self._nearest(ids) + np.arange(parts) * 2**bits
        return self._last[1]

    def rows(self, ids: Ints) -> Floats:
        """Codewords side by side."""
        return np.asarray(self._w("codewords")[self._words(ids)].reshape(len(ids), self.d))

    def moves(self, ids: Ints, gradient: Floats) -> Moves:
        """The gradient for the row, and that of the mean squared distance of rows and codewords for both."""
        if "whole" not in self.weights:
            yield from super().moves(ids, gradient)
            return
        words = self._words(ids)
        apart = (self._w("whole")[ids] - self.rows(ids)) * np.float32(2 / len(ids))
        yield "whole", ids, gradient + np.float32(_COMMITMENT) * apart
        yield "codewords", words.ravel(), -apart.reshape(words.size, -1)

    def step(self, ids: Ints, gradient: Floats, rate: float) -> None:
        """Move rows and codewords; who reads what is asked anew."""
        super().step(ids, gradient, rate)
        self._last = None

    def settle(self) -> None:
        """Keep the codes; codewords may be trained further."""
        if "whole" in self.weights:
            self.fixed = self._codes(self._nearest(np.arange(self.n)))
            self.weights = {"codewords": LazyAdam(self._w("codewords"))}

    def _codes(self, words: Ints) -> dict[str, np.ndarray]:
        """What is kept of the codewords (n, parts) of all ids."""
        return {"codes": packed(words, self._cut()[1])}


class MGQE(DPQ):
    """As DPQ; all but the most frequent tenth of the ids choose among the first quarter of the codewords only."""

    _FREQUENT = 10  # one id in so many

    @classmethod
    def frequent(cls, n: int) -> int:
        """How many ids have all codewords to choose from."""
        return -(-n // cls._FREQUENT)

    @classmethod
    def layout(cls, n: int, d: int, limit: float) -> tuple[int, int] | None:
        """(parts, bits of a frequent id's codeword, two more than a rare one's): as `Product.layout`."""
        many, found = cls.frequent(n), []
        for parts in (p for p in range(1, d + 1) if d % p == 0):
            for bits in (3, 4, 6, 8):
                size = many * -(-parts * bits // 8) + (n - many) * -(-parts * (bits - 2) // 8)
                if 2**bits <= n and size + 2**bits * d * 4 <= limit:
                    found.append((parts * (many * bits + (n - many) * (bits - 2)), bits, parts))
        return (max(found)[2], max(found)[1]) if found else None

    @classmethod
    def shapes(cls, n: int, d: int, limit: float) -> Shapes | None:
        """Packed codes of the frequent and of the rare, and the codewords of every part."""
        cut = cls.layout(n, d, limit)
        if cut is None:
            return None
        (parts, bits), many = cut, cls.frequent(n)
        codes = {"codes": ((many, -(-parts * bits // 8)), "uint8")}
        rare = {"rare": ((n - many, -(-parts * (bits - 2) // 8)), "uint8")}
        return {**codes, **rare, "codewords": ((parts * 2**bits, d // parts), "float32")}

    def _allowed(self, ids: Ints) -> Ints:
        _, bits = self._cut()
        return np.asarray(np.where(ids < self.frequent(self.n), 2**bits, 2 ** (bits - 2)), np.int64)

    def _codes(self, words: Ints) -> dict[str, np.ndarray]:
        (_, bits), many = self._cut(), self.frequent(self.n)
        return {"codes": packed(words[:many], bits), "rare": packed(words[many:], bits - 2)}

    def _words(self, ids: Ints) -> Ints:
        if "whole" in self.weights:
            return super()._words(ids)
        (parts, bits), many = self._cut(), self.frequent(self.n)
        often, found = ids < many, np.empty((len(ids), self._cut()[0]), np.int64)
        found[often] = unpacked(self.fixed["codes"][ids[often]], bits, parts)
        found[~often] = unpacked(self.fixed["rare"][ids[~often] - many], bits - 2, parts)
        return np.asarray(found + np.arange(parts) * 2**bits)
