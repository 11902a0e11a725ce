"""Optimised scalar quantisation: bits given to coordinates by variance, cells fitted by Lloyd, bounds by table.

The parts of SQUASH that know numbers only: no rows, no filters. A code is B bytes; several coordinates share a byte
and none crosses into the next, so that the bound of a row is one table look-up a byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.kit.jit import jit

__all__ = ["Quantiser", "allocate_bits", "cell_edges", "lower_bounds", "pack_plan"]

_BYTE = 8
_MARGIN = 1e-3  # the outermost edges lie this far outside the data
_SAMPLE = 8192  # values that Lloyd's iteration sees


def allocate_bits(variance: NDArray[np.float32], budget: int) -> NDArray[np.int64]:
    """Bits a coordinate, (d,), of `budget` in all: each goes where the energy left is greatest, and quarters it.

    At most 8 a coordinate; what a full coordinate would get goes to the next.
    """
    energy = variance.astype(np.float64).copy()
    bits = np.zeros(len(energy), np.int64)
    for _ in range(min(budget, _BYTE * len(energy))):
        j = int(np.argmax(energy))
        bits[j] += 1
        energy[j] = energy[j] / 4 if bits[j] < _BYTE else -1.0
    return bits


def cell_edges(values: NDArray[np.float32], cells: int, *, tolerance: float = 0.005, rounds: int = 250) -> NDArray[Any]:
    """Edges (cells + 1,) ascending that enclose all values: equally filled cells moved by Lloyd's iteration."""
    low, high = float(values.min(initial=0.0)) - _MARGIN, float(values.max(initial=0.0)) + _MARGIN
    ordered = np.sort(values if len(values) <= _SAMPLE else values[:: -(-len(values) // _SAMPLE)]).astype(np.float64)
    edges = np.concatenate([[low], np.quantile(ordered, np.arange(1, cells) / cells), [high]])
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    for _ in range(rounds):
        at = np.searchsorted(ordered, edges)
        at[-1] = len(ordered)
        counts = np.diff(at)
        middles = (edges[1:] + edges[:-1]) / 2  # an empty cell stays where it is
        centres = np.where(counts > 0, np.diff(sums[at]) / np.maximum(counts, 1), middles)
        moved = (centres[1:] + centres[:-1]) / 2
        change = np.abs(moved - edges[1:-1]).sum()
        edges[1:-1] = moved
        if change <= tolerance * np.abs(edges).sum():
            break
    return edges.astype(np.float32)


def pack_plan(bits: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """(byte of each coordinate, its first bit there, bytes in all): first fit, the widest first."""
    byte, shift = np.zeros(len(bits), np.int64), np.zeros(len(bits), np.int64)
    used: list[int] = []
    for j in np.argsort(-bits, kind="stable"):
        if not bits[j]:
            break
        fit = next((b for b, u in enumerate(used) if u + bits[j] <= _BYTE), len(used))
        if fit == len(used):
            used.append(0)
        byte[j], shift[j] = fit, used[fit]
        used[fit] += int(bits[j])
    return byte, shift, len(used)


@jit
def _tables(
    z: NDArray[np.float32],
    bits: NDArray[np.int64],
    byte: NDArray[np.int64],
    shift: NDArray[np.int64],
    edges: NDArray[np.float32],
    starts: NDArray[np.int64],
    order: NDArray[np.int64],
    out: NDArray[np.float32],
) -> float:
    """out[b, v] = the squared distance from z to the cells in value v of byte b; the sum over codeless coordinates.

    `order` visits the coordinates of a byte from its lowest bit, so that a table grows by doubling.
    """
    rest = 0.0
    for j in order:
        e = edges[starts[j] :]
        row = out[byte[j]]
        for cell in range((1 << bits[j]) - 1, -1, -1):  # cell 0 last: it overwrites what the others are made from
            gap = max(e[cell] - z[j], z[j] - e[cell + 1], np.float32(0))
            if bits[j] == 0:
                rest += gap * gap
                break
            for v in range(1 << shift[j]):
                row[(cell << shift[j]) | v] = row[v] + gap * gap
    return rest


@jit
def lower_bounds(
    codes: NDArray[np.uint8],
    rows: NDArray[np.int64],
    tables: NDArray[np.float32],
    rest: float,
    out: NDArray[np.float32],
) -> None:
    """out[i] = the least squared distance a vector with the code of rows[i] can have from the query."""
    size = codes.shape[1]
    for i in range(len(rows)):
        code = codes[rows[i]]
        even, odd = np.float32(rest), np.float32(0)  # two chains of additions run side by side
        for b in range(0, size - 1, 2):
            even += tables[b, code[b]]
            odd += tables[b + 1, code[b + 1]]
        if size & 1:
            even += tables[size - 1, code[size - 1]]
        out[i] = even + odd


@dataclass(frozen=True, slots=True)
class Quantiser:
    """Edges of every coordinate: coordinate j has those from starts[j] to starts[j + 1]. Made by `of` or `fit`."""

    bits: NDArray[np.int64]  # (d,)
    edges: NDArray[np.float32]  # (sum(2^bits + 1),)
    starts: NDArray[np.int64]  # (d + 1,)
    byte: NDArray[np.int64]  # (d,) of the code
    shift: NDArray[np.int64]  # (d,) within the byte
    order: NDArray[np.int64]  # (d,) by byte, then shift
    width: int  # bytes a code

    @classmethod
    def of(cls, bits: NDArray[np.int64], edges: NDArray[np.float32]) -> Quantiser:
        """With the layout that follows from the bits."""
        byte, shift, width = pack_plan(bits)
        starts = np.concatenate([[0], np.cumsum((1 << bits) + 1)])
        return cls(bits, edges, starts, byte, shift, np.lexsort((shift, byte)), width)

    @classmethod
    def fit(cls, z: NDArray[np.float32], bits: NDArray[np.int64]) -> Quantiser:
        """Cells fitted to each coordinate of z (n, d)."""
        return cls.of(bits, np.concatenate([cell_edges(z[:, j], 1 << int(b)) for j, b in enumerate(bits)]))

    def encode(self, z: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Codes (n, width) of z (n, d)."""
        codes = np.zeros((len(z), self.width), np.uint8)
        for j in np.flatnonzero(self.bits):
            inner = self.edges[self.starts[j] + 1 : self.starts[j + 1] - 1]
            cells = np.searchsorted(inner, z[:, j], side="right") << self.shift[j]
            codes[:, self.byte[j]] |= cells.astype(np.uint8)
        return codes

    def tables(self, z: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
        """((width, 256) squared distances from z (d,) to the cells behind each byte value, the part no code tells)."""
        out = np.zeros((self.width, 1 << _BYTE), np.float32)
        return out, _tables(z, self.bits, self.byte, self.shift, self.edges, self.starts, self.order, out)
