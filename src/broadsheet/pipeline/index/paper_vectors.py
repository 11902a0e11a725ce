"""The stored vectors of the papers of one snapshot: what a search compares a query with.

A vector counts for a paper while the checksum of its text is that of the paper's row. The score of a paper without one
is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from broadsheet.encoders.contract import NamedEncoder
from broadsheet.indexes.scan import Scan
from broadsheet.kit.hits import Hits
from broadsheet.kit.mask import Mask
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.index.vector_file import VectorPart

__all__ = ["PaperVectors"]

QUERIES = 512  # vectors of queries that are kept: the next page of a search asks for the same


class PaperVectors:
    """Vectors by rows of the snapshot; immutable. Parts are in order, the oldest first."""

    def __init__(self, snapshot: IndexSnapshot, encoder: NamedEncoder, parts: Sequence[VectorPart]) -> None:
        self.snapshot = snapshot
        self.encoder = encoder  # made the vectors; only its vectors of queries compare with them
        self._scan = Scan([part.codes for part in parts], short=10, least=640, bounded=False)
        ids = np.concatenate([np.empty(0, np.int64), *(part.ids for part in parts)])
        sums = np.concatenate([np.empty(0, np.uint32), *(part.sums for part in parts)])
        rows = snapshot.rows_of(ids)
        current = np.flatnonzero((rows >= 0) & (snapshot.sums[rows] == sums) if len(snapshot) else rows >= 0)
        self._places = np.full(len(snapshot), -1, np.int64)  # the vector of every row, -1 without one
        self._places[rows[current]] = current  # of two the later one
        self._rows = np.full(len(ids), -1, np.int64)  # the row of every vector, -1 for one that does not count
        present = np.flatnonzero(self._places >= 0)
        self._rows[self._places[present]] = present

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a text that compares with these, (d,), read-only; those of the last texts are kept."""
        return _query_vector(cast(Any, self.encoder), text)

    @cached_property
    def count(self) -> int:
        """The papers that have a vector."""
        return int(np.count_nonzero(self._places >= 0))

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Flags of the rows of papers without a vector, (n,)."""
        return self.snapshot.alive.flags() & (self._places < 0)

    @cached_property
    def is_complete(self) -> bool:
        """Whether every paper has a vector."""
        return not self.missing.any()

    @cached_property
    def _counting(self) -> Mask:
        """The vectors that count."""
        return Mask.of(self._rows >= 0)

    def has(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each of these rows has a vector, (m,)."""
        return np.asarray(self._places[rows] >= 0)

    def search(self, query: NDArray[np.float32], k: int, allowed: Mask) -> Hits:
        """At most k allowed rows with the greatest cosines to the query (d,), best first, and the cosines."""
        if not self.count or k <= 0:
            return Hits.none()
        if allowed is self.snapshot.alive:
            within = self._counting
        else:
            within = Mask.of((self._rows >= 0) & allowed.flags()[self._rows])
        hits = self._scan.search(query, k, within)
        return Hits(self._rows[hits.ids], hits.scores)

    def score(self, query: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The cosine of every row with the query (d,), (m,); NaN for a row without a vector."""
        places = self._places[rows]
        present = places >= 0
        out = np.full(len(rows), np.nan, np.float32)
        out[present] = self._scan.score(query, places[present])
        return out

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors of these rows, (m, d); NaN for a row without one."""
        places = self._places[rows]
        present = places >= 0
        found = self._scan.vectors(places[present])
        out = np.full((len(rows), found.shape[1]), np.nan, np.float32)
        out[present] = found
        return out


@lru_cache(maxsize=QUERIES)
def _query_vector(encoder: Any, text: str) -> NDArray[np.float32]:
    vector = np.asarray(encoder.encode([text])[0], np.float32)
    vector.setflags(write=False)
    return vector
