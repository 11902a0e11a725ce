"""Scan: every vector as one bit per dimension, all of them scanned; the best are rescored in 8 bits.

Problem: find the vectors nearest to a query among all, or among exactly those that a filter allows, without training
and without rebuilding when vectors are added. Idea: rotate the vectors at random and keep only signs; with a query
quantised to 4 bits the inner product is four XOR-and-popcount passes over 32 bytes per row (256 dimensions). That is
exact enough to select a short list, which is rescored from 8-bit codes.

Gao, Long: RaBitQ: Quantizing High-Dimensional Vectors with a Theoretical Error Bound for Approximate Nearest
Neighbor Search. SIGMOD 2024, sections 3.1 to 3.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes._codes import best_allowed, best_rows, floor_of, inner_rows, longest, planes_for
from broadsheet.indexes._keys import decode_keys
from broadsheet.indexes._rotation import rotate, rotate_back, signs_of
from broadsheet.indexes._vectors import CodedBlocks
from broadsheet.indexes.contract import Arrays, check_types
from broadsheet.kit.card import Card, Claim
from broadsheet.kit.hits import Hits
from broadsheet.kit.mask import Mask
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.quantise import row_steps
from broadsheet.kit.signs import (
    LEVELS,
    estimate,
    estimate_rows,
    exclude,
    mask_rows,
    missed_rows,
    rows_up_to,
    short_list,
)

__all__ = ["CARD", "CodeBlock", "Scan"]

CARD = Card(
    title="RaBitQ: Quantizing High-Dimensional Vectors with a Theoretical Error Bound",
    paper="2405.12497",
    year=2024,
    fidelity="reduced",
    solves="nearest vectors by inner product, exact under any filter, nothing to train",
    when=(
        "Choose it up to some hundred thousand vectors, under filters that leave few rows, and wherever vectors "
        "come and go: nothing is trained or balanced. Beyond, choose ivf or vamana."
    ),
    costs=(
        "86,366 vectors of 256 are encoded in 0.4 seconds and take 292 bytes each; 2,200 queries a second at recall "
        "0.99 on one core, 58,000 where a filter leaves a hundredth."
    ),
    stage="candidates by meaning, in libraries up to some hundred thousand papers",
    claims=(
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, tldr queries, test half",
            "recall@100 against exact search",
            0.99,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, tldr queries, test half",
            "median latency, exact search in numpy over this index (ratio)",
            4.0,
            ours=True,
        ),
    ),
    departures=(
        "the rotation is a fast Hadamard transform with random signs, not a dense orthogonal matrix: nothing to keep",
        "estimates are made without the per-vector correction, and the bound holds for vectors about as long as those"
        " found; rows within it are rescored from 8-bit codes",
    ),
)

_ROWS_AT_ONCE = 65_536  # rows coded together: bounds the memory for floats
_SCORED = 2000  # allowed rows, in addition to the short list, up to which all are scored without estimates
_SPARSE = 8  # a mask with fewer than one row in so many is read as a list of rows


@dataclass(frozen=True, slots=True)
class CodeBlock(Persistent):
    """The codes of a block of vectors, rotated to D dimensions."""

    bits: NDArray[np.uint64]  # (n, D / 64)
    codes: NDArray[np.int8]  # (n, D)
    scales: NDArray[np.float32]  # (n,), code * scale = component
    dimensions: int  # of the original vectors

    @classmethod
    def of(cls, vectors: NDArray[np.float32]) -> CodeBlock:
        """From vectors (n, d), which may be a memory map. Raises ValueError on NaN or infinity, naming the row."""
        n, d = vectors.shape
        size = len(signs_of(d))
        block = cls(np.empty((n, size // 64), np.uint64), np.empty((n, size), np.int8), np.empty(n, np.float32), d)
        for start in range(0, n, _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            rotated = rotate(vectors[part])  # (m, D)
            peak = np.abs(rotated).max(axis=1)
            if not np.isfinite(peak).all():
                raise ValueError(f"vector {start + int(np.flatnonzero(~np.isfinite(peak))[0])} is not finite")
            steps = row_steps(rotated, peak)
            along = np.einsum("ij,ij->i", steps, rotated)
            # with this scale a vector has its original length along its codes
            squares = np.einsum("ij,ij->i", rotated, rotated)
            block.scales[part] = np.where(along > 0, squares / np.where(along > 0, along, 1), 1)
            block.codes[part] = steps
            block.bits[part] = np.packbits(rotated > 0, axis=1, bitorder="little").view(np.uint64)
        return block

    @classmethod
    def concatenate(cls, blocks: Sequence[CodeBlock]) -> CodeBlock:
        """Several blocks, at least one, of vectors of the same dimensions as one."""
        return cls(
            np.concatenate([b.bits for b in blocks]),
            np.concatenate([b.codes for b in blocks]),
            np.concatenate([b.scales for b in blocks]),
            blocks[0].dimensions,
        )

    @property
    def rows(self) -> int:
        """The number of vectors."""
        return len(self.codes)

    def inner(self, rotated: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The inner product of a rotated query (D,) with each of the rows, aligned."""
        out = np.empty(len(rows), np.float32)
        inner_rows(self.codes, self.scales, rotated, rows, 0, out)
        return out

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """These vectors, decoded and rotated back, (m, d)."""
        return rotate_back(self.codes[rows].astype(np.float32) * self.scales[rows, None], self.dimensions)

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
        """Restore the block. Raises ValueError if the arrays do not fit together."""
        check_types(arrays, bits=np.uint64, codes=np.int8, scales=np.float32)
        block = cls(arrays["bits"], arrays["codes"], arrays["scales"], int(arrays["dimensions"][0]))
        n, size = block.codes.shape
        if block.bits.shape != (n, size // 64) or block.scales.shape != (n,) or size != len(signs_of(block.dimensions)):
            raise ValueError(f"bits, codes and scales differ in shape, or {block.dimensions} dimensions are not {size}")
        return block


class Scan(CodedBlocks[CodeBlock]):
    """Code blocks scanned as one.

    `short` rows per result are rescored, at least `least`; if `bounded`, also all rows whose estimate is within the
    error bound of the worst score among these. If the allowed rows have similar distances, these are many.

    >>> import numpy as np
    >>> from broadsheet.indexes.scan import CodeBlock, Scan
    >>> from broadsheet.kit.mask import Mask
    >>> x = np.random.default_rng(0).standard_normal((500, 32)).astype(np.float32)
    >>> x /= np.linalg.norm(x, axis=1, keepdims=True)
    >>> index = Scan([CodeBlock.of(x)])
    >>> hits = index.search(x[7], k=3)
    >>> int(hits.ids[0]), round(float(hits.scores[0]), 2)
    (7, 1.0)
    >>> allowed = Mask.of(np.arange(500) % 2 == 0)
    >>> bool((index.search(x[7], 5, allowed).ids % 2 == 0).all())
    True
    >>> index.blocks[0].save("vectors.bin")
    >>> Scan([CodeBlock.load("vectors.bin")]).search(x[7], k=3).ids.tolist() == hits.ids.tolist()
    True
    """

    def __init__(
        self, blocks: Sequence[CodeBlock] = (), *, short: int = 20, least: int = 1200, bounded: bool = True
    ) -> None:
        super().__init__(blocks)
        self.short = short
        self.least = least
        self.bounded = bounded

    def with_block(self, block: CodeBlock) -> Scan:
        """A new index with the block's rows appended, searched in the same way."""
        return Scan((*self.blocks, block), short=self.short, least=self.least, bounded=self.bounded)

    def search(self, query: NDArray[np.float32], k: int, allowed: Mask | None = None) -> Hits:
        """At most k rows with the greatest inner product with the query (d,), best first.

        Raises ValueError if the query has other dimensions, NaN or infinity, or the mask covers other rows.
        """
        if not len(self) or k <= 0:
            return Hits.none()
        query = self._check_query(query, allowed)
        limit = max(self.least, self.short * k)
        if allowed is not None and len(self.blocks) == 1:
            block, signs, most = self.blocks[0], signs_of(len(query)), limit + _SCORED
            done, ids, scores = best_allowed(block.codes, block.scales, query, signs, allowed.words, most, k)
            if done:
                return Hits(ids, scores)
        rotated = self._rotate_query(query)
        count, rows = (len(self), None) if allowed is None else rows_up_to(allowed.words, limit + _SCORED)
        if rows is not None and count == len(rows):
            return self._rescore(rotated, rows, min(k, count))[0]
        planes, slope, deviation = planes_for(rotated)
        rows = mask_rows(allowed.words, count) if allowed is not None and count * _SPARSE < len(self) else None
        estimates = self._estimates(planes, rows, allowed if count < len(self) else None)
        short = short_list(estimates, limit, LEVELS * len(rotated))
        hits, length = self._rescore(rotated, short if rows is None else rows[short], k)
        if not self.bounded or len(hits) < k:
            return hits
        more = missed_rows(estimates, short, floor_of(hits.scores[-1], length, slope, deviation, len(rotated)))
        if not len(more):
            return hits
        return self._rescore(rotated, more if rows is None else rows[more], k)[0]

    def _rescore(self, rotated: NDArray[np.float32], rows: NDArray[np.int64], k: int) -> tuple[Hits, float]:
        """(the k best of the ascending rows by their codes, the length of the longest row)."""
        keys, length = [], 0.0
        for start, block in self.parts():
            a, b = (0, len(rows)) if len(self.blocks) == 1 else np.searchsorted(rows, (start, start + block.rows))
            if a < b:
                keys.append(best_rows(block.codes, block.scales, rotated, rows[a:b], start, min(k, b - a)))
                length = max(length, longest(block.codes, block.scales, keys[-1], start))
        if len(keys) == 1:
            return Hits(*decode_keys(keys[0])), length
        return (Hits(*decode_keys(np.sort(np.concatenate(keys))[-k:])) if keys else Hits.none()), length

    def _estimates(
        self, planes: NDArray[np.uint64], rows: NDArray[np.int64] | None, allowed: Mask | None
    ) -> NDArray[np.int32]:
        """The estimates of the ascending rows, or of all, aligned; -1 for rows that the mask forbids."""
        if rows is None:
            out = np.empty(len(self), np.int32)
            for start, block in self.parts():
                estimate(block.bits, planes, out[start : start + block.rows])
            if allowed is not None:
                exclude(allowed.words, out)
            return out
        out = np.empty(len(rows), np.int32)
        for start, block in self.parts():
            a, b = np.searchsorted(rows, (start, start + block.rows))
            estimate_rows(block.bits, planes, rows[a:b] - start, out[a:b])
        return out
