"""Intra-feature compression by search: how long the rows of frequent and of rare ids are is learned, not given.

Both searches train a network of all lengths at once (a supernet), choose the lengths of six blocks of ids within the
bytes, and begin again with these.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.compression._embeddings import Floats, Ints, Moves, Shapes, normal
from broadsheet_lab.compression._embeddings_narrow import Mixed
from broadsheet_lab.kit.optim import LazyAdam

__all__ = ["AutoDim", "OptEmbed", "Searched"]

Widths = tuple[int, ...]  # of every block
Judge = Callable[[], float]  # how good the table is as it stands


class Searched(Mixed):
    """Blocks of ids as in `Mixed`, their widths found by a search. `choose` ends it."""

    def __init__(self, n: int, d: int, limit: float, arrays: dict[str, NDArray[Any]], seed: int = 0) -> None:
        super().__init__(n, d, limit, arrays)
        self._rng = np.random.default_rng(seed)
        self._scale = 0.0
        self._steps = 0

    @classmethod
    def sizes(cls, n: int) -> list[int]:
        """The ids of every block."""
        ends = cls.blocks(n)
        return [end - start for start, end in zip([0, *ends[:-1]], ends, strict=True)]

    @classmethod
    def kept(cls, n: int, d: int, widths: Widths) -> Shapes:
        """The arrays of a table of these widths."""
        rows: Shapes = {
            f"rows{k}": ((s, w), "float32") for k, (s, w) in enumerate(zip(cls.sizes(n), widths, strict=True)) if w
        }
        return {"widths": ((len(widths),), "uint16"), **rows, **cls._widening(d, widths)}

    @classmethod
    def _widening(cls, _d: int, _widths: Widths, /) -> Shapes:
        """What brings short rows to d dimensions."""
        return {}

    @classmethod
    def fits(cls, n: int, d: int, limit: float, widths: Widths) -> bool:
        """Whether a table of these widths lies within the bytes."""
        shapes = cls.kept(n, d, widths).values()
        return sum(int(np.prod(shape)) * np.dtype(kind).itemsize for shape, kind in shapes) <= limit

    @classmethod
    def expected(cls, n: int, d: int, limit: float, arrays: dict[str, NDArray[Any]]) -> Shapes | None:
        """The arrays that go with the widths among them."""
        widths = arrays.get("widths", np.empty(0))
        if widths.shape != (len(cls.blocks(n)),) or not 0 <= widths.min() <= widths.max() <= d:
            return cls.shapes(n, d, limit)
        found = tuple(int(w) for w in widths)
        return cls.kept(n, d, found) if cls.fits(n, d, limit, found) else cls.shapes(n, d, limit)

    @property
    def searching(self) -> bool:
        """Whether widths are still searched for."""
        return "widths" not in self.fixed

    def choose(self, judge: Judge | None) -> None:
        """Fix the widths and begin again with rows of these."""
        if self.searching:
            widths = self._chosen(judge)
            arrays = self._begun(widths)
            self.fixed = {"widths": np.array(widths, np.uint16)}
            self.weights = {name: LazyAdam(array) for name, array in arrays.items()}

    def _chosen(self, judge: Judge | None) -> Widths:
        raise NotImplementedError

    def _begun(self, widths: Widths) -> dict[str, Floats]:
        shapes = {name: shape for name, (shape, _) in self.kept(self.n, self.d, widths).items() if name != "widths"}
        return {
            name: normal(shape, self._scale if name.startswith("rows") else shape[0] ** -0.5, self._rng)
            for name, shape in shapes.items()
        }

    def settle(self) -> None:
        """Choose, if that has not been done; drop what only training needs."""
        self.choose(None)
        super().settle()


class AutoDim(Searched):
    """A block's embedding is the mean of its embeddings of all candidate widths, by learned weights under drawn noise.

    The candidates are the first 1, 2, 4, ... numbers of one row, each with its own projection. The widths that are
    chosen have the greatest product of weights among those that fit.
    """

    _COOLING = 5e-5  # of the temperature of the noise, a step

    @staticmethod
    def candidates(d: int) -> list[int]:
        """1, 2, 4, ..., d."""
        return sorted({*(2**k for k in range(d.bit_length()) if 2**k <= d), d})

    @classmethod
    def shapes(cls, n: int, d: int, limit: float) -> Shapes | None:
        """The least that is kept: rows of one number."""
        least = (1,) * len(cls.blocks(n))
        return cls.kept(n, d, least) if cls.fits(n, d, limit, least) else None

    @classmethod
    def _widening(cls, d: int, widths: Widths) -> Shapes:
        return {f"widen{k}": ((w, d), "float32") for k, w in enumerate(widths) if w < d}

    @classmethod
    def drawn(cls, n: int, d: int, limit: float, scale: float, rng: np.random.Generator) -> AutoDim:
        """Rows of the full width, projections of all candidates, even weights."""
        arrays = {"choice": np.zeros((len(cls.blocks(n)), len(cls.candidates(d))), np.float32)}
        for k, size in enumerate(cls.sizes(n)):
            arrays[f"whole{k}"] = normal((size, d), scale, rng)
            for m, c in enumerate(cls.candidates(d)):
                arrays[f"through{k}.{m}"] = normal((c, d), c**-0.5, rng)
        table = cls(n, d, limit, arrays, int(rng.integers(1 << 31)))
        table._scale = scale
        table._stir()
        return table

    def _stir(self) -> None:
        """Draw the noise of the next step, that of Gumbel."""
        self._noise = self._rng.gumbel(size=self._w("choice").shape).astype(np.float32)

    def _heat(self) -> float:
        return float(max(0.01, 1 - self._COOLING * self._steps))

    def _shares(self) -> Floats:
        """What each candidate counts for, (blocks, candidates)."""
        logits = (self._w("choice") + self._noise) / self._heat()
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))

    def rows(self, ids: Ints) -> Floats:
        """The mean over candidates c of E[:, :c] T_c; once chosen, as `Mixed`."""
        if not self.searching:
            return super().rows(ids)
        out, shares = np.zeros((len(ids), self.d), np.float32), self._shares()
        for k, here, rows in self._parts(ids):
            whole = self._w(f"whole{k}")[rows]
            for m, c in enumerate(self.candidates(self.d)):
                out[here] += shares[k, m] * (whole[:, :c] @ self._w(f"through{k}.{m}"))
        return out

    def moves(self, ids: Ints, gradient: Floats) -> Moves:
        """Rows and projections by each candidate's share, the weights by what each would have given."""
        if not self.searching:
            yield from super().moves(ids, gradient)
            return
        shares = self._shares()
        by_share = np.zeros_like(shares)
        for k, here, rows in self._parts(ids):
            whole, g = self._w(f"whole{k}")[rows], gradient[here]
            by_row = np.zeros_like(whole)
            for m, c in enumerate(self.candidates(self.d)):
                through = self._w(f"through{k}.{m}")
                by_share[k, m] = (g * (whole[:, :c] @ through)).sum()
                by_row[:, :c] += shares[k, m] * (g @ through.T)
                yield f"through{k}.{m}", np.arange(c), shares[k, m] * (whole[:, :c].T @ g)
            yield f"whole{k}", rows, by_row
        even = (shares * by_share).sum(axis=1, keepdims=True)
        yield "choice", np.arange(len(shares)), (shares * (by_share - even) / np.float32(self._heat()))

    def step(self, ids: Ints, gradient: Floats, rate: float) -> None:
        """Move all, then draw new noise."""
        super().step(ids, gradient, rate)
        if self.searching:
            self._steps += 1
            self._stir()

    def _chosen(self, judge: Judge | None) -> Widths:  # noqa: ARG002  the weights were learned
        choice, widths = self._w("choice").astype(np.float64), self.candidates(self.d)
        value = choice - np.log(np.exp(choice).sum(axis=1, keepdims=True))
        best, found = (-np.inf, -1), (1,) * len(choice)
        for at in product(range(len(widths)), repeat=len(choice)):
            here = tuple(widths[m] for m in at)
            key = (round(float(value[np.arange(len(at)), at].sum()), 6), sum(here))
            if key > best and self.fits(self.n, self.d, self.limit, here):
                best, found = key, here
        return found


