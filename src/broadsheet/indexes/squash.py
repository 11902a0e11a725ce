"""SQUASH: filtered vector search by quantised bounds, partition by partition.

Problem: find the nearest vectors among those a filter allows, from codes a few bits a dimension long, with the vectors
themselves read only for a handful of rows. Idea: the filter comes first, as a mask; balanced partitions are visited by
the distance of their centres; in each, sign bits leave a share of the candidates, scalar codes with more bits where
the variance is bound the distance from below, and the rows with the least bounds are scored exactly. A partition needs
nothing but its own arrays, so it may live in a worker of its own.

Oakley, Ferhatosmanoglu: SQUASH: Serverless and Distributed Quantization-based Attributed Vector Similarity Search.
2025, sections 2 and 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes._attributes import Attributes, Range
from broadsheet.indexes._osq import Quantiser, allocate_bits, lower_bounds
from broadsheet.indexes._partition import balanced
from broadsheet.indexes._signs import LEVELS, QUERY_BITS, estimate, estimate_rows, short_list
from broadsheet.indexes.contract import Arrays, Blocks
from broadsheet.kit.card import Card, Claim
from broadsheet.kit.hits import Hits, top_k
from broadsheet.kit.mask import Mask

__all__ = ["CARD", "Attributes", "Partition", "Range", "Squash", "SquashBlock"]

CARD = Card(
    title="SQUASH: Serverless and Distributed Quantization-based Attributed Vector Similarity Search",
    paper="2502.01528",
    year=2025,
    solves="nearest vectors under a filter, from a few bits a dimension",
    claims=(
        Claim("evaluation", "SIFT1M, GIST1M, SIFT10M, DEEP10M on cloud functions", "throughput gain, up to", 18.0),
        Claim("ours", "papers.parquet, 256-d vectors, tldr queries", "recall@10 at 4 bits a dimension", 0.99, ours=True),
        Claim("ours", "papers.parquet, 256-d vectors, tldr queries", "bounds above the exact distance", 0.0, ours=True),
        Claim("ours", "papers.parquet, 256-d vectors, tldr queries", "recall@10 at 2 bits, by variance minus uniform", 0.0, ours=True),
        Claim("ours", "papers.parquet, 256-d vectors, tldr queries", "recall@10, weighted signs minus Hamming", 0.0, ours=True),
    ),
    departures=(
        "scores are inner products: squared norms are kept beside the codes, which turns the bound of the distance into"
        " one of the inner product",
        "coordinates never straddle two bytes, so that a bound is one table look-up a byte",
        "the first stage weighs each sign by the query's coordinate in 4 bits; `weighted=False` is the paper's Hamming"
        " distance",
        "bits that a coordinate at its cap of 8 cannot take go to the next instead of being lost",
        "one machine: the tree of cloud functions and its result cache are left out",
    ),
)  # fmt: skip

_ROUNDING = 1e-4  # float32 bounds and scores may differ by this share of the norms
_BATCH = 32  # rows scored at a time in exact mode


@dataclass(frozen=True, slots=True)
class Partition:
    """The rows nearest to one centre, with everything a search of them needs."""

    rows: NDArray[np.int64]  # (m,) in the block
    vectors: NDArray[np.float32]  # (m, d) as they came; read for refined rows only
    norms: NDArray[np.float32]  # (m,) squared
    codes: NDArray[np.uint8]  # (m, B)
    signs: NDArray[np.uint64]  # (m, W) of the turned coordinates
    mean: NDArray[np.float32]  # (d,)
    turn: NDArray[np.float32]  # (d, d) columns: directions of falling variance
    spread: NDArray[np.float32]  # (d,) standard deviations along them
    quantiser: Quantiser

    @classmethod
    def of(cls, vectors: NDArray[np.float32], rows: NDArray[np.int64], *, bits: float, by_variance: bool) -> Partition:
        """From the vectors (m, d) of `rows`, `bits` a dimension on average."""
        d = vectors.shape[1]
        mean = vectors.mean(axis=0)
        centred = vectors - mean
        turn = np.linalg.eigh(centred.T @ centred / len(rows))[1][:, ::-1].astype(np.float32)  # Karhunen-Loève
        z = centred @ turn  # (m, d)
        spread = z.std(axis=0)
        quantiser = Quantiser.fit(z, allocate_bits(spread**2 if by_variance else np.ones_like(spread), round(bits * d)))
        signs = np.zeros((len(rows), _words(d) * 8), np.uint8)
        packed = np.packbits(z > 0, axis=1, bitorder="little")
        signs[:, : packed.shape[1]] = packed
        norms = np.einsum("ij,ij->i", vectors, vectors)
        return cls(rows, vectors, norms, quantiser.encode(z), signs.view(np.uint64), mean, turn, spread, quantiser)

    def coarse(
        self, z: NDArray[np.float32], places: NDArray[np.int64] | None, keep: int, *, weighted: bool
    ) -> NDArray[np.int64]:
        """The `keep` places, and those that tie with the last, whose signs agree best with the query's z (d,)."""
        w = z * self.spread
        steps = np.rint((w / max(float(np.abs(w).max()), 1e-30) + 1) * (LEVELS / 2)) if weighted else LEVELS * (z > 0)
        planes = np.zeros((QUERY_BITS, self.signs.shape[1] * 8), np.uint8)
        packed = np.packbits((steps.astype(np.uint8) >> np.arange(QUERY_BITS)[:, None]) & 1, axis=1, bitorder="little")
        planes[:, : packed.shape[1]] = packed
        agreement = np.empty(len(self.rows) if places is None else len(places), np.int32)
        if places is None:
            estimate(self.signs, planes.view(np.uint64), agreement)
        else:
            estimate_rows(self.signs, planes.view(np.uint64), places, agreement)
        best = short_list(agreement, keep, LEVELS * 64 * self.signs.shape[1])
        return best if places is None else places[best]

    def upper_bounds(
        self, query: NDArray[np.float32], z: NDArray[np.float32], places: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """No vector at `places` has a greater inner product with the query than this, aligned."""
        tables, rest = self.quantiser.tables(z)
        least = np.empty(len(places), np.float32)
        lower_bounds(self.codes, places, tables, rest, least)
        return np.asarray((query @ query + self.norms[places] - least) / 2, np.float32)

    def search(
        self, query: NDArray[np.float32], k: int, places: NDArray[np.int64] | None, options: Squash
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """(rows, inner products) of the best of `places` (None: all): at least k, or all there are; in no order."""
        count = len(self.rows) if places is None else len(places)
        short = options.refine * k
        if count > short or places is None:
            z = (query - self.mean) @ self.turn
            keep = max(short, int(np.ceil(options.share * count)))
            if keep < count and not options.exact:
                places = self.coarse(z, places, keep, weighted=options.weighted)
            places = np.arange(count) if places is None else places
            bounds = self.upper_bounds(query, z, places)
            if options.exact:
                return self._until_certain(query, k, places, bounds)
            if len(places) > short:
                places = places[np.argpartition(-bounds, short)[:short]]
        return self.rows[places], self.vectors[places] @ query

    def _until_certain(
        self, query: NDArray[np.float32], k: int, places: NDArray[np.int64], bounds: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Scores rows by falling bound until no bound left reaches the k-th best score: then nothing is missed."""
        order = np.argsort(-bounds, kind="stable")
        slack = _ROUNDING * float(query @ query + self.norms.max(initial=0.0))
        scores = np.empty(0, np.float32)
        while len(scores) < len(order):
            if len(scores) >= k and bounds[order[len(scores)]] + slack < np.partition(scores, -k)[-k]:
                break
            batch = places[order[len(scores) : len(scores) + max(k, _BATCH)]]
            scores = np.concatenate([scores, self.vectors[batch] @ query])
        return self.rows[places[order[: len(scores)]]], scores


def _words(d: int) -> int:
    """64-bit words a row of signs takes: a power of two."""
    return 1 << (max(1, -(-d // 64)) - 1).bit_length()


@dataclass(frozen=True, slots=True)
class SquashBlock:
    """A run of rows in balanced partitions."""

    partitions: tuple[Partition, ...]
    dimensions: int

    @classmethod
    def of(
        cls, vectors: NDArray[np.float32], *, partitions: int = 10, bits: float = 4.0, by_variance: bool = True, seed: int = 0
    ) -> SquashBlock:
        """From vectors (n, d). Raises ValueError on NaN or infinity, naming the row."""
        wrong = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
        if len(wrong):
            raise ValueError(f"vector {int(wrong[0])} is not finite")
        groups = balanced(vectors, partitions, seed=seed)
        made = (Partition.of(vectors[rows], rows, bits=bits, by_variance=by_variance) for rows in groups)
        return cls(tuple(made), vectors.shape[1])

    @property
    def rows(self) -> int:
        """How many vectors."""
        return sum(len(p.rows) for p in self.partitions)

    @property
    def bytes_per_vector(self) -> float:
        """What a search keeps in memory: all but the vectors, which are read for refined rows only."""
        held = sum(p.codes.nbytes + p.signs.nbytes + p.norms.nbytes + p.rows.nbytes + p.turn.nbytes for p in self.partitions)
        return held / max(1, self.rows)

    def to_arrays(self) -> Arrays:
        """Everything needed to restore it."""
        ps = self.partitions
        arrays: dict[str, NDArray[Any]] = {"shape": np.array([len(ps), self.dimensions], np.int64)}
        for name in ("rows", "vectors", "norms", "signs", "mean", "turn", "spread"):
            arrays[name] = np.concatenate([getattr(p, name) for p in ps]) if ps else np.empty(0)
        arrays["sizes"] = np.array([(len(p.rows), p.codes.shape[1], len(p.quantiser.edges)) for p in ps], np.int64)
        arrays["codes"] = np.concatenate([p.codes.ravel() for p in ps]) if ps else np.empty(0)
        arrays["bits"] = np.array([p.quantiser.bits for p in ps], np.int64)
        arrays["edges"] = np.concatenate([p.quantiser.edges for p in ps]) if ps else np.empty(0)
        return arrays
