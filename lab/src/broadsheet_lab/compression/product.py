"""PQ: a vector cut into parts, each part replaced by the nearest of 256 learned codewords.

Problem: keep a vector in a few bytes. Idea: cut it into M parts and learn a codebook for each by k-means, so that M
bytes name one of 256^M vectors; a query's inner products with all codewords, M tables of 256, are computed once, and a
vector's score is the sum of M look-ups. Turned first by a rotation learned together with the codebooks, the parts carry
alike and independent information, and the same bytes keep more.

Jegou, Douze, Schmid: Product Quantization for Nearest Neighbor Search. TPAMI 33(1), 2011, sections II and III
(asymmetric distances). Ge, He, Ke, Sun: Optimized Product Quantization. TPAMI 36(4), 2014: the parametric solution as
the start, and the non-parametric one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet_lab.compression.contract import QUERY, Arrays, Codes, checked
from broadsheet_lab.kit.codebooks import add_looked_up
from broadsheet_lab.kit.kmeans import kmeans, nearest
from broadsheet_lab.kit.products import by_rows

__all__ = ["CARD", "ProductQuantizer", "allocated", "procrustes"]

CARD = Card(
    title="Product Quantization for Nearest Neighbor Search",
    paper="10.1109/TPAMI.2010.57",
    year=2011,
    fidelity="faithful",
    solves="vectors in a few bytes, scored by table look-up",
    when=(
        "Choose it for a few dozen bytes a vector and many more vectors than memory; rotated, where components "
        "differ in variance."
    ),
    costs=(
        "Twenty rounds of k-means on 20,000 vectors, seconds to a minute; a table of 256 products a part and query, "
        "then a look-up a part and vector."
    ),
    unused=(
        "a library of a hundred thousand papers has room for codes of 292 bytes, which need no training and no "
        "rescoring from the vectors."
    ),
    claims=(
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, 256-d vectors, tldr queries, test half",
            "recall@10 at 32 bytes, with a learned rotation over without (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, 256-d vectors, tldr queries, test half",
            "recall@10 at 64 bytes, above LVQ at 68 bytes",
            0.0,
            ours=True,
        ),
    ),
    departures=("scores are inner products, which the tables hold directly, instead of Euclidean distances",),
)


def allocated(moment: NDArray[np.float64], parts: int) -> NDArray[np.float32]:
    """The rotation (D, D) that gives every part the same product of variances, for a covariance (D, D).

    Principal directions, in order of falling variance, go to the part whose product is least and that is not full:
    OPQ's eigenvalue allocation. Columns are grouped part by part.
    """
    values, vectors = np.linalg.eigh(moment)
    capacity = len(values) // parts
    logs = np.log(np.maximum(values, 1e-12 * max(float(values.max()), 1e-300)))
    logs -= logs.min()  # the greedy rule needs factors of at least one
    buckets: list[list[int]] = [[] for _ in range(parts)]
    weight = np.zeros(parts)
    for direction in np.argsort(-values, kind="stable"):
        room = [weight[p] if len(buckets[p]) < capacity else np.inf for p in range(parts)]
        chosen = int(np.argmin(room))
        buckets[chosen].append(int(direction))
        weight[chosen] += logs[direction]
    return np.asarray(vectors[:, [direction for bucket in buckets for direction in bucket]], np.float32)


def procrustes(x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float32]:
    """The orthogonal R (D, D) that brings X R nearest to Y, both (n, D): U V' of the SVD of X'Y."""
    u, _, vt = np.linalg.svd((x.T @ y).astype(np.float64))
    return np.asarray(u @ vt, np.float32)


class ProductQuantizer(Persistent):
    """`parts` codebooks of `codewords` each; `rotations` > 0 learns the rotation in that many alternations.

    Learns `codebooks_` (M, K, D / M) and `rotation_` (D, D), the identity if none is asked for.
    Codes hold `parts` (n, M).

    >>> import numpy as np
    >>> from broadsheet_lab.compression.product import ProductQuantizer
    >>> x = np.random.default_rng(0).standard_normal((600, 32)).astype(np.float32)
    >>> method = ProductQuantizer(parts=16, codewords=64).fit(x)
    >>> codes = method.encode(x)
    >>> codes.bytes_per_vector
    16
    >>> scores = method.scores(x[:5], codes)
    >>> scores.shape, scores.argmax(axis=1).tolist()
    ((5, 600), [0, 1, 2, 3, 4])
    """

    def __init__(
        self,
        *,
        parts: int = 8,
        codewords: int = 256,
        rotations: int = 0,
        iterations: int = 20,
        sample: int = 20_000,
        seed: int = 0,
    ) -> None:
        if parts < 1 or not 2 <= codewords <= 256:
            raise ValueError(f"at least 1 part of 2 to 256 codewords, not {parts} of {codewords}")
        self.parts = parts
        self.codewords = codewords
        self.rotations = rotations
        self.iterations = iterations
        self.sample = sample
        self.seed = seed
        self.codebooks_ = np.empty((parts, codewords, 0), np.float32)
        self.rotation_ = np.empty((0, 0), np.float32)

    @property
    def dimensions(self) -> int:
        """The length of the vectors it was fitted on; 0 before."""
        return len(self.rotation_)

    def fit(self, vectors: NDArray[np.float32]) -> ProductQuantizer:
        """Learn from at most `sample` of vectors (n, D), drawn by the seed; n >= K, and D a multiple of M."""
        x = checked(vectors, least=self.codewords)
        d = x.shape[1]
        if d % self.parts:
            fitting = min((m for m in range(1, d + 1) if d % m == 0), key=lambda m: (abs(m - self.parts), m))
            raise ValueError(
                f"{d} dimensions cannot be cut into {self.parts} equal parts; {fitting} is the nearest that fits"
            )
        if len(x) > self.sample:
            x = x[np.sort(np.random.default_rng(self.seed).choice(len(x), self.sample, replace=False))]
        self.rotation_ = np.eye(d, dtype=np.float32)
        if self.rotations:
            self.rotation_ = allocated(np.cov(x, rowvar=False, dtype=np.float64).reshape(d, d), self.parts)
        for _ in range(self.rotations):
            turned = x @ self.rotation_
            self.codebooks_ = self._learned(turned, max(2, self.iterations // 4))
            self.rotation_ = procrustes(x, self._decoded(self._assigned(turned)))
        self.codebooks_ = self._learned(x @ self.rotation_, self.iterations)
        return self

    def _cut(self, turned: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        return [np.ascontiguousarray(part) for part in np.split(turned, self.parts, axis=1)]

    def _learned(self, turned: NDArray[np.float32], iterations: int) -> NDArray[np.float32]:
        """One codebook a part, (M, K, D / M)."""
        books = [kmeans(p, self.codewords, iterations=iterations, seed=self.seed) for p in self._cut(turned)]
        return np.stack(books)

    def _assigned(self, turned: NDArray[np.float32]) -> NDArray[np.uint8]:
        """The nearest codeword of every part, (n, M)."""
        pairs = zip(self._cut(turned), self.codebooks_, strict=True)
        return np.stack([nearest(part, book)[0].astype(np.uint8) for part, book in pairs], axis=1)

    def _decoded(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The codewords side by side, still turned, (n, D)."""
        return np.concatenate([book[codes[:, m]] for m, book in enumerate(self.codebooks_)], axis=1)

    def encode(self, vectors: NDArray[np.float32]) -> Codes:
        """The codes of vectors (n, D)."""
        x = checked(vectors, dimensions=self.dimensions)
        return Codes({"parts": self._assigned(by_rows(x, self.rotation_))})

    def decode(self, codes: Codes) -> NDArray[np.float32]:
        """The vectors made of codewords, turned back, (n, D)."""
        return by_rows(self._decoded(codes.fields["parts"]), self.rotation_.T)

    def scores(self, queries: NDArray[np.float32], codes: Codes) -> NDArray[np.float32]:
        """Inner products of queries (m, D) with the codewords of n codes, (m, n), by M look-ups each."""
        turned = checked(queries, dimensions=self.dimensions, noun=QUERY) @ self.rotation_
        out = np.zeros((len(turned), len(codes)), np.float32)
        for query, row in zip(turned.reshape(len(turned), self.parts, -1), out, strict=True):
            tables = np.ascontiguousarray(np.einsum("mks,ms->mk", self.codebooks_, query))  # (M, K)
            add_looked_up(tables, codes.fields["parts"], row)
        return out

    def to_arrays(self) -> Arrays:
        """What was learned."""
        return {"codebooks": self.codebooks_, "rotation": self.rotation_}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> ProductQuantizer:
        """The method again. Raises ValueError if the arrays do not fit together."""
        books, rotation = arrays["codebooks"], arrays["rotation"]
        if books.ndim != 3 or rotation.shape != (books.shape[0] * books.shape[2],) * 2:
            raise ValueError(f"codebooks of shape {books.shape} do not fit a rotation of shape {rotation.shape}")
        method = cls(parts=books.shape[0], codewords=books.shape[1])
        method.codebooks_, method.rotation_ = books, rotation
        return method
