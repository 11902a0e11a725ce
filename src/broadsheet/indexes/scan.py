"""Scan: every vector as one bit a dimension, scanned whole; the best rescored in 8 bits.

Problem: find the vectors nearest to a query among all of them, or among exactly those a filter allows, with nothing to
train and nothing to rebuild when vectors are added. Idea: rotate the vectors at random and keep only signs; against a
query quantised to 4 bits the inner product is four XOR-and-popcount passes over 32 bytes a row (256 dimensions), which
ranks well enough to pick a short list, and the short list is rescored from 8-bit codes.

Gao, Long: RaBitQ: Quantizing High-Dimensional Vectors with a Theoretical Error Bound for Approximate Nearest
Neighbor Search. SIGMOD 2024, sections 3.1 to 3.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes._signs import LEVELS, QUERY_BITS, estimate, estimate_rows, forbid, listed, short_list
from broadsheet.indexes.contract import Arrays, Blocks
from broadsheet.kit.card import Card, Claim
from broadsheet.kit.hits import Hits
from broadsheet.kit.jit import jit, jit_reordering
from broadsheet.kit.mask import Mask
from broadsheet.kit.select import best

__all__ = ["CARD", "CodeBlock", "Scan"]

CARD = Card(
    title="RaBitQ: Quantizing High-Dimensional Vectors with a Theoretical Error Bound",
    paper="2405.12497",
    year=2024,
    solves="nearest vectors by inner product, exact under any filter, nothing to train",
    claims=(
        Claim("ours", "papers.parquet, tldr queries, test half", "recall@100 against exact search", 0.99, ours=True),
        Claim(
            "ours",
            "papers.parquet, tldr queries, test half",
            "median latency, exact search in numpy over this index (ratio)",
            4.0,
            ours=True,
        ),
    ),
    departures=(
        "the rotation is a fast Hadamard transform with random signs, not a dense orthogonal matrix: nothing to keep",
        "the short list is picked without the per-vector correction and rescored from 8-bit codes without the bound",
    ),
)

_SCORED = 2000  # rows beyond the short list that are scored sooner than estimated
_SPARSE = 8  # a mask with fewer than one row in so many is read as a list of rows


@lru_cache(maxsize=8)
def _signs(d: int) -> NDArray[np.float32]:
    """The random signs of d-dimensional vectors over sqrt(D), (D,); D is the next multiple-of-64 power of two."""
    size = max(64, 1 << (d - 1).bit_length())
    drawn = np.random.default_rng(d).choice(np.array([-1.0, 1.0], np.float32), size)
    return np.asarray(drawn / np.sqrt(size), np.float32)


@jit
def _hadamard(x: NDArray[np.float32]) -> None:
    """Multiply every row of x (n, D) by the Hadamard matrix of Sylvester, in place."""
    for i in range(len(x)):
        span = 1
        while span < x.shape[1]:
            for first in range(0, x.shape[1], 2 * span):
                for j in range(first, first + span):
                    low, high = x[i, j], x[i, j + span]
                    x[i, j] = low + high
                    x[i, j + span] = low - high
            span *= 2


def turned(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors (n, d) rotated at random, (n, D): signs flipped, then the Hadamard transform; orthonormal."""
    signs = _signs(vectors.shape[1])
    out = np.zeros((len(vectors), len(signs)), np.float32)
    np.multiply(vectors, signs[: vectors.shape[1]], out=out[:, : vectors.shape[1]])
    _hadamard(out)
    return out


def turned_back(rotated: NDArray[np.float32], d: int) -> NDArray[np.float32]:
    """The d-dimensional vectors (n, d) of which these (n, D) are the rotated ones."""
    out = np.ascontiguousarray(rotated, np.float32).copy()
    _hadamard(out)
    return np.asarray(out[:, :d] * _signs(d)[:d])


