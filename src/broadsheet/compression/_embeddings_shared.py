"""Inter-feature compression: fewer rows than ids, each embedding put together from rows that are shared."""

from __future__ import annotations

import numpy as np

from broadsheet.compression._embeddings import Floats, Ints, Moves, Shapes, Table, drawn_hashes, hashed, normal

__all__ = ["Compositional", "DeepHash", "DoubleHash", "Hash", "Robe", "TensorTrain", "factors"]

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


def factors(number: int) -> tuple[int, int, int]:
    """Three whole factors of the number, as equal as they come, least first."""
    found = [
        (a, b, number // a // b)
        for a in range(1, number + 1)
        for b in range(a, number + 1)
        if number % (a * b) == 0 and number // a // b >= b
    ]
    return min(found, key=lambda f: f[2] - f[0])


class TensorTrain(Table):
    """The table as a train of three cores of rank R: E[i j k] = G1[i] G2[j] G3[k], each a small matrix product."""

    family = _INTER

    @classmethod
    def shapes(cls, n: int, d: int, limit: float) -> Shapes | None:
        """The greatest rank that fits; n is rounded up to three nearly equal factors."""
        side = next(s for s in range(1, n + 1) if s**3 >= n)
        last = -(-n // (side * side))
        a, b, c = factors(d)
        found = None
        for rank in range(1, 257):
            if 4 * (side * a * rank + side * rank * b * rank + last * rank * c) > limit:
                break
            sizes = (side, a * rank), (side, rank * b * rank), (last, rank * c)
            found = {f"core{i}": (size, "float32") for i, size in enumerate(sizes, 1)}
        return found

    @classmethod
    def drawn(cls, n: int, d: int, limit: float, scale: float, rng: np.random.Generator) -> TensorTrain:
        """A component is a sum of R^2 products of three: cores of (scale / R)^(1/3)."""
        shapes = cls.shapes(n, d, limit) or {}
        rank = shapes["core3"][0][1] // factors(d)[2]
        size = (scale / rank) ** (1 / 3)
        return cls(n, d, limit, {name: normal(shape, size, rng) for name, (shape, _) in shapes.items()})

    def _cores(self) -> tuple[Floats, Floats, Floats]:
        """(I, a, R), (J, R, b, R), (K, R, c)."""
        a, b, c = factors(self.d)
        one, two, three = (self._w(f"core{i}") for i in (1, 2, 3))
        rank = one.shape[1] // a
        return one.reshape(-1, a, rank), two.reshape(-1, rank, b, rank), three.reshape(-1, rank, c)

    def _pairs(self, one: Floats, two: Floats) -> Floats:
        """G1[i] G2[j] for every pair, (I J, a b, R): there are far fewer pairs than ids."""
        (i, a, _), (j, _, b, rank) = one.shape, two.shape
        return np.asarray(np.tensordot(one, two, (2, 1)).transpose(0, 2, 1, 3, 4).reshape(i * j, a * b, rank))

    def rows(self, ids: Ints) -> Floats:
        """E[i j k] for id = (i J + j) K + k."""
        one, two, three = self._cores()
        pair, k = np.divmod(ids, len(three))
        return np.asarray((self._pairs(one, two)[pair] @ three[k]).reshape(len(ids), self.d))

    def moves(self, ids: Ints, gradient: Floats) -> Moves:
        """Through the product, core by core."""
        one, two, three = self._cores()
        pairs = self._pairs(one, two)  # (I J, a b, R)
        pair, k = np.divmod(ids, len(three))
        g = gradient.reshape(len(ids), -1, three.shape[2])  # (n, a b, c)
        yield "core3", k, (pairs[pair].transpose(0, 2, 1) @ g).reshape(len(ids), -1)
        by_pair = np.zeros_like(pairs)
        np.add.at(by_pair, pair, g @ three[k].transpose(0, 2, 1))
        (i, a, rank), (j, _, b, _) = one.shape, two.shape
        split = by_pair.reshape(i, j, a, b, rank)
        touched = np.unique(pair)
        rows1, rows2 = np.unique(touched // j), np.unique(touched % j)
        yield "core1", rows1, np.tensordot(split, two, ((1, 3, 4), (0, 2, 3))).reshape(i, -1)[rows1]
        by_two = np.tensordot(split, one, ((0, 2), (0, 1)))  # (J, b, R', R)
        yield "core2", rows2, by_two.transpose(0, 3, 1, 2).reshape(j, -1)[rows2]


def _mish(x: Floats) -> tuple[Floats, Floats]:
    """x tanh(log(1 + e^x)), and its slope."""
    t = np.tanh(np.logaddexp(0, x))
    return x * t, t + x * (1 - t * t) / (1 + np.exp(-x))


class DeepHash(Table):
    """No table: many hashes of the id, scaled to [-1, 1], are what a small network turns into the embedding."""

    family = _INTER
    _BUCKETS = 1_000_000

    @classmethod
    def shapes(cls, n: int, d: int, limit: float) -> Shapes | None:
        """As many hashes as hidden units, two hidden layers."""
        h = int(limit**0.5) + 1
        while h and 16 * h + 4 * (h * (h + 1) * 2 + (h + 1) * d) > limit:
            h -= 1
        layers = {"layer1": (h + 1, h), "layer2": (h + 1, h), "layer3": (h + 1, d)}
        return {"hashes": ((h, 2), "int64"), **{k: (v, "float32") for k, v in layers.items()}} if h >= 2 else None

    @classmethod
    def drawn(cls, n: int, d: int, limit: float, scale: float, rng: np.random.Generator) -> DeepHash:
        """He's sizes, biases zero, the last layer by the scale."""
        shapes = cls.shapes(n, d, limit) or {}
        h = shapes["hashes"][0][0]
        sizes = {"layer1": (3 / h) ** 0.5, "layer2": (2 / h) ** 0.5, "layer3": scale * (1 / h) ** 0.5}
        layers = {name: normal(shapes[name][0], size, rng) for name, size in sizes.items()}
        for layer in layers.values():
            layer[-1] = 0
        return cls(n, d, limit, {"hashes": drawn_hashes(h, rng), **layers})

    def _forward(self, ids: Ints) -> tuple[list[Floats], list[Floats], Floats]:
        x = (hashed(ids, self.fixed["hashes"], self._BUCKETS) * (2 / (self._BUCKETS - 1)) - 1).astype(np.float32)
        inputs, slopes = [], []
        for name in ("layer1", "layer2"):
            inputs.append(x)
            w = self._w(name)
            x, slope = _mish(x @ w[:-1] + w[-1])
            slopes.append(slope)
        inputs.append(x)
        return inputs, slopes, np.asarray(x @ self._w("layer3")[:-1] + self._w("layer3")[-1])

    def rows(self, ids: Ints) -> Floats:
        """The network's output."""
        return self._forward(ids)[2]

    def moves(self, ids: Ints, gradient: Floats) -> Moves:
        """Back through the network."""
        inputs, slopes, _ = self._forward(ids)
        for at, name in ((2, "layer3"), (1, "layer2"), (0, "layer1")):
            w = self._w(name)
            yield name, np.arange(len(w)), np.vstack([inputs[at].T @ gradient, gradient.sum(axis=0)])
            gradient = (gradient @ w[:-1].T) * slopes[at - 1] if at else gradient


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
