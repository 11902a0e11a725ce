"""The kind of index for a library's vectors: chosen by size, or set in broadsheet.toml.

Measured by `python -m broadsheet_lab.bench vectors`: a scan of one-bit codes takes half a millisecond for 87,000
papers, needs no build, and is exact under a filter. Above several hundred thousand papers inverted lists take a quarter
of its time. A graph is the fastest to search and by far the slowest to build: it suits many searches and few additions,
and is only used if set.

Every segment keeps its codes. Lists or a graph are built over the codes of all segments at the time of a build, the
bulk; later rows are scanned until the library has doubled and is rebuilt.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.contract import VectorIndex
from broadsheet.indexes.ivf import Ivf, IvfBlock
from broadsheet.indexes.scan import CodeBlock, Scan
from broadsheet.indexes.vamana import Vamana, VamanaBlock
from broadsheet.pipeline.index.tiered import TieredIndex

__all__ = ["BULK", "BulkBlock", "Kind", "bulk_of", "index_of", "kind_for", "why"]

Kind = Literal["scan", "ivf", "vamana"]
BulkBlock = IvfBlock | VamanaBlock

BULK: dict[str, type[IvfBlock] | type[VamanaBlock]] = {"ivf": IvfBlock, "vamana": VamanaBlock}
LISTS_FROM = 300_000  # papers from which inverted lists are clearly faster than a scan
PROBES = 256  # lists read per search: recall@100 is above 0.9
_NAMES = {
    "scan": "by comparing all papers",
    "ivf": "in lists of papers near each other",
    "vamana": "along a graph of near papers",
}


def kind_for(wish: str, papers: int) -> Kind:
    """The kind of index for this number of papers, given the setting `wish`."""
    match wish:
        case "scan" | "ivf" | "vamana":
            return wish
        case _:
            return "ivf" if papers >= LISTS_FROM else "scan"


def why(wish: str, kind: str, papers: int) -> str:
    """A sentence that names the kind of index and says why it is used."""
    best_kind = kind_for(wish, papers)
    reason = f"quickest for {papers:,} papers" if wish == "auto" else "as broadsheet.toml says"
    if best_kind != kind:
        return f"meaning is searched {_NAMES[kind]} (from the next search on {_NAMES[best_kind]}, {reason})"
    return f"meaning is searched {_NAMES[kind]} ({reason})"


class _DecodedVectors:
    """The vectors of code blocks as one array (n, d) that decodes only the rows that are read."""

    dtype = np.dtype(np.float32)

    def __init__(self, blocks: Sequence[CodeBlock]) -> None:
        self._scan = Scan(blocks)
        self.shape = (len(self._scan), blocks[0].dimensions)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, at: Any) -> NDArray[np.float32]:
        rows = np.arange(len(self))[at] if isinstance(at, slice) else np.asarray(at, np.int64)
        return self._scan.vectors(rows)


def bulk_of(kind: str, blocks: Sequence[CodeBlock]) -> BulkBlock | None:
    """Build an index of this kind over the vectors of all blocks, in order; None for a scan, which needs no build.

    Vectors are decoded from the 8-bit codes, so they need not be stored.
    """
    if kind == "scan" or not blocks:
        return None
    vectors: Any = _DecodedVectors(blocks)
    return BULK[kind].of(vectors, fine=False)


def index_of(blocks: Sequence[CodeBlock], bulk: BulkBlock | None) -> VectorIndex:
    """One index over the vectors of the blocks, in order; `bulk` has those of the first blocks.

    Every hit is rescored, so short lists suffice. Raises ValueError if `bulk` ends within a block.
    """
    ends = np.cumsum([0, *(block.rows for block in blocks)]).tolist()
    n_indexed = bulk.rows if bulk else 0
    if n_indexed not in ends:
        raise ValueError(f"{n_indexed} vectors are indexed, the segments end at {ends}")
    tail = Scan(blocks[ends.index(n_indexed) :], short=10, least=640, bounded=False)
    if bulk is None:
        return tail
    first = Ivf([bulk], probes=PROBES, short=10) if isinstance(bulk, IvfBlock) else Vamana([bulk])
    return TieredIndex([first, tail]) if len(tail) else first
