"""Which index the vectors of a library are searched by: chosen by its size, or set in broadsheet.toml.

`python -m broadsheet_lab.bench vectors` is the evidence. A scan of one-bit codes answers in half a millisecond among
87,000 papers, is there as soon as the papers are, and loses nothing under any filter; among several hundred thousand it
would be felt beside the rest of a search, and inverted lists answer in a quarter of its time. A graph is the quickest
of all to ask and by far the slowest to build: it is for those who ask much and add little, and is never chosen by
itself.

Every segment keeps its codes. Lists or a graph are built over those of all segments there are, the bulk; what comes
later is scanned beside it until the library has doubled and is built anew.
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
LISTS_FROM = 300_000  # papers from which inverted lists answer clearly sooner than a scan
PROBES = 256  # lists read a search: nine tenths and more of the hundred nearest, all of which are looked at again
_NAMES = {
    "scan": "by comparing all papers",
    "ivf": "in lists of papers near each other",
    "vamana": "along a graph of near papers",
}


def kind_for(wish: str, papers: int) -> Kind:
    """The index for so many papers where `wish` is set."""
    match wish:
        case "scan" | "ivf" | "vamana":
            return wish
        case _:
            return "ivf" if papers >= LISTS_FROM else "scan"


def why(wish: str, kind: str, papers: int) -> str:
    """How the vectors of so many papers are kept and who chose it, for people."""
    wanted = kind_for(wish, papers)
    chosen = f"quickest for {papers:,} papers" if wish == "auto" else "as broadsheet.toml says"
    if wanted != kind:
        return f"meaning is searched {_NAMES[kind]} (from the next search on {_NAMES[wanted]}, {chosen})"
    return f"meaning is searched {_NAMES[kind]} ({chosen})"


class _Decoded:
    """The vectors of code blocks as one array (n, d) that is never held whole: what is asked for is decoded."""

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
    """The vectors of all blocks, in order, under an index of that kind; None for a scan, which needs nothing.

    They come from 8-bit codes, so that there is no more to keep of them.
    """
    if kind == "scan" or not blocks:
        return None
    decoded: Any = _Decoded(blocks)
    return BULK[kind].of(decoded, fine=False)


def index_of(blocks: Sequence[CodeBlock], bulk: BulkBlock | None) -> VectorIndex:
    """The vectors of the blocks, in order, searched as one; `bulk` holds those of the first of them.

    All that is found is looked at again, so that short lists do. Raises ValueError if `bulk` ends within a block.
    """
    ends = np.cumsum([0, *(block.rows for block in blocks)]).tolist()
    covered = bulk.rows if bulk else 0
    if covered not in ends:
        raise ValueError(f"{covered} vectors are indexed, the segments end at {ends}")
    rest = Scan(blocks[ends.index(covered) :], short=10, least=640, bounded=False)
    if bulk is None:
        return rest
    first = Ivf([bulk], probes=PROBES, short=10) if isinstance(bulk, IvfBlock) else Vamana([bulk])
    return TieredIndex([first, rest]) if len(rest) else first
