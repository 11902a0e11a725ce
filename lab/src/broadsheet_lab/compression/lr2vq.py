"""LR2VQ: parts of vectors coded through low-rank representations, so that part and cluster differ in dimension.

Problem: in product quantisation one number, the length of a part, sets both the bytes of a code and how hard the
clustering is. Idea: replace parts of m components by representations of d components times a projection, cluster the
representations, and learn projection and codebooks together; m then sets the bytes and d alone the error: too few
dimensions leave out too much, too many are clustered badly. A good d is estimated before anything is learned.

Zhu, Zhou, Zhong: Learning Low-Rank Representations for Model Compression, 2022 (2211.11397).
"""

from __future__ import annotations

from math import gamma, pi

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet_lab.compression._recurrent import turned
from broadsheet_lab.compression.contract import QUERY, Arrays, Codes, checked
from broadsheet_lab.compression.product import allocated
from broadsheet_lab.kit.codebooks import add_looked_up
from broadsheet_lab.kit.kmeans import kmeans, nearest
from broadsheet_lab.kit.products import by_rows

__all__ = ["CARD", "LR2VQ", "estimated_error"]

CARD = Card(
    title="Learning Low-Rank Representations for Model Compression",
    paper="2211.11397",
    year=2022,
    solves="vectors in a few bytes, the dimension of clusters chosen apart from the length of a code",
    claims=(
        Claim("abstract", "ImageNet, ResNet-18, 43x smaller", "top-1 accuracy above the best before", 0.028),
        Claim(
            "ours",
            "papers.parquet, shipped encoder, tldr queries, test half",
            "recall@10 at 32 bytes, above product quantisation",
            0.05,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, shipped encoder, tldr queries, test half",
            "recall@10 at 32 bytes, over product quantisation with a learned rotation (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, shipped encoder",
            "squared error at 32 bytes, the estimated dimension over the best of all (ratio)",
            1.05,
            ours=True,
        ),
    ),
    departures=(
        "what is compressed are vectors, not weights: one projection makes all parts of a vector from all their "
        "representations, and the loss is the error of the vector",
        "projection and codebooks are learned in turns, each in closed form, not by gradients: the loss is quadratic",
        "the error is estimated from the spectrum alone, for normal distributions and the roundest cells",
    ),
    builds_on=("product",),
)

Floats = NDArray[np.float32]


def estimated_error(variances: NDArray[np.float64], parts: int, dimension: int, codewords: int = 256) -> float:
    """The squared error expected of `parts` codes of representations of `dimension`, for falling variances (D,).

    What is left out, the variances after the first r = parts * dimension, and what clustering leaves: with cells as
    round as they can be, K codewords for a normal distribution of d dimensions and geometric mean g of its variances
    leave 2 pi g (1 + 2 / d)^(d / 2 + 1) V^(-2 / d) / (d + 2) K^(-2 / d) a dimension, V the volume of the unit ball
    (Zador 1982, Gersho 1979).
    """
    d, rank = dimension, parts * dimension
    kept = np.maximum(variances[:rank], 1e-12 * max(float(variances[0]), 1e-300))
    ball = pi ** (d / 2) / gamma(d / 2 + 1)
    share = 2 * pi * (1 + 2 / d) ** (d / 2 + 1) / (d + 2) * (ball * codewords) ** (-2 / d)
    return float(variances[rank:].sum() + min(rank * share * np.exp(np.log(kept).mean()), kept.sum()))