class OptEmbed(Searched):
    """One table whose rows are cut at widths that are drawn anew each step; evolution finds the best widths to cut at.

    A block may be cut at nothing: its ids are then all the same.
    """

    _POPULATION, _GENERATIONS, _PARENTS, _MUTATION = 16, 6, 6, 0.2

    @classmethod
    def shapes(cls, n: int, d: int, limit: float) -> Shapes | None:
        """The least that is kept: a number for each of the most frequent."""
        least = (1, *(0,) * (len(cls.blocks(n)) - 1))
        return cls.kept(n, d, least) if cls.fits(n, d, limit, least) else None

    @classmethod
    def drawn(cls, n: int, d: int, limit: float, scale: float, rng: np.random.Generator) -> OptEmbed:
        """The whole table."""
        table = cls(n, d, limit, {"whole": normal((n, d), scale, rng)}, int(rng.integers(1 << 31)))
        table._scale = scale
        table._cut = table._at_random()
        return table

    def _at_random(self) -> Widths:
        return tuple(int(w) for w in self._rng.integers(0, self.d + 1, len(self.blocks(self.n))))

    def _widths(self) -> Widths:
        return self._cut if self.searching else tuple(int(w) for w in self.fixed["widths"])

    def _mask(self, ids: Ints) -> Floats:
        """1 for the numbers before the cut, (b, d)."""
        block = np.searchsorted(self.blocks(self.n), ids, side="right")
        return (np.arange(self.d) < np.array(self._widths())[block][:, None]).astype(np.float32)

    def rows(self, ids: Ints) -> Floats:
        """The row as far as the cut, zeros from there."""
        if self.searching:
            return np.asarray(self._w("whole")[ids] * self._mask(ids))
        out, widths = np.zeros((len(ids), self.d), np.float32), self._widths()
        for k, here, rows in self._parts(ids):
            if widths[k]:
                out[np.flatnonzero(here)[:, None], np.arange(widths[k])] = self._w(f"rows{k}")[rows]
        return out

    def moves(self, ids: Ints, gradient: Floats) -> Moves:
        """What was read."""
        if self.searching:
            yield "whole", ids, gradient * self._mask(ids)
            return
        for k, here, rows in self._parts(ids):
            if width := self._widths()[k]:
                yield f"rows{k}", rows, gradient[here][:, :width]

    def step(self, ids: Ints, gradient: Floats, rate: float) -> None:
        """Move what was read, then cut elsewhere."""
        super().step(ids, gradient, rate)
        if self.searching:
            self._cut = self._at_random()

    def _chosen(self, judge: Judge | None) -> Widths:
        """The best of a few generations: children are mixed of two parents or changed from one, and have to fit."""
        value = judge or (lambda: float(np.square(self.rows(np.arange(self.n))).sum()))
        known: dict[Widths, float] = {}
        for generation in range(self._GENERATIONS):
            parents = sorted(known, key=lambda w: known[w], reverse=True)[: self._PARENTS]
            for _ in range(self._POPULATION):
                child = self._fitting(self._child(parents) if generation else self._at_random())
                if child not in known:
                    self._cut = child
                    known[child] = value()
        return max(known, key=lambda w: known[w])

    def _child(self, parents: list[Widths]) -> Widths:
        one, other = (parents[int(k)] for k in self._rng.integers(0, len(parents), 2))
        mixed = [int(a if self._rng.random() < 0.5 else b) for a, b in zip(one, other, strict=True)]
        drawn = self._at_random()
        return tuple(d if self._rng.random() < self._MUTATION else m for m, d in zip(mixed, drawn, strict=True))

    def _fitting(self, widths: Widths) -> Widths:
        """Cut short, then filled up, one block at a time at random, until nothing more fits."""
        found = list(widths)
        while not self.fits(self.n, self.d, self.limit, tuple(found)):
            found[int(self._rng.choice([k for k, w in enumerate(found) if w]))] -= 1
        for k in self._rng.permutation(len(found)):
            while found[k] < self.d:
                longer = (*found[:k], found[k] + 1, *found[k + 1 :])
                if not self.fits(self.n, self.d, self.limit, longer):
                    break
                found[k] += 1
        return tuple(found)
