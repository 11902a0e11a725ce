"""What the compression benchmark compares: vectors and queries, the methods at their sizes, how one is measured.

Vectors are those the fitted encoder gives 87,366 papers; queries are the papers' one-sentence summaries, which are
unlike the papers' texts. Half of them (dev) may be learned from, the other half (test) is what is reported. Recall is
against exact search with the whole vectors.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.hits import top_k
from broadsheet.kit.select import top_k_masked
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.report import interval
from broadsheet_lab.compression.contract import Codes, Compressor
from broadsheet_lab.compression.leanvec import SOLVERS, LeanVec, Solver
from broadsheet_lab.compression.lvq import LVQ
from broadsheet_lab.compression.product import ProductQuantizer
from broadsheet_lab.compression.residual import ResidualQuantizer
from broadsheet_lab.encoders.lsa import LSA
from broadsheet_lab.kit.codebooks import codebook_use

__all__ = ["Contestant", "Floats", "Measured", "World", "contestants", "run", "world"]

Floats = NDArray[np.float32]
BUDGETS = (16, 32, 64, 128)  # bytes a vector
SHORT = (100, 1000)  # lengths of the short lists that are rescored with whole vectors


@dataclass(frozen=True)
class World:
    """What is compressed and what is asked of it."""

    vectors: Floats  # (n, d)
    dev: Floats  # (l, d), queries to learn from
    test: Floats  # (m, d), queries to report
    exact: NDArray[np.int64]  # (m, 10), the nearest rows of each test query

    def found(self, tops: list[NDArray[np.int64]]) -> NDArray[np.float64]:
        """The share of each test query's ten nearest in `tops`, (m,)."""
        return np.array([np.isin(e, t).mean() for e, t in zip(self.exact, tops, strict=True)])


@dataclass(frozen=True)
class Contestant:
    """A method at one size: `family` is its file, `budget` the row of the table it belongs to."""

    family: str
    name: str
    budget: int
    fit: Callable[[World], Compressor]


@dataclass(frozen=True)
class Measured:
    """What a contestant did."""

    bytes_a_vector: float
    fit_seconds: float
    encode_seconds: float
    squared_error: float
    recall: NDArray[np.float64]  # @10 of each test query from the codes alone
    rescored: dict[int, float]  # the same after rescoring that many with whole vectors
    codebook: tuple[float, float] | None  # (share used, perplexity / size)

    def to_json(self) -> dict[str, Any]:
        """A row of the table."""
        low, high = interval(self.recall)
        row: dict[str, Any] = {
            "bytes_a_vector": self.bytes_a_vector,
            "recall@10": round(float(self.recall.mean()), 4),
            "interval": [round(low, 4), round(high, 4)],
            **{f"recall@10_rescoring_{k}": round(value, 4) for k, value in self.rescored.items()},
            "squared_error": round(self.squared_error, 5),
            "fit_seconds": round(self.fit_seconds, 2),
            "encode_seconds": round(self.encode_seconds, 2),
        }
        if self.codebook is not None:
            row |= {"codewords_used": round(self.codebook[0], 4), "perplexity_share": round(self.codebook[1], 4)}
        return row


def world(path: Path) -> World:
    """The encoder's vectors of papers.parquet and its queries; a query without a known word is left out."""
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["title", "abstract"]).to_pydict()
    texts = [
        f"{title or ''}. {abstract or ''}" for title, abstract in zip(table["title"], table["abstract"], strict=True)
    ]
    encoder = LSA(dimensions=256).fit(texts)
    vectors, known = encoder.encode(texts), datasets.known_items(path)
    queries = encoder.encode(known.queries)
    usable = queries.any(axis=1)
    test = queries[usable & ~known.dev]
    exact = [top_k_masked(vectors @ query, 10).ids for query in test]
    return World(vectors, queries[usable & known.dev], test, np.stack(exact))


def contestants() -> Iterator[Contestant]:
    """Every method at every size it comes in near 16, 32, 64 and 128 bytes a vector."""

    def on_vectors(method: Compressor) -> Callable[[World], Compressor]:
        return lambda w: method.fit(w.vectors)

    for bits, budget in ((1, 32), (2, 64), (4, 128), (8, 256)):
        yield Contestant("lvq", f"lvq{bits}", budget, on_vectors(LVQ(bits=bits)))
    for budget in BUDGETS:
        for bits in (4, 8):
            yield from _leanvecs(budget, bits)
        yield Contestant("product", "pq", budget, on_vectors(ProductQuantizer(parts=budget)))
        yield Contestant("product", "opq", budget, on_vectors(ProductQuantizer(parts=budget, rotations=8)))
    for budget in BUDGETS[:3]:
        yield Contestant("residual", "rq", budget, on_vectors(ResidualQuantizer(levels=budget)))
    yield Contestant("residual", "rq, greedy", 16, on_vectors(ResidualQuantizer(levels=16, beam=1)))
    plain = ResidualQuantizer(levels=16, beam=1, start="split")
    yield Contestant("residual", "rq, as first published", 16, on_vectors(plain))


def _leanvecs(budget: int, bits: int) -> Iterator[Contestant]:
    """LeanVec without queries and with each solver; four bytes a vector go to its grid."""
    d = (budget - 4) * 8 // bits

    def with_queries(solver: Solver) -> Callable[[World], Compressor]:
        method = LeanVec(reduced=d, bits=bits, rescoring_bits=0, solver=solver)
        return lambda w: method.fit(w.vectors, w.dev)

    plain = LeanVec(reduced=d, bits=bits, rescoring_bits=0)
    yield Contestant("leanvec", f"leanvec {d}x{bits}, no queries", budget, lambda w: plain.fit(w.vectors))
    for solver in SOLVERS:
        yield Contestant("leanvec", f"leanvec {d}x{bits}, {solver}", budget, with_queries(solver))


def _codebook(codes: Codes) -> tuple[float, float] | None:
    words = codes.fields.get("parts", codes.fields.get("levels"))
    return None if words is None else codebook_use(words, 256)


def run(one: Contestant, w: World) -> Measured:
    """Fit, encode every vector and ask every test query, on the clock."""
    started = time.perf_counter()
    method = one.fit(w)
    fitted = time.perf_counter()
    codes = method.encode(w.vectors)
    encoded = time.perf_counter()
    lists = [top_k_masked(method.scores(query[None], codes)[0], max(SHORT)).ids for query in w.test]
    rescored = {
        k: [top_k(t[:k], w.vectors[t[:k]] @ q, 10).ids for t, q in zip(lists, w.test, strict=True)] for k in SHORT
    }
    error = np.square(method.decode(codes) - w.vectors).sum(axis=1)
    return Measured(
        codes.bytes_per_vector,
        fitted - started,
        encoded - fitted,
        float(error.mean()),
        w.found([t[:10] for t in lists]),
        {k: float(w.found(tops).mean()) for k, tops in rescored.items()},
        _codebook(codes),
    )
