"""SimVQ: a codebook that cannot collapse, because one linear layer moves all its codewords at once.

Problem: one codeword for a whole vector (a semantic id, a coarse cell) is learned by gradient descent, and each step
moves only the codewords that were chosen; the others fall behind and are never chosen. Idea: draw the codewords at
random and freeze them; learn a linear layer that maps all of them, so that the effective codewords all move whenever
any is used. It costs nothing afterwards: the mapped codebook is an ordinary one.

Zhu, Li, Xin, Xia, Xu: Addressing Representation Collapse in Vector Quantized Models with One Linear Layer, 2024.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.compression._codebooks import nearest
from broadsheet.compression.contract import QUERY, Arrays, Codes, checked
from broadsheet.kit.card import Card, Claim

__all__ = ["CARD", "SimVQ", "gradients"]

CARD = Card(
    title="Addressing Representation Collapse in Vector Quantized Models with One Linear Layer",
    paper="2411.02038",
    year=2024,
    solves="one codeword a vector from a large codebook that is used whole: semantic ids, coarse cells",
    claims=(
        Claim("experiments", "ImageNet 128x128, 65,536 codewords", "codebook use", 1.0),
        Claim(
            "ours",
            "papers.parquet, 256-d vectors, 2,048 codewords, 30 epochs",
            "codebook use over codewords learned directly (ratio)",
            3.0,
            ours=True,
        ),
    ),
    departures=(
        "vectors are given, not made by an encoder in training: the commitment term has nothing to move",
        "the learning rate is ten times the paper's: tens of epochs over thousands of vectors, not of images",
    ),
)


def gradients(
    left: NDArray[np.float32], chosen: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Of mean || W c + b - z ||^2 by W (d, d) and b (d,), from left = W c + b - z and the chosen c, both (batch, d)."""
    share = np.float32(2 / len(left))
    return np.asarray(share * left.T @ chosen), np.asarray(2 * left.mean(axis=0))


@dataclass(slots=True)
class _Adam:
    """Adam's moments for one array; `step` moves the array in place."""

    value: NDArray[np.float32]
    first: NDArray[np.float32]
    second: NDArray[np.float32]
    steps: int = 0

    @classmethod
    def of(cls, value: NDArray[np.float32]) -> _Adam:
        return cls(value, np.zeros_like(value), np.zeros_like(value))

    def step(self, gradient: NDArray[np.float32], rate: float, betas: tuple[float, float]) -> None:
        self.steps += 1
        self.first += np.float32(1 - betas[0]) * (gradient - self.first)
        self.second += np.float32(1 - betas[1]) * (gradient * gradient - self.second)
        for moment in (self.first, self.second):
            moment[np.abs(moment) < 1e-30] = 0  # those of unused codewords would decay into slow subnormal numbers
        sizes = np.sqrt(self.second / np.float32(1 - betas[1] ** self.steps)) + np.float32(1e-8)
        self.value -= np.float32(rate / (1 - betas[0] ** self.steps)) * self.first / sizes


