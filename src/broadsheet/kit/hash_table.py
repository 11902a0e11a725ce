"""A hash table from 32-bit keys to their positions, to look up the words of a text at memory speed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.native import kernel

__all__ = ["HashTable", "compact"]

_fill = kernel("lookup_fill")
_find = kernel("lookup_find")
_sift = kernel("lookup_sift")
_compacted = kernel("lookup_compacted")


def compact(places: NDArray[np.int32], size: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """(the index of each place among the distinct places, -1 for -1; the distinct places in order of appearance).

    Places (t,) lie in -1 .. size - 1.
    """
    out, distinct_places = places.copy(), np.empty(min(size, len(places)), np.int64)
    count = _compacted(out, len(out), np.full(size, -1, np.int32), distinct_places)
    return out, distinct_places[:count]


class HashTable:
    """Positions of keys (v,); of equal keys the first counts. `filter_known` drops the keys in `skip`."""

    def __init__(self, keys: NDArray[np.uint32], *, skip: NDArray[np.uint32] | None = None) -> None:
        every = np.ascontiguousarray(keys if skip is None else np.concatenate([skip, keys]), np.uint32)
        self._skipped = len(every) - len(keys)
        self._bits = max(2, (2 * len(every)).bit_length())
        self._keys = np.zeros(1 << self._bits, np.uint32)
        self._places = np.full(1 << self._bits, -1, np.int32)
        _fill(every, len(every), self._keys, self._places, self._bits)

    def find(self, keys: NDArray[np.uint32]) -> NDArray[np.int32]:
        """The position of every key, -1 where the table lacks it, (m,)."""
        slots = self._slots(keys)
        return np.where(slots >= self._skipped, slots - self._skipped, -1).astype(np.int32)

    def _slots(self, keys: NDArray[np.uint32]) -> NDArray[np.int32]:
        out = np.empty(len(keys), np.int32)
        _find(np.ascontiguousarray(keys, np.uint32), len(out), self._keys, self._places, self._bits, out)
        return out

    def filter_known(
        self, texts: NDArray[np.uint32], bounds: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint32], NDArray[np.int32], NDArray[np.int64]]:
        """Texts without the skipped keys: (remaining keys, the position of each or -1, bounds (n + 1,)).

        Text i is texts[bounds[i]:bounds[i + 1]]; bounds start at 0.
        """
        rows, positions = np.empty(len(texts), np.int64), np.empty(len(texts), np.int32)
        ends = np.zeros(len(bounds), np.int64)
        count = _sift(bounds, len(bounds) - 1, self._slots(texts), self._skipped, rows, positions, ends)
        return texts[rows[:count]], positions[:count], ends
