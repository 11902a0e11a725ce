"""LVQ: every component of a vector in a few bits, on a grid stretched between that vector's own extremes.

Problem: a scan for nearest vectors is bounded by how fast memory is read, and one grid for all vectors wastes bits on
extremes that most vectors never reach. Idea: subtract the mean vector; give each vector a uniform grid of 2^B values
from its smallest to its greatest component, so that two numbers a vector restore any component. A second level keeps
the rounding error on a grid of its own, needs no further numbers, and is read only for the few rows to be rescored.

Aguerrebere, Bhati, Hildebrand, Tepper, Willke: Similarity Search in the Blink of an Eye with Compressed Indices.
VLDB 2023, section 3: the one-level and the two-level quantiser.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet_lab.compression._grids import add_scanned, packed, unpacked
from broadsheet_lab.compression.contract import QUERY, Arrays, Codes, checked

__all__ = ["BITS", "CARD", "LVQ", "grid", "quantised"]

CARD = Card(
    title="Similarity Search in the Blink of an Eye with Compressed Indices",
    paper="2304.04759",
    year=2023,
    fidelity="faithful",
    solves="vectors in 2 to 8 bits a component, nothing to train but a mean",
    when=(
        "Choose it for vectors whose components are alike in size, where adding vectors must cost nothing; at 2 "
        "bits or fewer, codebooks keep more."
    ),
    costs="One mean is learned; encoding is one pass; 4 bits a component and two numbers a vector.",
    unused=(
        "the product's indexes have codes of their own, signs first and 8 bits for the best, which learn nothing "
        "and so take one vector at a time."
    ),
    claims=(
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, 256-d vectors, tldr queries, test half",
            "recall@10 with 8 bits",
            0.99,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, 256-d vectors, tldr queries, test half",
            "recall@10 with 4 bits, above one grid for all vectors with 4 bits",
            0.05,
            ours=True,
        ),
    ),
    departures=(
        "the two numbers a vector are rounded outwards to 16 bits, so that the grid always covers the vector",
        "components are divided by the greatest seen in training, so that 16-bit numbers fit vectors of any scale",
    ),
)

BITS = (1, 2, 4, 8)
_FARTHEST = float(np.finfo(np.float16).max) / 4  # a component, in units of `scale_`


def grid(centred: NDArray[np.float32], bits: int) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
    """(l, Delta), each (n,): the least component of each row of centred (n, d), and (u - l) / (2^B - 1).

    Both rounded to 16 bits, l down and Delta up: no component lies outside l .. l + (2^B - 1) Delta.
    """
    least, greatest = centred.min(axis=1), centred.max(axis=1)
    lower = least.astype(np.float16)
    lower = np.where(lower > least, np.nextafter(lower, np.float16(-np.inf)), lower)
    wanted = (greatest - lower.astype(np.float32)) / (2**bits - 1)
    step = wanted.astype(np.float16)
    step = np.where(step < wanted, np.nextafter(step, np.float16(np.inf)), step)
    return lower, step


def quantised(
    values: NDArray[np.float32], lower: NDArray[np.floating], step: NDArray[np.floating], bits: int
) -> NDArray[np.uint8]:
    """floor((x - l) / Delta + 1/2) within 0 .. 2^B - 1, for values (n, d), lower and step (n,)."""
    width = np.where(step > 0, step, 1)[:, None]
    return np.clip(np.floor((values - lower[:, None]) / width + 0.5), 0, 2**bits - 1).astype(np.uint8)


class LVQ(Persistent):
    """One level of `bits`, or two with `residual_bits`; learns `mean_` (d,) and `scale_`.

    Codes hold `primary` (n, d bits / 8), `lower` and `step` (n,) in 16 bits, and with two levels `residual`.

    >>> import numpy as np
    >>> from broadsheet_lab.compression.lvq import LVQ
    >>> x = np.random.default_rng(0).standard_normal((600, 32)).astype(np.float32)
    >>> method = LVQ(bits=4).fit(x)
    >>> codes = method.encode(x)
    >>> codes.bytes_per_vector
    20
    >>> scores = method.scores(x[:5], codes)
    >>> scores.shape, scores.argmax(axis=1).tolist()
    ((5, 600), [0, 1, 2, 3, 4])
    """

    def __init__(self, *, bits: int = 8, residual_bits: int = 0) -> None:
        if bits not in BITS or residual_bits not in (0, *BITS):
            raise ValueError(f"a level has one of {BITS} bits (the second may have 0), not {bits} and {residual_bits}")
        self.bits = bits
        self.residual_bits = residual_bits
        self.mean_ = np.empty(0, np.float32)
        self.scale_ = 1.0

    @property
    def dimensions(self) -> int:
        """The length of the vectors it was fitted on; 0 before."""
        return len(self.mean_)

    def fit(self, vectors: NDArray[np.float32]) -> LVQ:
        """Learn the mean of vectors (n, d), n >= 1."""
        x = checked(vectors, least=1)
        self.mean_ = x.mean(axis=0, dtype=np.float64).astype(np.float32)
        self.scale_ = float(np.abs(x - self.mean_).max()) or 1.0
        return self

    def encode(self, vectors: NDArray[np.float32]) -> Codes:
        """The codes of vectors (n, d). Raises ValueError for one thousands of times beyond any seen in training."""
        centred = checked(vectors, dimensions=self.dimensions) - self.mean_
        beyond = np.abs(centred).max(axis=1, initial=0) > _FARTHEST * self.scale_
        if beyond.any():
            raise ValueError(f"vector {int(np.flatnonzero(beyond)[0])} is far beyond those seen in training: fit again")
        centred /= np.float32(self.scale_)
        lower, step = grid(centred, self.bits)
        low, delta = lower.astype(np.float32), step.astype(np.float32)
        codes = quantised(centred, low, delta, self.bits)
        fields: dict[str, NDArray[Any]] = {"primary": packed(codes, self.bits), "lower": lower, "step": step}
        if self.residual_bits:  # the error lies in -Delta/2 .. Delta/2: that is its grid
            error = centred - (low[:, None] + delta[:, None] * codes)
            finer = quantised(error, -delta / 2, delta / (2**self.residual_bits - 1), self.residual_bits)
            fields["residual"] = packed(finer, self.residual_bits)
        return Codes(fields)

    def decode(self, codes: Codes) -> NDArray[np.float32]:
        """The vectors at the precision of all levels, (n, d)."""
        step = codes.fields["step"].astype(np.float32)[:, None]
        lower = codes.fields["lower"].astype(np.float32)[:, None]
        x = lower + step * unpacked(codes.fields["primary"], self.bits, self.dimensions)
        if self.residual_bits:
            finer = unpacked(codes.fields["residual"], self.residual_bits, self.dimensions)
            x += step * (finer / np.float32(2**self.residual_bits - 1) - np.float32(0.5))
        return np.asarray(x * np.float32(self.scale_) + self.mean_, np.float32)

    def _first(self, query: NDArray[np.float32], codes: Codes) -> NDArray[np.float32]:
        """Inner products of the query (d,) with the first level: Delta <c, q> + l <1, q> + <mean, q>, (n,)."""
        scaled = query * np.float32(self.scale_)
        primary, step, lower = (codes.fields[name] for name in ("primary", "step", "lower"))
        out = np.full(len(codes), self.mean_ @ query, np.float32)
        add_scanned(primary, scaled, self.bits, step, lower, out, scale=1, offset=float(scaled.sum()))
        return out

    def scores(self, queries: NDArray[np.float32], codes: Codes) -> NDArray[np.float32]:
        """Inner products of queries (m, d) with the first level, (m, n)."""
        q = checked(queries, dimensions=self.dimensions, noun=QUERY)
        return np.stack([self._first(query, codes) for query in q]) if len(q) else np.empty((0, len(codes)), np.float32)

    def rescored(self, query: NDArray[np.float32], codes: Codes, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The inner product of the query (d,) with the rows at the precision of all levels, (r,)."""
        q = checked(query[None], dimensions=self.dimensions, noun=QUERY)[0]
        taken = codes.take(rows)
        out = self._first(q, taken)
        if self.residual_bits:  # Delta (<c', q> / (2^B' - 1) - <1, q> / 2)
            scaled = q * np.float32(self.scale_)
            finer, step = taken.fields["residual"], taken.fields["step"]
            share = 1 / (2**self.residual_bits - 1)
            offset = -float(scaled.sum()) / 2
            add_scanned(finer, scaled, self.residual_bits, step, step, out, scale=share, offset=offset)
        return out

    def to_arrays(self) -> Arrays:
        """What was learned."""
        return {
            "mean": self.mean_,
            "scale": np.array([self.scale_], np.float64),
            "bits": np.array([self.bits, self.residual_bits], np.int64),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> LVQ:
        """The method again. Raises ValueError if the arrays do not fit together."""
        if arrays["mean"].ndim != 1 or arrays["bits"].shape != (2,) or arrays["scale"].shape != (1,):
            raise ValueError(f"mean, scale and bits have shapes {[arrays[n].shape for n in ('mean', 'scale', 'bits')]}")
        method = cls(bits=int(arrays["bits"][0]), residual_bits=int(arrays["bits"][1]))
        method.mean_, method.scale_ = arrays["mean"], float(arrays["scale"][0])
        return method
