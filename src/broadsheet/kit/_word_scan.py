"""Finds the words of texts by a compiled scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.native import kernel

__all__ = ["MAX_WORD", "ScannedWords"]

MAX_WORD = 64  # bytes, also in native/text.c; a longer run of letters (base64, DNA) is cut

_scan = kernel("text_scan")


@dataclass(frozen=True, slots=True)
class ScannedWords:
    """The tokens of texts: hash, end and length in bytes of each."""

    joined: bytes
    terms: NDArray[np.uint64]
    stops: NDArray[np.int64]
    lengths: NDArray[np.int64]
    bounds: NDArray[np.int64]

    @classmethod
    def of(cls, encoded: Sequence[bytes]) -> ScannedWords:
        joined = b"".join(encoded)
        ends = np.cumsum(np.fromiter((len(e) for e in encoded), np.int64, len(encoded)))
        capacity = len(joined) // 2 + len(encoded) + 1
        terms, stops = np.empty(capacity, np.uint64), np.empty(capacity, np.int64)
        lengths, bounds = np.empty(capacity, np.int64), np.zeros(len(encoded) + 1, np.int64)
        count = _scan(np.frombuffer(joined, np.uint8), ends, len(ends), terms, stops, lengths, bounds)
        return cls(joined, terms[:count].copy(), stops[:count], lengths[:count], bounds)

    def words(self, tokens: NDArray[np.int64]) -> list[str]:
        """The words of these tokens, in lower case."""
        starts = self.stops[tokens] - self.lengths[tokens]
        places = zip(starts.tolist(), (starts + np.minimum(self.lengths[tokens], MAX_WORD)).tolist(), strict=True)
        if self.joined.isascii():
            text = self.joined.decode().lower()
            return [text[start:stop] for start, stop in places]
        return [self.joined[start:stop].decode("utf-8", "ignore").lower() for start, stop in places]
