"""A table from 32-bit keys to their positions: which of these few words are the words of a text, at memory speed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.jit import jit

__all__ = ["Table", "compacted"]

_MIX = 0x9E3779B1  # Knuth's multiplier, the golden ratio of 32 bits


@jit
def _fill(keys: NDArray[np.uint32], held: NDArray[np.uint32], places: NDArray[np.int32], bits: int) -> None:
    mask = len(held) - 1
    for i in range(len(keys)):
        at = (np.uint32(keys[i] * np.uint32(_MIX)) >> np.uint32(32 - bits)) & mask
        while places[at] >= 0 and held[at] != keys[i]:
            at = (at + 1) & mask
        if places[at] < 0:
            held[at] = keys[i]
            places[at] = i


@jit
def _find(
    wanted: NDArray[np.uint32], held: NDArray[np.uint32], places: NDArray[np.int32], bits: int, out: NDArray[np.int32]
) -> None:
    mask = len(held) - 1
    for i in range(len(wanted)):
        at = (np.uint32(wanted[i] * np.uint32(_MIX)) >> np.uint32(32 - bits)) & mask
        while places[at] >= 0 and held[at] != wanted[i]:
            at = (at + 1) & mask
        out[i] = places[at]


@jit
def _sift(
    bounds: NDArray[np.int64],
    places: NDArray[np.int32],
    first: int,
    kept: NDArray[np.int64],
    found: NDArray[np.int32],
    ends: NDArray[np.int64],
) -> int:
    at = 0
    for i in range(len(bounds) - 1):
        for t in range(bounds[i], bounds[i + 1]):
            if places[t] < 0 or places[t] >= first:
                kept[at] = t
                found[at] = max(places[t] - first, -1)
                at += 1
        ends[i + 1] = at
    return at


@jit
def _compacted(places: NDArray[np.int32], slots: NDArray[np.int32], used: NDArray[np.int64]) -> int:
    """Turn places, -1 for none, into positions among the distinct ones, which go to `used`. Returns how many."""
    count = 0
    for t in range(len(places)):
        place = places[t]
        if place >= 0:
            if slots[place] < 0:
                slots[place] = count
                used[count] = place
                count += 1
            places[t] = slots[place]
    return count


def compacted(places: NDArray[np.int32], size: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """(each place as a position among the distinct ones, -1 stays; the distinct ones in order of first appearance).

    Places (t,) lie in -1 .. size - 1.
    """
    out, used = places.copy(), np.empty(min(size, len(places)), np.int64)
    count = _compacted(out, np.full(size, -1, np.int32), used)
    return out, used[:count]


class Table:
    """Made once from keys (v,); of equal keys the first counts. Those in `skip` are no keys: `sift` leaves them out."""

    def __init__(self, keys: NDArray[np.uint32], *, skip: NDArray[np.uint32] | None = None) -> None:
        every = np.ascontiguousarray(keys if skip is None else np.concatenate([skip, keys]), np.uint32)
        self._skipped = len(every) - len(keys)
        self._bits = max(2, (2 * len(every)).bit_length())
        self._held = np.zeros(1 << self._bits, np.uint32)
        self._places = np.full(1 << self._bits, -1, np.int32)
        _fill(every, self._held, self._places, self._bits)

    def find(self, wanted: NDArray[np.uint32]) -> NDArray[np.int32]:
        """The position of every wanted key, -1 where it is none of the keys, (m,)."""
        found = self._found(wanted)
        return np.where(found >= self._skipped, found - self._skipped, -1).astype(np.int32)

    def _found(self, wanted: NDArray[np.uint32]) -> NDArray[np.int32]:
        out = np.empty(len(wanted), np.int32)
        _find(np.ascontiguousarray(wanted, np.uint32), self._held, self._places, self._bits, out)
        return out

    def sift(
        self, texts: NDArray[np.uint32], bounds: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint32], NDArray[np.int32], NDArray[np.int64]]:
        """Texts without what is skipped: (the keys left, the position of each or -1, their bounds (n + 1,)).

        Text i is texts[bounds[i]:bounds[i + 1]]; bounds start at 0.
        """
        kept, found = np.empty(len(texts), np.int64), np.empty(len(texts), np.int32)
        ends = np.zeros(len(bounds), np.int64)
        count = _sift(bounds, self._found(texts), self._skipped, kept, found, ends)
        return texts[kept[:count]], found[:count], ends
