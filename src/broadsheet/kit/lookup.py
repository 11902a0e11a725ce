"""A table from 32-bit keys to their positions: which of these few words are the words of a text, at memory speed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.jit import jit

__all__ = ["Table"]

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


class Table:
    """Made once from keys (v,); of equal keys the first counts."""

    def __init__(self, keys: NDArray[np.uint32]) -> None:
        self._bits = max(2, (2 * len(keys)).bit_length())
        self._held = np.zeros(1 << self._bits, np.uint32)
        self._places = np.full(1 << self._bits, -1, np.int32)
        _fill(np.ascontiguousarray(keys, np.uint32), self._held, self._places, self._bits)

    def find(self, wanted: NDArray[np.uint32]) -> NDArray[np.int32]:
        """The position of every wanted key, -1 where it is none of the keys, (m,)."""
        out = np.empty(len(wanted), np.int32)
        _find(np.ascontiguousarray(wanted, np.uint32), self._held, self._places, self._bits, out)
        return out
