"""Intra-feature compression: every id keeps a row of its own, made of fewer, shorter or shared numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.compression._embeddings import Floats, Ints, Moves, Shapes, Table, normal
from broadsheet_lab.kit.jit import jit
from broadsheet_lab.kit.optim import LazyAdam

__all__ = ["Mixed", "Pruned", "pruning_rate"]

_INTRA = "intra-feature"
_BLOCK = 64  # rows between two counts of the numbers kept before


class Mixed(Table):
    """Frequent ids get long rows, rare ids short ones that a projection per block widens.

    Blocks of ids double in size, and a block of size s has dimensions proportional to s^-alpha, at least 1.
    """

    family = _INTRA
    ALPHA = 0.3
    _BLOCKS = 6

    @classmethod
    def blocks(cls, n: int) -> list[int]:
        """Where the blocks end, [n / 32, n / 16, ..., n]."""
        return sorted({max(1, n >> k) for k in range(cls._BLOCKS)})

    @classmethod
    def shapes(cls, n: int, d: int, limit: float) -> Shapes | None:
        """The greatest common factor of the dimensions that fits."""
        ends = cls.blocks(n)
        sizes = [end - start for start, end in zip([0, *ends[:-1]], ends, strict=True)]
        for factor in np.geomspace(n * d, 0.01, 2000):
            widths = [min(d, max(1, round(factor * size**-cls.ALPHA))) for size in sizes]
            projected = [w * d if w < d else 0 for w in widths]
            if 4 * (sum(s * w for s, w in zip(sizes, widths, strict=True)) + sum(projected)) <= limit:
                found: Shapes = {
                    f"rows{k}": ((s, w), "float32") for k, (s, w) in enumerate(zip(sizes, widths, strict=True))
                }
                return {**found, **{f"widen{k}": ((w, d), "float32") for k, w in enumerate(widths) if w < d}}
        return None

    @classmethod
    def drawn(cls, n: int, d: int, limit: float, scale: float, rng: np.random.Generator) -> Mixed:
        """Projections keep the size of what they widen."""
        arrays = {}
        for name, (shape, _) in (cls.shapes(n, d, limit) or {}).items():
            arrays[name] = normal(shape, scale if name.startswith("rows") else shape[0] ** -0.5, rng)
        return cls(n, d, limit, arrays)

    def _parts(self, ids: Ints) -> list[tuple[int, NDArray[np.bool_], Ints]]:
        """The block, which ids lie in it, and their rows there."""
        ends = self.blocks(self.n)
        block = np.searchsorted(ends, ids, side="right")
        starts = [0, *ends[:-1]]
        return [(k, block == k, ids[block == k] - starts[k]) for k in range(len(ends)) if (block == k).any()]

    def rows(self, ids: Ints) -> Floats:
        """B_k[row] P_k."""
        out = np.empty((len(ids), self.d), np.float32)
        for k, here, rows in self._parts(ids):
            short = self._w(f"rows{k}")[rows]
            out[here] = short @ self._w(f"widen{k}") if f"widen{k}" in self.weights else short
        return out

    def moves(self, ids: Ints, gradient: Floats) -> Moves:
        """Rows by the projection, the projection by rows."""
        for k, here, rows in self._parts(ids):
            g = gradient[here]
            if f"widen{k}" in self.weights:
                wide = self._w(f"widen{k}")
                yield f"widen{k}", np.arange(len(wide)), self._w(f"rows{k}")[rows].T @ g
                g = g @ wide.T
            yield f"rows{k}", rows, g


def pruning_rate(final: float, step: int, ramp: float) -> float:
    """R (1 - 0.99^(t / ramp)), the share set to zero after t steps."""
    return float(final * (1 - 0.99 ** (step / ramp)))


@jit
def _kept_rows(mask: NDArray[np.uint8], starts: Ints, values: Floats, ids: Ints, out: Floats) -> None:
    """out[i] = row ids[i]: bit j of its mask says whether component j is kept."""
    for i in range(len(ids)):
        block = ids[i] // _BLOCK
        at = starts[block]
        for r in range(block * _BLOCK, ids[i] + 1):
            for j in range(out.shape[1]):
                if mask[r, j >> 3] >> (j & 7) & 1:
                    if r == ids[i]:
                        out[i, j] = values[at, 0]
                    at += 1


class Pruned(Table):
    """The smallest numbers are set to zero, ever more of them while training; a bit mask says which are kept."""

    family = _INTRA
    _EVERY = 10  # steps between two prunings

    def __init__(self, n: int, d: int, limit: float, arrays: dict[str, NDArray[np.generic]], ramp: float = 100) -> None:
        super().__init__(n, d, limit, arrays)
        self._ramp = ramp
        self._steps = 0

    @classmethod
    def shapes(cls, n: int, d: int, limit: float) -> Shapes | None:
        """A bit for each number, a count for every 64 rows, and the numbers kept."""
        starts = -(-n // _BLOCK)
        keep = min(int((limit - n * -(-d // 8) - 8 * starts) // 4), n * d)
        if keep < 1:
            return None
        mask = ((n, -(-d // 8)), "uint8")
        return {"mask": mask, "starts": ((starts,), "int64"), "values": ((keep, 1), "float32")}

    @classmethod
    def drawn(cls, n: int, d: int, limit: float, scale: float, rng: np.random.Generator, ramp: float = 100) -> Pruned:
        """The whole table; it is pruned while it is trained."""
        return cls(n, d, limit, {"whole": normal((n, d), scale, rng)}, ramp)

    def _prune(self, keep: int) -> NDArray[np.bool_]:
        """Zero all but the `keep` greatest; which those are, (n, d)."""
        whole = self._w("whole")
        flat = np.zeros(whole.size, np.bool_)
        flat[np.argpartition(-np.abs(whole).ravel(), keep - 1)[:keep]] = True
        kept = flat.reshape(whole.shape)
        whole[~kept] = 0
        return kept

    def step(self, ids: Ints, gradient: Floats, rate: float) -> None:
        """As for a whole table; every tenth step the smallest numbers go, and may grow again from zero."""
        super().step(ids, gradient, rate)
        self._steps += 1
        if "whole" in self.weights and self._steps % self._EVERY == 0:
            keep = (self.shapes(self.n, self.d, self.limit) or {})["values"][0][0]
            share = pruning_rate(1 - keep / (self.n * self.d), self._steps, self._ramp)
            self._prune(max(keep, round((1 - share) * self.n * self.d)))

    def settle(self) -> None:
        """Prune to the end and pack."""
        if "whole" not in self.weights:
            return
        whole = self._w("whole")
        kept = self._prune((self.shapes(self.n, self.d, self.limit) or {})["values"][0][0])
        before = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])[: self.n : _BLOCK]
        self.fixed = {"mask": np.packbits(kept, axis=1, bitorder="little"), "starts": before.astype(np.int64)}
        self.weights = {"values": LazyAdam(whole[kept][:, None])}

    def rows(self, ids: Ints) -> Floats:
        """Looked up, or unpacked."""
        if "whole" in self.weights:
            return np.asarray(self._w("whole")[ids])
        out = np.zeros((len(ids), self.d), np.float32)
        _kept_rows(self.fixed["mask"], self.fixed["starts"], self._w("values"), ids, out)
        return out

    def moves(self, ids: Ints, gradient: Floats) -> Moves:
        """Each row its own. Raises ValueError once packed."""
        if "whole" not in self.weights:
            raise ValueError("a pruned table is not trained further once it is packed: start again")
        yield "whole", ids, gradient
