"""A graph over reduced vectors, walked with reduced queries; the best rows are scored again with whole vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.vamana import Vamana, VamanaBlock
from broadsheet.kit.hits import Hits, top_k
from broadsheet.kit.mask import Mask
from broadsheet_lab.compression.contract import Arrays, Codes
from broadsheet_lab.kit.products import by_rows

__all__ = ["LeanGraph", "Reduces"]

Floats = NDArray[np.float32]


class Reduces(Protocol):
    """What a graph needs of LeanVec: both projections, and whole vectors as codes."""

    a_: Floats  # (d, D), of queries
    b_: Floats  # (d, D), of vectors

    def encode(self, vectors: Floats) -> Codes:
        """The codes of vectors (n, D)."""

    def rescored(self, query: Floats, codes: Codes, rows: NDArray[np.int64]) -> Floats:
        """The inner product of the query (D,) with the whole vectors of the rows."""


@dataclass(frozen=True, slots=True)
class LeanGraph:
    """`beam` rows are kept in view of a walk (at least `short`), and the best `short` of them are scored again."""

    method: Reduces
    graph: Vamana
    codes: Codes
    short: int

    @classmethod
    def of(
        cls,
        method: Reduces,
        vectors: Floats,
        *,
        short: int = 50,
        beam: int = 100,
        degree: int = 64,
        width: int = 128,
        seed: int = 0,
    ) -> LeanGraph:
        """From vectors (n, D) and the method fitted on them or their like; R = `degree`, L = `width` in building."""
        reduced = by_rows(vectors, method.b_.T)
        block = VamanaBlock.of(reduced, degree=degree, beam=width, fine=False, seed=seed)
        return cls(method, Vamana([block], beam=beam), method.encode(vectors), short)

    def with_effort(self, *, beam: int, short: int) -> LeanGraph:
        """The same graph, searched with more or less effort."""
        return LeanGraph(self.method, Vamana(self.graph.blocks, beam=beam), self.codes, short)

    def search(self, query: Floats, k: int, allowed: Mask | None = None) -> Hits:
        """At most k rows with a great inner product with the query (D,), best first, all in `allowed`."""
        reduced = np.asarray(self.method.a_ @ query.astype(np.float32), np.float32)
        rows = self.graph.search(reduced, max(k, self.short), allowed).ids
        if not len(rows):
            return Hits.none()
        return top_k(rows, self.method.rescored(query.astype(np.float32), self.codes, rows), k)

    def to_arrays(self) -> Arrays:
        """The graph and the codes; the method has arrays of its own."""
        (block,) = self.graph.blocks
        codes = {f"codes.{name}": array for name, array in self.codes.to_arrays().items()}
        effort = np.array([self.graph.beam, self.short], np.int64)
        return {**codes, "effort": effort, **{f"graph.{name}": array for name, array in block.to_arrays().items()}}

    @classmethod
    def from_arrays(cls, method: Reduces, arrays: Arrays) -> LeanGraph:
        """The graph again, of the method it was made with. Raises ValueError if the arrays do not fit together."""
        parts = {
            part: {name.removeprefix(part): array for name, array in arrays.items() if name.startswith(part)}
            for part in ("codes.", "graph.")
        }
        block, codes = VamanaBlock.from_arrays(parts["graph."]), Codes.from_arrays(parts["codes."])
        if block.rows != len(codes) or block.dimensions != len(method.b_):
            raise ValueError(f"a graph of {block.rows} rows of {block.dimensions} and {len(codes)} codes differ")
        beam, short = arrays["effort"].tolist()
        return cls(method, Vamana([block], beam=beam), codes, short)
