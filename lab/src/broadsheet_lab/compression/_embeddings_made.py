"""Inter-feature compression that computes embeddings: tensor trains, and networks fed with hashes of the id."""

from __future__ import annotations

import numpy as np

from broadsheet_lab.compression._embeddings import Floats, Ints, Moves, Shapes, Table, drawn_hashes, hashed, normal

__all__ = ["DeepHash", "TensorTrain", "factors"]

_INTER = "inter-feature"


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
        found: Shapes | None = None
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
    """x tanh(log(1 + e^x)), and its slope. With e = e^x the tanh is (e^2 + 2 e) / (e^2 + 2 e + 2)."""
    e = np.exp(np.minimum(x, 20))  # beyond, the tanh is 1
    t = e * (e + 2) / (e * (e + 2) + 2)
    return x * t, t + x * (1 - t * t) * (e / (1 + e))


class DeepHash(Table):
    """No table: many hashes of the id, scaled to [-1, 1], are what a small network turns into the embedding."""

    family = _INTER
    _BUCKETS = 1_000_000
    _last: tuple[Ints, Floats] | None = None

    @classmethod
    def shapes(cls, _n: int, d: int, limit: float, /) -> Shapes | None:
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

    def _encoded(self, ids: Ints) -> Floats:
        """The scaled hashes of ids, (b, h); those asked for last are remembered, for a step follows a look-up."""
        if self._last is None or not np.array_equal(self._last[0], ids):
            places = hashed(ids, self.fixed["hashes"], self._BUCKETS)
            self._last = ids.copy(), (places * (2 / (self._BUCKETS - 1)) - 1).astype(np.float32)
        return self._last[1]

    def _forward(self, ids: Ints) -> tuple[list[Floats], list[Floats], Floats]:
        x = self._encoded(ids)
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
