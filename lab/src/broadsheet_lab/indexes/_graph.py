"""One immutable HNSW graph, made by the library hnswlib, whose own copy of the vectors can also be scanned."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import hnswlib
import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.contract import Arrays
from broadsheet.kit.persistence import Persistent
from broadsheet_lab.kit.jit import jit_reordering

__all__ = ["HnswBlock"]

_ARRAYS = ("data_level0", "link_lists", "element_levels", "label_lookup_external", "label_lookup_internal")
_LABEL = 2  # 32-bit words


@jit_reordering
def _inner(
    words: NDArray[np.float32],
    stride: int,
    offset: int,
    places: NDArray[np.int64],
    rows: NDArray[np.int64],
    query: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """out[i] = the inner product of the query with the vector at words[places[rows[i]] * stride + offset:]."""
    for i in range(len(rows)):
        start = places[rows[i]] * stride + offset
        vector = words[start : start + len(query)]
        total = np.float32(0)
        for j in range(len(query)):
            total += vector[j] * query[j]
        out[i] = total


@dataclass(frozen=True, slots=True)
class HnswBlock(Persistent):
    """A graph over a run of vectors. `words` is its lowest level: links, vector and label of one row after another.

    Memory: the library's copy of that level, and `words`, which is a memory map once the block comes from a file and
    is touched only where a filter calls for a scan.
    """

    graph: Any
    words: NDArray[np.float32]  # (n * stride,)
    order: NDArray[np.int64]  # (n,) the row inserted i-th
    place: NDArray[np.int64]  # (n,) its inverse
    dimensions: int
    links: int  # M; the lowest level has twice as many

    @classmethod
    def of(
        cls,
        vectors: NDArray[np.float32],
        order: NDArray[np.int64] | None = None,
        *,
        links: int = 16,
        beam: int = 128,
        seed: int = 0,
    ) -> HnswBlock:
        """From vectors (n, d), the rows inserted in the given order; M = `links`, efConstruction = `beam`.

        Raises ValueError on NaN or infinity, naming the row.
        """
        wrong = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
        if len(wrong):
            raise ValueError(f"vector {int(wrong[0])} is not finite")
        n, d = vectors.shape
        rows = np.arange(n) if order is None else order
        graph = hnswlib.Index("ip", d)
        graph.init_index(max(1, n), M=links, ef_construction=beam, random_seed=seed)
        if n:
            graph.add_items(vectors[rows], rows, num_threads=1)  # more threads would scramble the order
        words = graph.__getstate__()[0]["data_level0"].view(np.float32)
        return cls(graph, words, rows, np.argsort(rows, kind="stable"), d, links)

    @property
    def rows(self) -> int:
        """How many vectors."""
        return len(self.order)

    @property
    def bytes_per_vector(self) -> float:
        """What the graph keeps in memory."""
        return 4 * _stride(self.dimensions, self.links) + 4 * self.links / math.log(self.links)

    def nearest(self, query: NDArray[np.float32], count: int) -> NDArray[np.int64] | None:
        """`count` rows the graph leads to, nearest first; None where it does not lead to so many."""
        try:
            labels, _ = self.graph.knn_query(query, k=count, num_threads=1)  # the beam is never narrower than k
        except RuntimeError:
            return None
        return np.asarray(labels[0], np.int64)

    def inner(self, query: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The inner product of the query (d,) with the vectors of `rows`, aligned."""
        out = np.empty(len(rows), np.float32)
        stride = _stride(self.dimensions, self.links)
        _inner(self.words, stride, 2 * self.links + 1, self.place, rows, query, out)
        return out

    def to_arrays(self) -> Arrays:
        """Everything needed to restore it."""
        state = self.graph.__getstate__()[0]
        shape = [self.dimensions, self.links, state["ef_construction"], state["max_level"], state["enterpoint_node"]]
        return {"order": self.order, "shape": np.array(shape, np.int64), **{name: state[name] for name in _ARRAYS}}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> HnswBlock:
        """The block again. Raises ValueError if the arrays do not fit together."""
        d, links, beam, top, entry = arrays["shape"].tolist()
        order = arrays["order"]
        n, stride = len(order), _stride(d, links)
        lengths = {name: len(arrays[name]) for name in _ARRAYS if name != "link_lists"}
        upper = int(arrays["element_levels"].sum()) * (links + 1) * 4
        wanted = dict.fromkeys(lengths, n) | {"data_level0": n * stride * 4, "element_levels": max(1, n)}
        if lengths != wanted or len(arrays["link_lists"]) != upper or (np.sort(order) != np.arange(n)).any():
            raise ValueError(f"a graph of {n} vectors and its arrays differ in length: {lengths}")
        if n and not 0 <= entry < n:
            raise ValueError(f"the graph's entry {entry} and its {n} vectors differ")
        state = _state(n, d, links, beam, top, entry) | {name: arrays[name] for name in _ARRAYS}
        words = arrays["data_level0"].view(np.float32)
        return cls(hnswlib.Index(params=state), words, order, np.argsort(order, kind="stable"), d, links)


def _stride(dimensions: int, links: int) -> int:
    """32-bit words a row takes in the lowest level: a count and 2 M links, the vector, the label."""
    return 2 * links + 1 + dimensions + _LABEL


def _state(n: int, d: int, links: int, beam: int, top: int, entry: int) -> dict[str, Any]:
    """The library's description of a graph, less its arrays."""
    return {
        "ser_version": 1,
        "space": "ip",
        "dim": d,
        "index_inited": True,
        "ep_added": n > 0,
        "normalize": False,
        "num_threads": 1,
        "seed": 0,
        "offset_level0": 0,
        "max_elements": max(1, n),
        "cur_element_count": n,
        "size_data_per_element": 4 * _stride(d, links),
        "label_offset": 4 * (_stride(d, links) - _LABEL),
        "offset_data": 4 * (2 * links + 1),
        "max_level": top,
        "enterpoint_node": entry,
        "max_M": links,
        "max_M0": 2 * links,
        "M": links,
        "mult": 1 / math.log(links),
        "ef_construction": max(beam, links),
        "ef": 10,
        "has_deletions": False,
        "size_links_per_element": 4 * (links + 1),
        "allow_replace_deleted": False,
    }
