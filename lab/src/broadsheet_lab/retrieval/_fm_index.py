"""An FM-index over documents of symbols: count, locate and continue any sequence of symbols without the documents.

The text is the documents in reverse, a separator between them, so that the range of rows that begin with a sequence
becomes that of the sequence and one more symbol after it by a single backward-search step. The Burrows-Wheeler
transform lies in a wavelet matrix: bits by the levels of a symbol's binary digits, the highest first, each level
stably sorted by the digits above it, with a running count every 512 bits.

Ferragina, Manzini: Opportunistic Data Structures with Applications. FOCS 2000. Claude, Navarro,
Ordóñez: The Wavelet Matrix: An Efficient Wavelet Tree for Large Alphabets. Information Systems 47, 2015.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.persistence import Persistent
from broadsheet_lab.kit.jit import jit, popcount
from broadsheet_lab.retrieval._suffixes import suffix_array

__all__ = ["FIRST_SYMBOL", "SEPARATOR", "FMIndex"]

END, SEPARATOR, FIRST_SYMBOL = 0, 1, 2
_MOST = 2**31 - 2  # positions that fit in 32 bits


@jit
def _rank(bits: NDArray[np.uint64], blocks: NDArray[np.uint32], level: int, i: int) -> int:
    """The ones among the first i bits of a level."""
    word = i >> 6
    ones = np.int64(blocks[level, word >> 3])
    for w in range(word & ~7, word):
        ones += np.int64(popcount(bits[level, w]))
    if i & 63:
        ones += np.int64(popcount(bits[level, word] & ((np.uint64(1) << np.uint64(i & 63)) - np.uint64(1))))
    return int(ones)


@jit
def _set(flags: NDArray[np.bool_], bits: NDArray[np.uint64], blocks: NDArray[np.uint32]) -> None:
    """Pack flags (n,) into bits, and count those before every eighth word."""
    ones = 0
    for i in range(len(flags)):
        if i & 511 == 0:
            blocks[i >> 9] = ones
        if flags[i]:
            bits[i >> 6] |= np.uint64(1) << np.uint64(i & 63)
            ones += 1
    if len(flags) & 511 == 0:
        blocks[len(flags) >> 9] = ones


def _packed(levels: Iterable[NDArray[np.bool_]], count: int, n: int) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    """`count` rows of n flags as bits with their running counts."""
    bits, blocks = np.zeros((count, (n >> 6) + 1), np.uint64), np.zeros((count, (n >> 9) + 1), np.uint32)
    for level, flags in enumerate(levels):
        _set(flags, bits[level], blocks[level])
    return bits, blocks


@jit
def _narrowed(
    bits: NDArray[np.uint64], blocks: NDArray[np.uint32], zeros: NDArray[np.int64], symbol: int, i: int
) -> int:
    """Where `symbol` before row i ends up after the last level: its rank there, plus where the symbol starts."""
    levels = len(zeros)
    for level in range(levels):
        ones = _rank(bits, blocks, level, i)
        i = zeros[level] + ones if (symbol >> (levels - 1 - level)) & 1 else i - ones
    return i


@jit
def _before(
    bits: NDArray[np.uint64], blocks: NDArray[np.uint32], zeros: NDArray[np.int64], shift: NDArray[np.int64], row: int
) -> tuple[int, int]:
    """(the symbol before the suffix of a row, the row of the suffix that begins with it)."""
    symbol, i = 0, row
    for level in range(len(zeros)):
        ones = _rank(bits, blocks, level, i)
        one = (bits[level, i >> 6] >> np.uint64(i & 63)) & np.uint64(1)
        symbol = 2 * symbol + int(one)
        i = zeros[level] + ones if one else i - ones
    return symbol, i + shift[symbol]


@jit
def _located(
    bits: NDArray[np.uint64],
    blocks: NDArray[np.uint32],
    zeros: NDArray[np.int64],
    shift: NDArray[np.int64],
    marks: NDArray[np.uint64],
    mark_blocks: NDArray[np.uint32],
    samples: NDArray[np.int32],
    start: int,
    found: NDArray[np.int64],
) -> None:
    """found[i] = the place in the reversed text of the suffix in row start + i, by walking back to a sampled one."""
    for i in range(len(found)):
        row, steps = start + i, 0
        while not (marks[0, row >> 6] >> np.uint64(row & 63)) & np.uint64(1):
            _, row = _before(bits, blocks, zeros, shift, row)
            steps += 1
        found[i] = samples[_rank(marks, mark_blocks, 0, row)] + steps


@jit
def _distinct(
    bits: NDArray[np.uint64],
    blocks: NDArray[np.uint32],
    zeros: NDArray[np.int64],
    start: int,
    stop: int,
    symbols: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> int:
    """The distinct symbols of rows start..stop-1, ascending, and how often each occurs; how many there are."""
    levels, found = len(zeros), 0
    stack = np.empty((levels + 2, 4), np.int64)
    stack[0] = 0, 0, start, stop
    top = 1
    while top:
        top -= 1
        level, prefix, lo, hi = stack[top]
        if level == levels:
            symbols[found], counts[found] = prefix, hi - lo
            found += 1
            continue
        below, within = _rank(bits, blocks, level, lo), _rank(bits, blocks, level, hi)
        if within > below:
            stack[top] = level + 1, 2 * prefix + 1, zeros[level] + below, zeros[level] + within
            top += 1
        if hi - within > lo - below:
            stack[top] = level + 1, 2 * prefix, lo - below, hi - within
            top += 1
    return found


@dataclass(frozen=True, slots=True)
class FMIndex(Persistent):
    """n documents of T symbols in all. A sequence is a range of rows (start, stop); `whole` is the empty one."""

    bits: NDArray[np.uint64]  # (levels, words)
    blocks: NDArray[np.uint32]  # (levels, words / 8), ones before every eighth word
    zeros: NDArray[np.int64]  # (levels,)
    shift: NDArray[np.int64]  # (symbols,), from the last level of the matrix to the rows that begin with a symbol
    marks: NDArray[np.uint64]  # (1, words), rows whose place is known
    mark_blocks: NDArray[np.uint32]
    samples: NDArray[np.int32]  # their places in the reversed text
    symbols: NDArray[np.int32]  # (T,), the documents themselves: to read them from the bits takes ten times as long
    bounds: NDArray[np.int64]  # (n + 1,), where each begins, T at the end

    @classmethod
    def of(cls, symbols: NDArray[np.int64], bounds: NDArray[np.int64], size: int, *, rate: int = 4) -> FMIndex:
        """Index documents symbols[bounds[i]:bounds[i + 1]] over FIRST_SYMBOL..size-1; one place in `rate` is kept.

        Raises ValueError for a symbol outside that range or more than 2^31 places.
        """
        documents, total = len(bounds) - 1, len(symbols)
        length = total + documents + 2
        if length > _MOST:
            raise ValueError(f"{length} places do not fit in one index of {_MOST}; make several")
        if total and not FIRST_SYMBOL <= symbols.min() <= symbols.max() < size:
            raise ValueError(f"symbols {symbols.min()} to {symbols.max()} are not within {FIRST_SYMBOL} to {size - 1}")
        forward = np.full(length - 1, SEPARATOR, np.int32)  # a separator before each document and after the last
        forward[np.arange(total) + np.repeat(np.arange(1, documents + 1), np.diff(bounds))] = symbols
        text = np.append(forward[::-1], np.int32(END))
        order = suffix_array(text, size)
        transformed = text[order - 1]
        levels = max(1, (size - 1).bit_length())
        zeros = np.zeros(levels, np.int64)
        packed = [np.empty(0, np.bool_)] * levels
        for level in range(levels):
            packed[level] = ((transformed >> (levels - 1 - level)) & 1).astype(np.bool_)
            zeros[level] = length - np.count_nonzero(packed[level])
            transformed = np.concatenate([transformed[~packed[level]], transformed[packed[level]]])
        bits, blocks = _packed(packed, levels, length)
        begins = np.concatenate([[0], np.cumsum(np.bincount(text, minlength=size))[:-1]])
        shift = np.array([c - _narrowed(bits, blocks, zeros, s, 0) for s, c in enumerate(begins)], np.int64)
        known = order % rate == 0
        marks, mark_blocks = _packed([known], 1, length)
        own = symbols.astype(np.int32)
        return cls(bits, blocks, zeros, shift, marks, mark_blocks, order[known], own, bounds.astype(np.int64))

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @property
    def total(self) -> int:
        """The symbols of all documents."""
        return int(self.bounds[-1])

    @property
    def nbytes(self) -> int:
        """The bytes of all arrays."""
        return sum(int(array.nbytes) for array in self.to_arrays().values())

    @property
    def whole(self) -> tuple[int, int]:
        """The rows of the empty sequence."""
        return 0, self.total + len(self) + 2

    def extended(self, rows: tuple[int, int], symbol: int) -> tuple[int, int]:
        """The rows of the sequence of `rows` with one more symbol after it; start == stop if it occurs nowhere."""
        if not 0 <= symbol < len(self.shift):
            return 0, 0
        start, stop = (_narrowed(self.bits, self.blocks, self.zeros, symbol, i) for i in rows)
        return int(start + self.shift[symbol]), int(stop + self.shift[symbol])

    def find(self, sequence: Iterable[int]) -> tuple[int, int]:
        """The rows of a sequence; as many as it has occurrences."""
        rows = self.whole
        for symbol in sequence:
            rows = self.extended(rows, symbol)
            if rows[0] >= rows[1]:
                return 0, 0
        return rows

    def following(self, rows: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(the symbols after the sequence, ascending; how often each): SEPARATOR stands for a document's end."""
        most = min(rows[1] - rows[0], len(self.shift))
        symbols, counts = np.empty(most, np.int64), np.empty(most, np.int64)
        found = _distinct(self.bits, self.blocks, self.zeros, *rows, symbols, counts) if most else 0
        real = symbols[:found] >= SEPARATOR
        return symbols[:found][real], counts[:found][real]

    def locate(self, rows: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(the document of each occurrence, the place in it of the sequence's last symbol), unordered."""
        found = np.empty(max(rows[1] - rows[0], 0), np.int64)
        _located(
            self.bits, self.blocks, self.zeros, self.shift, self.marks, self.mark_blocks, self.samples, rows[0], found
        )
        place = self.total + len(self) - found  # in the forward text, separators included
        starts = self.bounds[:-1] + np.arange(1, len(self) + 1)  # of the documents there
        documents = np.searchsorted(starts, place, side="right") - 1
        return documents, place - starts[documents]

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """Every array by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> FMIndex:
        """The index again. Raises ValueError if the arrays do not fit together."""
        index = cls(**{field.name: arrays[field.name] for field in fields(cls)})
        length, levels = index.whole[1], len(index.zeros)
        shapes = {"bits": (levels, (length >> 6) + 1), "blocks": (levels, (length >> 9) + 1)}
        shapes |= {"marks": (1, (length >> 6) + 1), "mark_blocks": (1, (length >> 9) + 1)}
        for name, shape in ({**shapes, "symbols": (index.total,)}).items():
            if arrays[name].shape != shape:
                raise ValueError(f"{name} has the shape {arrays[name].shape}, not {shape}")
        if not 2 ** (levels - 1) < len(index.shift) <= 2**levels:
            raise ValueError(f"{levels} levels cannot tell {len(index.shift)} symbols apart")
        return index