class LR2VQ(Persistent):
    """`parts` codes (M) of one of `codewords` each (K), for representations of `dimension` (None: as estimated).

    Learns `mean_` (D,), `encoder_` (D, M d), `codebooks_` (M, K, d) and `projection_` (M d, D), the two between in
    `rounds` turns. Codes hold `parts` (n, M).
    """

    def __init__(
        self,
        *,
        parts: int = 8,
        dimension: int | None = None,
        codewords: int = 256,
        rounds: int = 8,
        iterations: int = 20,
        sample: int = 20_000,
        seed: int = 0,
    ) -> None:
        if parts < 1 or not 2 <= codewords <= 256 or (dimension is not None and dimension < 1):
            raise ValueError(
                f"at least 1 part of 1 dimension, 2 to 256 codewords, not {parts}, {dimension}, {codewords}"
            )
        self.parts = parts
        self.dimension = dimension
        self.codewords = codewords
        self.rounds = rounds
        self.iterations = iterations
        self.sample = sample
        self.seed = seed
        self.codebooks_ = np.empty((parts, codewords, 0), np.float32)
        self.mean_ = np.empty(0, np.float32)
        self.encoder_ = np.empty((0, 0), np.float32)
        self.projection_ = np.empty((0, 0), np.float32)

    @property
    def dimensions(self) -> int:
        """The length of the vectors it was fitted on; 0 before."""
        return len(self.encoder_)

    def fit(self, vectors: Floats) -> LR2VQ:
        """Learn from at most `sample` of vectors (n, D), drawn by the seed; n >= K and D >= M d."""
        x = checked(vectors, least=self.codewords)
        widest = x.shape[1] // self.parts
        if (self.dimension or 1) > widest:
            raise ValueError(f"{x.shape[1]} dimensions do not give {self.parts} parts of {self.dimension or 1} each")
        if len(x) > self.sample:
            x = x[np.sort(np.random.default_rng(self.seed).choice(len(x), self.sample, replace=False))]
        self.mean_ = x.mean(axis=0, dtype=np.float64).astype(np.float32)
        x = x - self.mean_
        values, directions = np.linalg.eigh(x.T.astype(np.float64) @ x / len(x))
        values, directions = np.maximum(values[::-1], 0), directions[:, ::-1]
        d = self.dimension or min(
            range(1, widest + 1), key=lambda d: estimated_error(values, self.parts, d, self.codewords)
        )
        r = self.parts * d
        # principal directions, shared out so that parts have alike products of variances
        self.encoder_ = directions[:, :r].astype(np.float32) @ allocated(np.diag(values[:r]), self.parts)
        for _ in range(self.rounds):
            self.codebooks_ = self._learned(x, max(2, self.iterations // 4))
            self.encoder_ = turned(self._kept(self._assigned(x)), x).T
        self.codebooks_ = self._learned(x, self.iterations)
        kept = self._kept(self._assigned(x)).astype(np.float64)
        self.projection_ = (np.linalg.pinv(kept.T @ kept, rcond=1e-10, hermitian=True) @ (kept.T @ x)).astype(
            np.float32
        )
        return self

    def _cut(self, x: Floats) -> list[Floats]:
        """The representations of the parts of vectors (n, D), M of (n, d)."""
        return [np.ascontiguousarray(part) for part in np.split(by_rows(x, self.encoder_), self.parts, axis=1)]

    def _learned(self, x: Floats, iterations: int) -> Floats:
        """One codebook a part, (M, K, d)."""
        return np.stack([kmeans(p, self.codewords, iterations=iterations, seed=self.seed) for p in self._cut(x)])

    def _assigned(self, x: Floats) -> NDArray[np.uint8]:
        """The codeword nearest to every representation, (n, M)."""
        pairs = zip(self._cut(x), self.codebooks_, strict=True)
        return np.stack([nearest(part, book)[0].astype(np.uint8) for part, book in pairs], axis=1)

    def _kept(self, codes: NDArray[np.uint8]) -> Floats:
        """The codewords side by side, (n, M d)."""
        return np.concatenate([book[codes[:, m]] for m, book in enumerate(self.codebooks_)], axis=1)

    def encode(self, vectors: Floats) -> Codes:
        """The codes of vectors (n, D)."""
        return Codes({"parts": self._assigned(checked(vectors, dimensions=self.dimensions) - self.mean_)})

    def decode(self, codes: Codes) -> Floats:
        """The codewords, projected, and the mean, (n, D)."""
        return by_rows(self._kept(codes.fields["parts"]), self.projection_) + self.mean_

    def scores(self, queries: Floats, codes: Codes) -> Floats:
        """Inner products of queries (m, D) with what n codes decode to, (m, n), by M look-ups each."""
        q = checked(queries, dimensions=self.dimensions, noun=QUERY)
        asked = q @ self.projection_.T  # (m, M d)
        out = np.repeat((q @ self.mean_)[:, None], len(codes), axis=1)
        for query, row in zip(asked.reshape(len(asked), len(self.codebooks_), -1), out, strict=True):
            tables = np.ascontiguousarray(np.einsum("mkd,md->mk", self.codebooks_, query))  # (M, K)
            add_looked_up(tables, codes.fields["parts"], row)
        return out

    def to_arrays(self) -> Arrays:
        """What was learned."""
        return {
            "codebooks": self.codebooks_,
            "encoder": self.encoder_,
            "projection": self.projection_,
            "mean": self.mean_,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> LR2VQ:
        """The method again. Raises ValueError if the arrays do not fit together."""
        books, encoder, projection, mean = (arrays[name] for name in ("codebooks", "encoder", "projection", "mean"))
        rank = books.shape[0] * books.shape[-1]
        if books.ndim != 3 or not encoder.shape == projection.shape[::-1] == (*mean.shape, rank):
            shapes = ", ".join(str(a.shape) for a in (books, encoder, projection, mean))
            raise ValueError(f"codebooks, encoder, projection, mean have shapes {shapes}")
        method = cls(parts=books.shape[0], dimension=books.shape[2], codewords=books.shape[1])
        method.codebooks_, method.encoder_, method.projection_, method.mean_ = books, encoder, projection, mean
        return method
