"""Inter-feature compression: fewer rows than ids, each embedding put together from rows that are shared."""

from __future__ import annotations

import numpy as np

from broadsheet_lab.compression._embeddings import Floats, Ints, Moves, Shapes, Table, drawn_hashes, hashed, normal
from broadsheet_lab.kit.optim import LazyAdam

__all__ = ["Compositional", "Deduplicated", "DoubleHash", "Hash", "Robe"]

_INTER = "inter-feature"


class Hash(Table):
    """Row h(id) of m rows: ids that collide share everything."""

    family = _INTER

    @classmethod
    def shapes(cls, n: int, d: int, limit: float) -> Shapes | None:
        """As many rows as fit."""
        m = int((limit - 16) // (4 * d))
        return {"hashes": ((1, 2), "int64"), "table": ((min(m, n), d), "float32")} if m >= 1 else None

    @classmethod
    def drawn(cls, n: int, d: int, limit: float, scale: float, rng: np.random.Generator) -> Hash:
        """Normal rows."""
        shape = (cls.shapes(n, d, limit) or {})["table"][0]
        return cls(n, d, limit, {"hashes": drawn_hashes(1, rng), "table": normal(shape, scale, rng)})

    def _slots(self, ids: Ints) -> Ints:
        return np.asarray(hashed(ids, self.fixed["hashes"], len(self._w("table")))[:, 0])

    def rows(self, ids: Ints) -> Floats:
        """E[h(id)]."""
        return np.asarray(self._w("table")[self._slots(ids)])

    def moves(self, ids: Ints, gradient: Floats) -> Moves:
        """Collisions add up."""
        yield "table", self._slots(ids), gradient


class DoubleHash(Table):
    """The most frequent ids have rows of their own, the others the sum of two hashed rows.

    Half of the rows are own rows: two ids collide only if both hashes do.
    """

    family = _INTER

    @classmethod
    def shapes(cls, n: int, d: int, limit: float) -> Shapes | None:
        """Half own rows, half shared."""
        m = int((limit - 32) // (4 * d))
        if m < 2:
            return None
        own = min(m // 2, n)
        rest = ((min(m, n) - own) or 1, d)
        return {"hashes": ((2, 2), "int64"), "own": ((own, d), "float32"), "shared": (rest, "float32")}

    @classmethod
    def drawn(cls, n: int, d: int, limit: float, scale: float, rng: np.random.Generator) -> DoubleHash:
        """Sums of two are as large as own rows."""
        shapes = cls.shapes(n, d, limit) or {}
        own, shared = normal(shapes["own"][0], scale, rng), normal(shapes["shared"][0], scale * 2**-0.5, rng)
        return cls(n, d, limit, {"hashes": drawn_hashes(2, rng), "own": own, "shared": shared})

    def _slots(self, ids: Ints) -> Ints:
        return hashed(ids, self.fixed["hashes"], len(self._w("shared")))  # (b, 2)

    def rows(self, ids: Ints) -> Floats:
        """O[id], or S[h1(id)] + S[h2(id)]."""
        own, out = ids < len(self._w("own")), np.empty((len(ids), self.d), np.float32)
        out[own] = self._w("own")[ids[own]]
        out[~own] = self._w("shared")[self._slots(ids[~own])].sum(axis=1)
        return out

    def moves(self, ids: Ints, gradient: Floats) -> Moves:
        """Both rows of a sum get the whole gradient."""
        own = ids < len(self._w("own"))
        yield "own", ids[own], gradient[own]
        yield "shared", self._slots(ids[~own]).T.ravel(), np.concatenate([gradient[~own]] * 2)


class Compositional(Table):
    """Row id mod r of one table times row id div r of another, component by component: no two ids share both."""

    family = _INTER

    @classmethod
    def shapes(cls, n: int, d: int, limit: float) -> Shapes | None:
        """The greatest r with r + ceil(n / r) rows in all."""
        m = int(limit // (4 * d))
        fitting = [r for r in range(min(m, n), 0, -1) if r + -(-n // r) <= m]
        if not fitting:
            return None
        r = fitting[0]
        return {"remainder": ((r, d), "float32"), "quotient": ((-(-n // r), d), "float32")}

    @classmethod
    def drawn(cls, n: int, d: int, limit: float, scale: float, rng: np.random.Generator) -> Compositional:
        """Factors of the square root of the scale."""
        shapes = cls.shapes(n, d, limit) or {}
        return cls(n, d, limit, {name: normal(shape, scale**0.5, rng) for name, (shape, _) in shapes.items()})

    def rows(self, ids: Ints) -> Floats:
        """R[id mod r] * Q[id div r]."""
        r = len(self._w("remainder"))
        return np.asarray(self._w("remainder")[ids % r] * self._w("quotient")[ids // r])

    def moves(self, ids: Ints, gradient: Floats) -> Moves:
        """Each factor's gradient is scaled by the other."""
        r = len(self._w("remainder"))
        yield "remainder", ids % r, gradient * self._w("quotient")[ids // r]
        yield "quotient", ids // r, gradient * self._w("remainder")[ids % r]


class Robe(Table):
    """One flat array: component j of an id is the number at a hashed place, under a hashed sign."""

    family = _INTER

    @classmethod
    def shapes(cls, n: int, d: int, limit: float) -> Shapes | None:
        """As many numbers as fit."""
        m = min(int((limit - 32) // 4), n * d)
        return {"hashes": ((2, 2), "int64"), "numbers": ((m, 1), "float32")} if m >= 1 else None

    @classmethod
    def drawn(cls, n: int, d: int, limit: float, scale: float, rng: np.random.Generator) -> Robe:
        """Normal numbers."""
        shape = (cls.shapes(n, d, limit) or {})["numbers"][0]
        return cls(n, d, limit, {"hashes": drawn_hashes(2, rng), "numbers": normal(shape, scale, rng)})

    def _places(self, ids: Ints) -> tuple[Ints, Floats]:
        keys = ids[:, None] * self.d + np.arange(self.d)
        places = hashed(keys, self.fixed["hashes"][:1], len(self._w("numbers")))[..., 0]
        return places, (2 * hashed(keys, self.fixed["hashes"][1:], 2)[..., 0] - 1).astype(np.float32)

    def rows(self, ids: Ints) -> Floats:
        """sign(id, j) M[place(id, j)]."""
        places, signs = self._places(ids)
        return np.asarray(self._w("numbers")[places, 0] * signs)

    def moves(self, ids: Ints, gradient: Floats) -> Moves:
        """Signed, one number at a time."""
        places, signs = self._places(ids)
        yield "numbers", places.ravel(), (gradient * signs).reshape(-1, 1)


class Deduplicated(Table):
    """Trained whole; then rows that fall into one bucket of a locality-sensitive hash share one copy, their mean.

    The buckets are those of 8 projections cut into pieces of one width, the least that leaves no more rows than fit.
    The copies are trained further.
    """

    family = _INTER
    _HASHES, _HALVINGS = 8, 30

    @classmethod
    def shapes(cls, n: int, d: int, limit: float) -> Shapes | None:
        """Which copy each id reads, in the least bytes, and the copies."""
        sizes = {kind: int((limit - np.dtype(kind).itemsize * n) // (4 * d)) for kind in ("uint8", "uint16", "uint32")}
        rows = {kind: min(m, n, 256 ** np.dtype(kind).itemsize) for kind, m in sizes.items()}
        kind = max(rows, key=lambda k: rows[k])
        return {"copy": ((n,), kind), "table": ((rows[kind], d), "float32")} if rows[kind] >= 1 else None

    @classmethod
    def drawn(cls, n: int, d: int, limit: float, scale: float, rng: np.random.Generator) -> Deduplicated:
        """The whole table."""
        return cls(n, d, limit, {"whole": normal((n, d), scale, rng)})

    def _buckets(self, width: float) -> Ints:
        """The bucket of every id at a width of pieces, numbered from 0."""
        rng = np.random.default_rng(0)
        lines, starts = rng.standard_normal((self.d, self._HASHES)), rng.random(self._HASHES)
        pieces = np.floor(self._w("whole") @ lines / width + starts).astype(np.int64)
        keys = (pieces.astype(np.uint64) * rng.integers(1, 1 << 63, self._HASHES, np.uint64)).sum(axis=1)
        return np.asarray(np.unique(keys, return_inverse=True)[1].ravel())

    def settle(self) -> None:
        """Halve between too many buckets and too few; each id then reads its bucket's mean."""
        if "whole" not in self.weights:
            return
        (_, kind), (shape, _) = (self.shapes(self.n, self.d, self.limit) or {}).values()
        low, high = 1e-9, 1e9
        for _ in range(self._HALVINGS):
            middle = (low * high) ** 0.5
            low, high = (low, middle) if self._buckets(middle).max() < shape[0] else (middle, high)
        bucket, table = self._buckets(high), np.zeros(shape, np.float32)
        np.add.at(table, bucket, self._w("whole"))
        table /= np.maximum(np.bincount(bucket, minlength=len(table)), 1)[:, None]
        self.fixed, self.weights = {"copy": bucket.astype(kind)}, {"table": LazyAdam(table)}

    def rows(self, ids: Ints) -> Floats:
        """Looked up, or the copy."""
        if "whole" in self.weights:
            return np.asarray(self._w("whole")[ids])
        return np.asarray(self._w("table")[self.fixed["copy"][ids]])

    def moves(self, ids: Ints, gradient: Floats) -> Moves:
        """Each row its own, or each copy what all its ids ask for."""
        if "whole" in self.weights:
            yield "whole", ids, gradient
        else:
            yield "table", self.fixed["copy"][ids].astype(np.int64), gradient
