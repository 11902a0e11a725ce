"""Several vector indexes searched as one: the bulk in lists or a graph, later vectors in a scan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.contract import VectorIndex
from broadsheet.kit.hits import Hits, top_k
from broadsheet.kit.mask import Mask

__all__ = ["TieredIndex"]


class TieredIndex:
    """Indexes with rows numbered through all of them, in order; all vectors have the same dimensions."""

    def __init__(self, layers: Sequence[VectorIndex]) -> None:
        if not layers:
            raise ValueError("an index needs at least one layer")
        self.layers = tuple(layers)
        self._starts = np.cumsum([0, *map(len, self.layers)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def _parts(self) -> Iterator[tuple[int, int, VectorIndex]]:
        """(first row, row after the last, layer) of every layer."""
        return zip(self._starts[:-1].tolist(), self._starts[1:].tolist(), self.layers, strict=True)

    def with_block(self, block: Any) -> TieredIndex:
        """A new index with the block's rows appended to the last layer; the block must be of its kind."""
        return TieredIndex((*self.layers[:-1], self.layers[-1].with_block(block)))

    def search(self, query: NDArray[np.float32], k: int, allowed: Mask | None = None) -> Hits:
        """At most k rows with a great inner product with the query (d,), best first, all in `allowed`."""
        if allowed is not None and allowed.n != len(self):
            raise ValueError(f"the mask covers {allowed.n} rows, the index {len(self)}")
        hits_of_layers = [
            (start, layer.search(query, k, None if allowed is None else allowed.slice(start, stop)))
            for start, stop, layer in self._parts()
        ]
        rows = np.concatenate([hits.ids + start for start, hits in hits_of_layers])
        return top_k(rows, np.concatenate([hits.scores for _, hits in hits_of_layers]), k)

    def score(self, query: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The inner product of the query (d,) with the vectors of `rows` as kept, aligned."""
        return self._gather(rows, lambda layer, own: layer.score(query, own))

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors of `rows` as kept, (m, d)."""
        return self._gather(rows, lambda layer, own: layer.vectors(own))

    def _gather(
        self, rows: NDArray[np.int64], ask: Callable[[VectorIndex, NDArray[np.int64]], NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        """Call `ask` on each layer with its own rows; returns the values in the order of `rows`."""
        out = ask(self.layers[0], np.empty(0, np.int64))
        out = np.zeros((len(rows), *out.shape[1:]), np.float32)
        for start, stop, layer in self._parts():
            here = np.flatnonzero((rows >= start) & (rows < stop))
            if len(here):
                out[here] = ask(layer, rows[here] - start)
        return out