class SimVQ:
    """`codewords` for whole vectors, learned in `epochs` by Adam; `layer=False` learns the codewords directly.

    Learns `codebook_` (K, d), the effective codewords. Codes hold `word` (n,) in 16 bits, or in 32 if they do not
    suffice.
    """

    def __init__(
        self,
        *,
        codewords: int = 2048,
        epochs: int = 30,
        batch: int = 256,
        rate: float = 1e-3,
        betas: tuple[float, float] = (0.5, 0.9),
        layer: bool = True,
        sample: int = 20_000,
        seed: int = 0,
    ) -> None:
        if codewords < 2 or batch < 1:
            raise ValueError(f"at least 2 codewords and batches of 1, not {codewords} and {batch}")
        self.codewords = codewords
        self.epochs = epochs
        self.batch = batch
        self.rate = rate
        self.betas = betas
        self.layer = layer
        self.sample = sample
        self.seed = seed
        self.codebook_ = np.empty((codewords, 0), np.float32)

    @property
    def dimensions(self) -> int:
        """The length of the vectors it was fitted on; 0 before."""
        return self.codebook_.shape[1]

    def fit(self, vectors: NDArray[np.float32]) -> SimVQ:
        """Learn from at most `sample` of vectors (n, d), drawn by the seed; n >= 1.

        Vectors are divided by their root mean square length first: the rate then fits vectors of any scale.
        """
        x = checked(vectors, least=1)
        rng = np.random.default_rng(self.seed)
        if len(x) > self.sample:
            x = x[np.sort(rng.choice(len(x), self.sample, replace=False))]
        length = np.float32(np.sqrt(np.square(x, dtype=np.float64).sum(axis=1).mean()) or 1.0)
        learned = self._through_a_layer(x / length, rng) if self.layer else self._directly(x / length, rng)
        self.codebook_ = learned * length
        return self

    def _batches(self, x: NDArray[np.float32], rng: np.random.Generator) -> list[NDArray[np.float32]]:
        order = rng.permutation(len(x))
        return [x[order[start : start + self.batch]] for start in range(0, len(x), self.batch)]

    def _through_a_layer(self, x: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        """E = C W' + b with C ~ N(0, 1 / d) frozen."""
        d = x.shape[1]
        frozen = (rng.standard_normal((self.codewords, d)) / np.sqrt(d)).astype(np.float32)
        bound = 1 / np.sqrt(d)
        w = _Adam.of(rng.uniform(-bound, bound, (d, d)).astype(np.float32))
        b = _Adam.of(rng.uniform(-bound, bound, d).astype(np.float32))
        for _ in range(self.epochs):
            for z in self._batches(x, rng):
                effective = frozen @ w.value.T + b.value
                codes = nearest(z, effective)[0]
                by_w, by_b = gradients(effective[codes] - z, frozen[codes])
                w.step(by_w, self.rate, self.betas)
                b.step(by_b, self.rate, self.betas)
        return np.asarray(frozen @ w.value.T + b.value)

    def _directly(self, x: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        """The codewords themselves, from the usual start within 1 / K of zero: what the paper compares with."""
        start = rng.uniform(-1, 1, (self.codewords, x.shape[1])) / self.codewords
        words = _Adam.of(start.astype(np.float32))
        for _ in range(self.epochs):
            for z in self._batches(x, rng):
                codes = nearest(z, words.value)[0]
                gradient = np.zeros_like(words.value)
                np.add.at(gradient, codes, 2 / np.float32(len(z)) * (words.value[codes] - z))
                words.step(gradient, self.rate, self.betas)
        return words.value

    def encode(self, vectors: NDArray[np.float32]) -> Codes:
        """The nearest codeword of each of vectors (n, d)."""
        codes = nearest(checked(vectors, dimensions=self.dimensions), self.codebook_)[0]
        return Codes({"word": codes.astype(np.uint16 if self.codewords <= 65_536 else np.uint32)})

    def decode(self, codes: Codes) -> NDArray[np.float32]:
        """Their effective codewords, (n, d)."""
        return np.asarray(self.codebook_[codes.fields["word"]])

    def scores(self, queries: NDArray[np.float32], codes: Codes) -> NDArray[np.float32]:
        """Inner products of queries (m, d) with the codewords of n codes, (m, n)."""
        q = checked(queries, dimensions=self.dimensions, noun=QUERY)
        return np.asarray((q @ self.codebook_.T)[:, codes.fields["word"]])

    def to_arrays(self) -> Arrays:
        """What was learned: the frozen codewords and the layer are needed no more."""
        return {"codebook": self.codebook_}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> SimVQ:
        """The method again. Raises ValueError if the array is not a codebook."""
        if arrays["codebook"].ndim != 2:
            raise ValueError(f"a codebook is a matrix, not of shape {arrays['codebook'].shape}")
        method = cls(codewords=len(arrays["codebook"]))
        method.codebook_ = arrays["codebook"]
        return method
