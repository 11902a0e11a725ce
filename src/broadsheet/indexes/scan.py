"""Scan: every vector as one bit a dimension, scanned whole; the best rescored in 8 bits.

Problem: find the vectors nearest to a query among all of them, or among exactly those a filter allows, with nothing to
train and nothing to rebuild when vectors are added. Idea: rotate the vectors at random and keep only signs; against a
query quantised to 4 bits the inner product is four AND-and-popcount passes over 32 bytes a row (256 dimensions), which
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

from broadsheet.indexes.contract import Arrays, Blocks
from broadsheet.kit.card import Card, Claim
from broadsheet.kit.hits import Hits, top_k
from broadsheet.kit.jit import jit, jit_reordering, popcount
from broadsheet.kit.mask import Mask

__all__ = ["CARD", "CodeBlock", "Scan"]

CARD = Card(
    title="RaBitQ: Quantizing High-Dimensional Vectors with a Theoretical Error Bound",
    paper="2405.12497",
    year=2024,
    solves="nearest vectors by inner product, exact under any filter, nothing to train",
    claims=(
        Claim(
            "ours", "papers.parquet, 256-d vectors, tldr queries", "recall@100 against exact search", 0.99, ours=True
        ),
    ),
    departures=(
        "the rotation is a Hadamard matrix with random signs, not a dense orthogonal one: there is no matrix to keep",
        "the short list is picked without the per-vector correction and rescored from 8-bit codes without the bound",
    ),
)

_QUERY_BITS = 4


@lru_cache(maxsize=8)
def rotation(d: int) -> NDArray[np.float32]:
    """The d x D orthonormal rotation used for d-dimensional vectors; D is the next multiple-of-64 power of two."""
    size = max(64, 1 << (d - 1).bit_length())
    hadamard = np.ones((1, 1), np.float32)
    while len(hadamard) < size:
        hadamard = np.block([[hadamard, hadamard], [hadamard, -hadamard]])
    signs = np.random.default_rng(d).choice(np.array([-1.0, 1.0], np.float32), size)
    return np.ascontiguousarray((hadamard * signs[:, None] / np.sqrt(size)).astype(np.float32)[:d])


@jit
def _estimate(
    bits: NDArray[np.uint64], planes: NDArray[np.uint64], words: NDArray[np.uint64], offset: int, out: NDArray[np.int32]
) -> None:
    """out[i] = the query's 4-bit values summed over the set bits of row i, on a scale that starts at 0 (-1: forbidden).

    A value u stands for u - 7.5, so the sum is 2 * sum(u) - 15 * popcount, shifted up by its least value.
    """
    width = bits.shape[1]
    shift = 15 * 64 * width
    masked = len(words) > 0
    for i in range(len(bits)):
        row = i + offset
        if masked and not (words[row >> 6] >> np.uint64(row & 63)) & np.uint64(1):
            out[i] = -1
            continue
        total = np.int64(0)
        ones = np.int64(0)
        for w in range(width):
            ones += np.int64(popcount(bits[i, w]))
        for b in range(_QUERY_BITS):
            part = np.uint64(0)
            for w in range(width):
                part += popcount(bits[i, w] & planes[b, w])
            total += np.int64(part) << b
        out[i] = np.int32(2 * total - 15 * ones + shift)


@jit
def _short_list(estimates: NDArray[np.int32], k: int, ceiling: int) -> NDArray[np.int64]:
    """At least the k rows with the greatest estimates (all that tie with the last), by counting."""
    counts = np.zeros(ceiling + 2, np.int64)
    for value in estimates:
        if value >= 0:
            counts[value] += 1
    threshold = ceiling + 1
    total = 0
    while threshold > 0 and total < k:
        threshold -= 1
        total += counts[threshold]
    rows = np.empty(total, np.int64)
    at = 0
    for row in range(len(estimates)):
        if estimates[row] >= threshold:
            rows[at] = row
            at += 1
    return rows[:at]


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
        turned = vectors @ rotation(d)  # (n, D)
        peak = np.abs(turned).max(axis=1, initial=0.0)
        if not np.isfinite(peak).all():
            raise ValueError(f"vector {int(np.flatnonzero(~np.isfinite(peak))[0])} is not finite")
        scales = np.where(peak > 0, peak / 127, 1).astype(np.float32)
        codes = np.rint(turned / scales[:, None]).astype(np.int8)
        bits = np.packbits(turned > 0, axis=1, bitorder="little").view(np.uint64)
        return cls(bits, codes, scales, d)

    @property
    def rows(self) -> int:
        """How many vectors."""
        return len(self.codes)

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The given vectors, decoded and turned back, (m, d)."""
        turned = self.codes[rows].astype(np.float32) * self.scales[rows, None]
        return np.asarray(turned @ rotation(self.dimensions).T)

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

    def __init__(self, blocks: Sequence[CodeBlock] = (), *, short: int = 12, least: int = 2000) -> None:
        super().__init__(blocks)
        if len({b.dimensions for b in self.blocks}) > 1:
            raise ValueError(f"blocks of {sorted({b.dimensions for b in self.blocks})} dimensions cannot be one index")
        self.short = short
        self.least = least

    def _turned(self, query: NDArray[np.float32]) -> NDArray[np.float32]:
        wanted = self.blocks[0].dimensions
        if query.shape != (wanted,):
            raise ValueError(f"the query has shape {query.shape}, the index holds {wanted}-dimensional vectors")
        return np.asarray(query.astype(np.float32) @ rotation(wanted))

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
        peak = max(float(np.abs(turned).max()), 1e-30)
        steps = np.rint((turned / peak + 1) * 7.5).astype(np.uint8)  # (D,), 0..15
        planes = np.packbits((steps >> np.arange(_QUERY_BITS)[:, None]) & 1, axis=1, bitorder="little").view(np.uint64)
        words = allowed.words if allowed is not None else np.empty(0, np.uint64)
        estimates = np.empty(len(self), np.int32)
        for start, block in self.parts():
            _estimate(block.bits, planes, words, start, estimates[start : start + block.rows])
        rows = _short_list(estimates, max(self.least, self.short * k), 30 * len(turned))
        return top_k(rows, self.score(query, rows), k)
