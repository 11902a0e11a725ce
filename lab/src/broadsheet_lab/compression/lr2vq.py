"""LR2VQ: a network's matrices in a byte for many weights, through low-rank representations of their parts.

Problem: where parts of a matrix are clustered, one number, the length of a part, sets both how small the network gets
and how hard the clustering is. Idea: a part of m weights is a representation of d numbers times a projection that all
parts share; both are first trained by the network's own loss, then the representations are clustered, then codewords
and projection are trained by that loss again. m then sets the bytes and d alone the accuracy: too few dimensions leave
out too much, too many are clustered badly. A good d is estimated before anything is learned. Afterwards codewords times
projection are an ordinary codebook of m weights each.

Zhu, Zhou, Zhong: Learning Low-Rank Representations for Model Compression, 2022 (2211.11397).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import gamma, pi
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet_lab.compression._factors import Factors
from broadsheet_lab.kit.extras import with_extra
from broadsheet_lab.kit.kmeans import kmeans, nearest
from broadsheet_lab.training import Course, Plan

if TYPE_CHECKING:
    from broadsheet_lab.compression._weights_training import Task

__all__ = ["CARD", "LR2VQ", "estimated_dimension", "estimated_error", "task_of"]

CARD = Card(
    title="Learning Low-Rank Representations for Model Compression",
    paper="2211.11397",
    year=2022,
    solves="a network's matrices in a byte for eight or sixteen weights, with little loss of what it is for",
    claims=(
        Claim("abstract", "ImageNet, ResNet-18, 43x smaller", "top-1 accuracy above the best before", 0.028),
        Claim(
            "ours",
            "papers.parquet, 20,000 papers, table of the shipped encoder 64 times smaller, tldr and written queries, "
            "test half",
            "recall@10 of the paper asked for, over codewords without low rank, trained alike (ratio)",
            1.02,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 20,000 papers, table of the shipped encoder 64 times smaller, tldr and written queries, "
            "test half",
            "recall@10 of the paper asked for, over the whole table (ratio)",
            0.95,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 20,000 papers, table of the shipped encoder 64 times smaller, tldr and written queries, "
            "test half",
            "recall@10 of the paper asked for, trained by the task over not trained (ratio)",
            1.05,
            ours=True,
        ),
        Claim(
            "ours",
            "table of the shipped encoder, 5,000 of its rows, no queries",
            "squared error, the estimated dimension over the best of all (ratio)",
            1.05,
            ours=True,
        ),
    ),
    departures=(
        "codes stay as clustering made them while codewords are trained",
        "the error is estimated from the spectrum alone, for normal distributions and the roundest cells",
        "measured on the one matrix of a static encoder, which is its network; of parts of 16 of its weights all 16"
        " dimensions are estimated to be needed, so that nothing was left out there and low rank added nothing",
    ),
    needs=("transformers",),
    fidelity="faithful",
    when="a trained network has to be small on disk or in memory and its own training data are at hand; parts that"
    " need all their dimensions are served as well by codewords alone",
    costs="two short trainings of the network itself: half a minute for a table of 7 million weights",
    unused="at 0.46 MB the table finds 0.861 of the papers asked for, at the 7 MB that ship 0.922",
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


def estimated_dimension(parts: Floats, codewords: int) -> int:
    """The dimension of representations of parts (S, m) with the least error expected."""
    values = np.maximum(np.linalg.eigvalsh(parts.T.astype(np.float64) @ parts / len(parts))[::-1], 0)
    return min(range(1, parts.shape[1] + 1), key=lambda d: estimated_error(values, 1, d, codewords))


def task_of(
    batch_of: Callable[[np.random.Generator, int], Any], loss_of: Callable[[Mapping[str, Any], Any], Any]
) -> Task[Any]:
    """What the network is for: how a batch is drawn, and its loss with weights by name.

    `torch.func.functional_call(network, weights, inputs)` runs a network with such weights. Raises
    ImportError without torch.
    """
    try:
        from broadsheet_lab.compression._weights_training import Task
    except ImportError as error:
        raise ImportError(f"a task is trained by torch: {with_extra('transformers')}") from error
    return Task(batch_of, loss_of)


class LR2VQ(Persistent):
    """Matrices in codes of one byte for `length` weights (m), `codewords` (K) of `dimension` (None: as estimated).

    `steps` of low-rank training and of training the codewords, in batches of `batch`, at `rate` of weights whose root
    mean square is 1. Learns by matrix `codes_` (r, c / m), `codebooks_` (K, d), `projections_` (d, m), `scales_`.

    >>> import numpy as np
    >>> from broadsheet_lab.compression.lr2vq import LR2VQ
    >>> table = np.random.default_rng(0).standard_normal((300, 16)).astype(np.float32)
    >>> small = LR2VQ(length=4, codewords=64).fit({"table": table})
    >>> small.matrices()["table"].shape, small.codes_["table"].nbytes
    ((300, 16), 1200)
    """

    def __init__(
        self,
        *,
        length: int = 8,
        dimension: int | None = None,
        codewords: int = 256,
        steps: tuple[int, int] = (300, 300),
        batch: int = 128,
        rate: float = 3e-3,
        iterations: int = 20,
        sample: int = 50_000,
        seed: int = 0,
    ) -> None:
        if length < 1 or not 2 <= codewords <= 256 or not 1 <= (dimension or 1) <= length:
            raise ValueError(f"no parts of {length} in {dimension} dimensions with {codewords} codewords (2 to 256)")
        self.length = length
        self.dimension = dimension
        self.codewords = codewords
        self.steps = steps
        self.batch = batch
        self.rate = rate
        self.iterations = iterations
        self.sample = sample  # representations that codewords are clustered from
        self.seed = seed
        self._forget()

    def _forget(self) -> None:
        self.codes_: dict[str, NDArray[np.uint8]] = {}
        self.codebooks_: dict[str, Floats] = {}
        self.projections_: dict[str, Floats] = {}
        self.scales_: dict[str, float] = {}
        self.courses_: list[Course] = []

    def fit(
        self, matrices: Mapping[str, Floats], task: Task[Any] | None = None, tell: Callable[[str], None] | None = None
    ) -> LR2VQ:
        """Compress matrices (r, c) by name, c a multiple of m, training by the task of the network they are from.

        Without a task they are clustered only. Raises ValueError for a matrix that is not cut into parts, has fewer
        parts than codewords or is not finite.
        """
        self._forget()
        factors = {name: self._factors(name, matrix) for name, matrix in matrices.items()}
        if task is not None and self.steps[0]:
            from broadsheet_lab.compression._weights_training import train_factors

            self.courses_.append(train_factors(factors, task, self._plan(self.steps[0]), tell))
        for f in factors.values():
            some = f.left
            if len(some) > self.sample:
                some = some[np.sort(np.random.default_rng(self.seed).choice(len(some), self.sample, replace=False))]
            books = kmeans(some, self.codewords, iterations=self.iterations, seed=self.seed)
            f.left, f.codes = books, nearest(f.left, books)[0]
        if task is not None and self.steps[1]:
            from broadsheet_lab.compression._weights_training import train_codewords

            self.courses_.append(train_codewords(factors, task, self._plan(self.steps[1]), tell))
        for name, f in factors.items():
            self.codes_[name] = f.codes.astype(np.uint8).reshape(f.shape[0], -1)
            self.codebooks_[name], self.projections_[name], self.scales_[name] = f.left, f.projection, f.scale
        return self

    def _plan(self, steps: int) -> Plan:
        return Plan(steps, batch=self.batch, rate=self.rate, warm=steps // 20, seed=self.seed)

    def _factors(self, name: str, matrix: Floats) -> Factors:
        """Representations along the principal directions of a matrix's parts, at a root mean square of 1."""
        if matrix.ndim != 2 or matrix.shape[1] % self.length or matrix.size < self.codewords * self.length:
            least = f"{self.codewords} parts of {self.length} or more"
            raise ValueError(f"{name} of shape {matrix.shape} is not cut into {least}")
        if not np.isfinite(matrix).all():
            raise ValueError(f"{name} is not finite")
        scale = float(np.sqrt(np.square(matrix, dtype=np.float64).mean())) or 1.0
        parts = np.ascontiguousarray(matrix, np.float32).reshape(-1, self.length) / np.float32(scale)
        d = self.dimension or estimated_dimension(parts, self.codewords)
        moment = parts.T.astype(np.float64) @ parts / len(parts)
        directions = np.linalg.eigh(moment)[1][:, ::-1][:, :d].T.astype(np.float32)
        left = np.asarray(parts @ directions.T, np.float32)
        return Factors((len(matrix), matrix.shape[1]), scale, left, np.ascontiguousarray(directions))

    def matrices(self) -> dict[str, Floats]:
        """The matrices that codes stand for, by name."""
        found = {}
        for name, codes in self.codes_.items():
            book = self.codebooks_[name] @ self.projections_[name] * np.float32(self.scales_[name])  # (K, m)
            found[name] = book[codes].reshape(len(codes), -1)
        return found

    @property
    def bytes(self) -> int:
        """What codes, codewords and projections take, in all."""
        kept: list[NDArray[Any]] = [*self.codes_.values(), *self.codebooks_.values(), *self.projections_.values()]
        return sum(array.nbytes for array in kept)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """What was learned, by matrix."""
        shape = [len(self.codes_), self.length, self.dimension or 0, self.codewords, self.seed]
        arrays: dict[str, NDArray[Any]] = {"shape": np.array(shape, np.int64)}
        for i, name in enumerate(self.codes_):
            arrays[f"{i}.name"] = np.frombuffer(name.encode(), np.uint8)
            arrays[f"{i}.codes"], arrays[f"{i}.codebook"] = self.codes_[name], self.codebooks_[name]
            arrays[f"{i}.projection"], arrays[f"{i}.scale"] = self.projections_[name], np.array([self.scales_[name]])
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> LR2VQ:
        """The method again. Raises ValueError if the arrays do not fit together."""
        count, length, dimension, codewords, seed = arrays["shape"].tolist()
        method = cls(length=length, dimension=dimension or None, codewords=codewords, seed=seed)
        for i in range(count):
            codes, book, projection = (arrays[f"{i}.{part}"] for part in ("codes", "codebook", "projection"))
            fits = codes.ndim == book.ndim == projection.ndim == 2 and book.shape[1] == len(projection)
            if not fits or codes.dtype != np.uint8 or (codes.size and codes.max() >= len(book)):
                raise ValueError(f"codes of shape {codes.shape}, codewords {book.shape}, projection {projection.shape}")
            name = bytes(arrays[f"{i}.name"]).decode()
            method.codes_[name], method.codebooks_[name], method.projections_[name] = codes, book, projection
            method.scales_[name] = float(arrays[f"{i}.scale"][0])
        return method