@jit_reordering
def _rescore(
    codes: NDArray[np.int8],
    scales: NDArray[np.float32],
    query: NDArray[np.float32],
    rows: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    """out[i] = the inner product of the query with 8-bit row rows[i]."""
    for i in range(len(rows)):
        row = rows[i]
        total = np.float32(0)
        for j in range(len(query)):
            total += np.float32(codes[row, j]) * query[j]
        out[i] = total * scales[row]


def _planes(turned: NDArray[np.float32]) -> NDArray[np.uint64]:
    """The rotated query (D,) in steps of 4 bits, as bit planes (4, D / 64)."""
    peak = max(float(np.abs(turned).max()), 1e-30)
    steps = np.rint((turned / peak + 1) * (LEVELS / 2)).astype(np.uint8)  # (D,), 0..15
    bits = (steps >> np.arange(QUERY_BITS, dtype=np.uint8)[:, None]) & 1
    return np.packbits(bits, axis=1, bitorder="little").view(np.uint64)


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """The codes of a run of vectors, rotated to D dimensions."""

    bits: NDArray[np.uint64]  # (n, D / 64)
    codes: NDArray[np.int8]  # (n, D)
    scales: NDArray[np.float32]  # (n,), code * scale = component
    dimensions: int  # of the vectors as they came

    @classmethod
    def of(cls, vectors: NDArray[np.float32]) -> CodeBlock:
        """From vectors (n, d). Raises ValueError on NaN or infinity, naming the row."""
        d = vectors.shape[1]
        rotated = turned(vectors)  # (n, D)
        peak = np.abs(rotated).max(axis=1, initial=0.0)
        if not np.isfinite(peak).all():
            raise ValueError(f"vector {int(np.flatnonzero(~np.isfinite(peak))[0])} is not finite")
        scales = np.where(peak > 0, peak / 127, 1).astype(np.float32)
        codes = np.rint(rotated / scales[:, None]).astype(np.int8)
        bits = np.packbits(rotated > 0, axis=1, bitorder="little").view(np.uint64)
        return cls(bits, codes, scales, d)

    @property
    def rows(self) -> int:
        """How many vectors."""
        return len(self.codes)

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The given vectors, decoded and turned back, (m, d)."""
        return turned_back(self.codes[rows].astype(np.float32) * self.scales[rows, None], self.dimensions)

    def to_arrays(self) -> Arrays:
        """Everything needed to restore it."""
        return {
            "bits": self.bits,
            "codes": self.codes,
            "scales": self.scales,
            "dimensions": np.array([self.dimensions], np.int64),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> CodeBlock:
        """The block again. Raises ValueError if the arrays do not fit together."""
        block = cls(arrays["bits"], arrays["codes"], arrays["scales"], int(arrays["dimensions"][0]))
        n, size = block.codes.shape
        if block.bits.shape != (n, size // 64) or block.scales.shape != (n,) or block.dimensions > size:
            raise ValueError("bits, codes and scales differ in shape")
        return block


class Scan(Blocks[CodeBlock]):
    """Code blocks scanned as one. `short` rows are rescored for every one asked for, at least `least`."""

    def __init__(self, blocks: Sequence[CodeBlock] = (), *, short: int = 20, least: int = 1200) -> None:
        super().__init__(blocks)
        if len({b.dimensions for b in self.blocks}) > 1:
            raise ValueError(f"blocks of {sorted({b.dimensions for b in self.blocks})} dimensions cannot be one index")
        self.short = short
        self.least = least

    def _turned(self, query: NDArray[np.float32]) -> NDArray[np.float32]:
        wanted = self.blocks[0].dimensions
        if query.shape != (wanted,):
            raise ValueError(f"the query has shape {query.shape}, the index holds {wanted}-dimensional vectors")
        return turned(query.astype(np.float32)[None]).ravel()

    def score(self, query: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The inner product of the query (d,) with the 8-bit vectors of `rows`, aligned."""
        out = np.zeros(len(rows), np.float32)
        if not len(rows):
            return out
        turned = self._turned(query)
        for start, block in self.parts():
            here = np.flatnonzero((rows >= start) & (rows < start + block.rows))
            part = np.empty(len(here), np.float32)
            _rescore(block.codes, block.scales, turned, rows[here] - start, part)
            out[here] = part
        return out

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors of the given rows as kept, (m, d)."""
        out = np.zeros((len(rows), self.blocks[0].dimensions if self.blocks else 0), np.float32)
        for start, block in self.parts():
            here = np.flatnonzero((rows >= start) & (rows < start + block.rows))
            if len(here):
                out[here] = block.vectors(rows[here] - start)
        return out

    def search(self, query: NDArray[np.float32], k: int, allowed: Mask | None = None) -> Hits:
        """At most k rows with the greatest inner product with the query (d,), best first."""
        if not len(self) or k <= 0:
            return Hits.none()
        if allowed is not None and allowed.n != len(self):
            raise ValueError(f"the mask covers {allowed.n} rows, the index {len(self)}")
        turned = self._turned(query)
        limit = max(self.least, self.short * k)
        count = allowed.count() if allowed is not None else len(self)
        if allowed is not None and count <= limit + _SCORED:
            rows = listed(allowed.words, count)
        elif allowed is not None and count * _SPARSE < len(self):
            rows = self._best_listed(_planes(turned), limit, listed(allowed.words, count))
        else:
            rows = self._best_of_all(_planes(turned), limit, allowed)
        found = best(self._scores(turned, rows), k)  # rows ascend, so that ties stay in order
        return Hits(rows[found.ids], found.scores)

    def _scores(self, turned: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The inner products with the rows, which ascend; aligned."""
        out = np.empty(len(rows), np.float32)
        for start, block in self.parts():
            a, b = np.searchsorted(rows, (start, start + block.rows))
            _rescore(block.codes, block.scales, turned, rows[a:b] - start, out[a:b])
        return out

    def _best_listed(self, planes: NDArray[np.uint64], limit: int, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of the rows, which ascend, with the `limit` best estimates, and those that tie with the last."""
        estimates = np.empty(len(rows), np.int32)
        for start, block in self.parts():
            a, b = np.searchsorted(rows, (start, start + block.rows))
            estimate_rows(block.bits, planes, rows[a:b] - start, estimates[a:b])
        return rows[short_list(estimates, limit, LEVELS * 64 * planes.shape[1])]

    def _best_of_all(self, planes: NDArray[np.uint64], limit: int, allowed: Mask | None) -> NDArray[np.int64]:
        """The allowed rows with the `limit` best estimates, and those that tie with the last, ascending."""
        estimates = np.empty(len(self), np.int32)
        for start, block in self.parts():
            estimate(block.bits, planes, estimates[start : start + block.rows])
        if allowed is not None and allowed.count() < len(self):
            forbid(allowed.words, estimates)
        return short_list(estimates, limit, LEVELS * 64 * planes.shape[1])
