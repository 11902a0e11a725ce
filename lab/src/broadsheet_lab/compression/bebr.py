"""BEBR: vectors as a few bits a component, found one after another, each pass coding what those before left over.

Problem: signs of components are compared by counting bits, faster than anything, but one bit is too few, and more
signs of the same kind add little. Idea: take signs, rebuild a vector from them, take signs of what it lacks at half the
weight, and so on, u times: every component then has one of 2^(u + 1) evenly spaced values. The layers around the signs
are trained on vectors alone, pairs that belong together, by a contrastive loss which the codes themselves must meet;
a query is coded too, so that a score is (u + 1)^2 counts of bits. Layers for a new version of the vectors can be
trained so that its queries search the stored codes of the old one.

Gan, Ge, Zhou, Su, Xu, Xu, Hui, Chen, Wang, Shan: Binary Embedding-based Retrieval at Tencent. KDD 2023 (2302.08714).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.unit import row_lengths, through_unit, unit_rows
from broadsheet_lab.compression._recurrent import Floats, Layer, Passes, contrast, nearest_other, turned
from broadsheet_lab.compression.contract import QUERY, Arrays, Codes, checked
from broadsheet_lab.kit.jit import jit, popcount
from broadsheet_lab.kit.products import by_rows

__all__ = ["BEBR", "CARD", "popcounts"]

CARD = Card(
    title="Binary Embedding-based Retrieval at Tencent",
    paper="2302.08714",
    year=2023,
    solves="vectors in a few bits a component, compared by counting bits; new versions that search old codes",
    claims=(
        Claim("image to text, 1,024 bits", "MS COCO, CLIP RN101", "recall@10 over whole vectors (ratio)", 1.0),
        Claim(
            "ours",
            "papers.parquet, shipped encoder, tldr queries, test half",
            "recall@10 of the paper asked for, a sixteenth of the bits, over whole vectors (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, shipped encoder, tldr queries, test half",
            "share of bits saved over signs of random projections at the same recall@10",
            0.3,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, shipped encoder, tldr queries, test half",
            "recall@10, 512 bits in 256 components, trained over not trained (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, shipped encoder, tldr queries, test half",
            "recall@10, 256 bits in 128 components, trained over not trained (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, LSA replaced by the shipped encoder, tldr queries, test half",
            "recall@10 of the paper asked for, new queries on old codes over old on old (ratio)",
            1.0,
            ours=True,
        ),
    ),
    departures=(
        "each layer has a straight path beside its hidden one, and all begin as one random turn of the space: codes "
        "are good before training, and it takes minutes",
        "Adam without batch normalisation instead of SGD with it",
        "negatives are those of a larger batch: no queue of keys from a slower copy",
        "counts of bits, not look-ups of several bits at once",
    ),
)


_HARD = 5  # negatives of a query that count: those most like it
_SAME = 0.999  # cosine of vectors that are taken to be one


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


class BEBR(Persistent):
    """`passes` more bits after the sign (u), `components` of code (m, as many as dimensions if None).

    `hidden` units a layer; `steps` of training in batches of `batch` pairs, 0 leaves a random turn: enough where
    there are as many components as dimensions, while fewer gain by training.
    Learns `layers_` and `back_` (m, d), the turn of codes into vectors. Codes hold `planes` (n, u + 1, ceil(m / 64)),
    a word having the signs of 64 components, and `factor` (n,): the length of the vector over that of its code.
    Where m <= d, scores are exactly the inner products of what is decoded of queries and vectors.
    """

    def __init__(
        self,
        *,
        passes: int = 1,
        components: int | None = None,
        hidden: int = 256,
        steps: int = 300,
        batch: int = 1024,
        rate: float = 3e-3,
        temperature: float = 0.05,
        sample: int = 20_000,
        seed: int = 0,
    ) -> None:
        if not 0 <= passes <= 7 or (components is not None and components < 1) or hidden < 0:
            raise ValueError(
                f"0 to 7 passes, at least 1 component, no or more hidden: {passes}, {components}, {hidden}"
            )
        self.passes = passes
        self.components = components
        self.hidden = hidden
        self.steps = steps
        self.batch = batch
        self.rate = rate
        self.temperature = temperature
        self.sample = sample
        self.seed = seed
        self.layers_ = Passes([], [])
        self.back_ = np.empty((0, 0), np.float32)

    @property
    def dimensions(self) -> int:
        """The length of the vectors it was fitted on; 0 before."""
        return self.back_.shape[1]

    def fit(self, vectors: Floats, partners: Floats | None = None, *, old: Floats | None = None) -> BEBR:
        """Learn from vectors (n, d), n >= 2; `partners` (n, d) are what should find each, their nearest if None.

        With `old` (n, m), the `values` of the same vectors' codes in a version before, the codes of partners learn to
        find those as well: L = L(new, new) + L(new, old).
        """
        x, rng = checked(vectors, least=2), np.random.default_rng(self.seed)
        for name, rows in (("partners", partners), ("old codes", old)):
            if rows is not None and (rows.ndim != 2 or len(rows) != len(x)):
                raise ValueError(f"{name} of shape {rows.shape} do not go with {len(x)} vectors")
        if partners is not None:
            partners = checked(partners, dimensions=x.shape[1], noun=("partner", "partners"))
        if len(x) > self.sample:
            chosen = np.sort(rng.choice(len(x), self.sample, replace=False))
            x = x[chosen]
            partners, old = (None if rows is None else rows[chosen] for rows in (partners, old))
        x = unit_rows(x)
        partners = x[nearest_other(x)] if partners is None else unit_rows(partners)
        if old is None:
            m = self.components or x.shape[1]
            turn = np.linalg.qr(rng.standard_normal((max(x.shape[1], m),) * 2))[0][: x.shape[1], :m].astype(np.float32)
        else:
            old = unit_rows(old)
            turn = turned(x, old)
        self.layers_ = Passes.drawn(turn, self.passes, self.hidden, rng)
        for step in range(self.steps):
            rows = np.sort(rng.choice(len(x), min(self.batch, len(x)), replace=False))
            self._step(x[rows], partners[rows], None if old is None else old[rows], step)
        self.back_ = turned(unit_rows(self.layers_(x)), x)
        return self

    def _step(self, x: Floats, partners: Floats, old: Floats | None, step: int) -> None:
        """One step on pairs of unit vectors (n, d); a key that is the partner itself is no negative for it."""
        n, pairs = len(x), np.concatenate([partners, x])
        same = (partners @ x.T > _SAME) | np.eye(n, dtype=np.bool_)
        codes = self.layers_(pairs)
        lengths = row_lengths(codes)
        codes = codes / lengths
        _, by_queries, by_keys = contrast(codes[:n], codes[n:], same, temperature=self.temperature, hard=_HARD)
        if old is not None:
            by_queries += contrast(codes[:n], old, same, temperature=self.temperature, hard=_HARD)[1]
        by_codes = through_unit(np.concatenate([by_queries, by_keys]), codes, lengths)
        found = self.layers_.gradients(pairs, by_codes)
        for layer, gradients in zip(self.layers_.layers, found, strict=True):
            layer.step(gradients, self.rate * (1 - step / self.steps))

    def encode(self, vectors: Floats) -> Codes:
        """The codes of vectors (n, d)."""
        x = checked(vectors, dimensions=self.dimensions)
        lengths = row_lengths(x)
        x = x / lengths
        codes = self.layers_(x)
        factor = x.any(axis=1) * lengths[:, 0] / np.linalg.norm(codes, axis=1)
        levels = (2**self.passes * (codes + 2 - 2.0**-self.passes) / 2).astype(np.uint8)  # 0..2^(u + 1) - 1
        shifts = np.arange(self.passes, -1, -1, dtype=np.uint8)[:, None]
        bits = (levels[:, None, :] >> shifts) & np.uint8(1)  # (n, u + 1, m)
        padded = np.zeros((*bits.shape[:2], -(-bits.shape[2] // 64) * 64), np.uint8)
        padded[..., : bits.shape[2]] = bits
        planes = np.packbits(padded, axis=2, bitorder="little").view("<u8")
        return Codes({"planes": planes, "factor": factor.astype(np.float32)})

    def values(self, codes: Codes) -> Floats:
        """b_u of n codes, (n, m): evenly spaced in steps of 2^(1 - u), never 0."""
        planes = np.ascontiguousarray(codes.fields["planes"])
        bits = np.unpackbits(planes.view(np.uint8), axis=2, bitorder="little")[..., : len(self.back_)]
        weights = np.float32(2.0) ** -np.arange(planes.shape[1], dtype=np.float32)
        return np.asarray(np.einsum("npm,p->nm", 2 * bits.astype(np.float32) - 1, weights))

    def decode(self, codes: Codes) -> Floats:
        """The vectors as far as the codes keep them, (n, d)."""
        return by_rows(codes.fields["factor"][:, None] * self.values(codes), self.back_)

    def scores(self, queries: Floats, codes: Codes) -> Floats:
        """Inner products of the codes of queries (m, d) with n codes, at the lengths of the vectors, (m, n)."""
        asked = self.encode(checked(queries, dimensions=self.dimensions, noun=QUERY))
        out = np.empty((len(asked), len(codes)), np.float32)
        counts = np.empty(len(codes), np.int64)
        factors = codes.fields["factor"] * np.float32(4.0**-self.passes)
        for planes, factor, row in zip(asked.fields["planes"], asked.fields["factor"], out, strict=True):
            popcounts(planes, codes.fields["planes"], len(self.back_), counts)
            row[:] = counts * factors * factor
        return out

    def to_arrays(self) -> Arrays:
        """What was learned; layer i is W_i as far as there are passes, then V_1 and so on."""
        named = {
            f"layer{i}_{name}": w
            for i, layer in enumerate(self.layers_.layers)
            for name, w in zip("abcd", layer.weights, strict=True)
        }
        return {"back": self.back_, **named}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> BEBR:
        """The method again. Raises ValueError if the arrays do not fit together."""
        back, count = arrays["back"], sum(name.endswith("_a") for name in arrays)
        layers = [Layer([arrays[f"layer{i}_{name}"] for name in "abcd"]) for i in range(count)]
        method = cls(passes=count // 2, components=len(back), hidden=len(layers[0].weights[2]))
        shapes = [layer.weights[0].shape for layer in layers]
        forth = count // 2 + 1
        if shapes != [back.shape[::-1]] * forth + [back.shape] * (forth - 1) or not all(layer.fits for layer in layers):
            raise ValueError(f"layers of shapes {shapes} do not fit codes turned back by shape {back.shape}")
        method.layers_, method.back_ = Passes(layers[:forth], layers[forth:]), back
        return method
