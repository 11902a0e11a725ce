"""A table from 32-bit keys to their positions: which of these few words are the words of a text, at memory speed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.native import kernel

__all__ = ["Table", "compacted"]

_fill = kernel("lookup_fill")
_find = kernel("lookup_find")
_sift = kernel("lookup_sift")
_compacted = kernel("lookup_compacted")


def compacted(places: NDArray[np.int32], size: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """(each place as a position among the distinct ones, -1 stays; the distinct ones in order of first appearance).

    Places (t,) lie in -1 .. size - 1.
    """
    out, used = places.copy(), np.empty(min(size, len(places)), np.int64)
    count = _compacted(out, len(out), np.full(size, -1, np.int32), used)
    return out, used[:count]


class Table:
    """Made once from keys (v,); of equal keys the first counts. Those in `skip` are no keys: `sift` leaves them out."""

    def __init__(self, keys: NDArray[np.uint32], *, skip: NDArray[np.uint32] | None = None) -> None:
        every = np.ascontiguousarray(keys if skip is None else np.concatenate([skip, keys]), np.uint32)
        self._skipped = len(every) - len(keys)
        self._bits = max(2, (2 * len(every)).bit_length())
        self._held = np.zeros(1 << self._bits, np.uint32)
        self._places = np.full(1 << self._bits, -1, np.int32)
        _fill(every, len(every), self._held, self._places, self._bits)

    def find(self, wanted: NDArray[np.uint32]) -> NDArray[np.int32]:
        """The position of every wanted key, -1 where it is none of the keys, (m,)."""
        found = self._found(wanted)
        return np.where(found >= self._skipped, found - self._skipped, -1).astype(np.int32)

    def _found(self, wanted: NDArray[np.uint32]) -> NDArray[np.int32]:
        out = np.empty(len(wanted), np.int32)
        _find(np.ascontiguousarray(wanted, np.uint32), len(out), self._held, self._places, self._bits, out)
        return out

    def sift(
        self, texts: NDArray[np.uint32], bounds: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint32], NDArray[np.int32], NDArray[np.int64]]:
        """Texts without what is skipped: (the keys left, the position of each or -1, their bounds (n + 1,)).

        Text i is texts[bounds[i]:bounds[i + 1]]; bounds start at 0.
        """
        kept, found = np.empty(len(texts), np.int64), np.empty(len(texts), np.int32)
        ends = np.zeros(len(bounds), np.int64)
        count = _sift(bounds, len(bounds) - 1, self._found(texts), self._skipped, kept, found, ends)
        return texts[kept[:count]], found[:count], ends
