"""Every engine of the vectors benchmark by name: our indexes and their peers."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.ivf import Ivf, IvfBlock
from broadsheet.indexes.scan import CodeBlock, Scan
from broadsheet.indexes.vamana import Vamana, VamanaBlock
from broadsheet.kit import artifacts
from broadsheet.kit.mask import Mask
from broadsheet_lab.bench.vector_contract import BEAM, EFFORTS, LINKS, Engine
from broadsheet_lab.bench.vector_peers import PEERS
from broadsheet_lab.indexes.hnsw_order import Hnsw, ordered_block
from broadsheet_lab.indexes.squash import Squash, SquashBlock, Stages

__all__ = ["ENGINES"]

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
SHORT_LISTS = (200, 500, 1000, 2000, 5000)


class _Ours(Engine):
    """An index of ours: blocks made by `block`, searched by `index` with an effort."""

    def __init__(
        self,
        block: Callable[[Floats], Any],
        index: Callable[[list[Any], int], Any],
        held: Callable[[Any], float],
        efforts: tuple[int, ...],
    ) -> None:
        self.efforts, self._block, self._index, self._held = efforts, block, index, held
        self._blocks: list[Any] = []
        self._made: dict[int, Any] = {}
        self._gone = np.empty(0, np.int64)

    def build(self, x: Floats) -> None:
        self._blocks = [self._block(x)]

    def prepare(self, flags: NDArray[np.bool_]) -> Mask:
        return Mask.of(flags)

    def search(self, q: Floats, k: int, effort: int, allowed: Mask | None = None) -> Rows:
        if effort not in self._made:
            self._made[effort] = self._index(self._blocks, effort)
        index = self._made[effort]
        if allowed is None and len(self._gone):
            flags = np.ones(len(index), np.bool_)
            flags[self._gone] = False
            allowed = Mask.of(flags)
        return np.asarray(index.search(q, k, allowed).ids)

    def add(self, x: Floats) -> None:
        self._blocks.append(self._block(x))
        self._made.clear()

    def remove(self, rows: Rows) -> None:
        self._gone = rows

    def opened(self, folder: Path, q: Floats) -> dict[str, float]:
        block = self._blocks[0]
        path = folder / "block.bin"
        artifacts.write(path, block.to_arrays(), method="block", version=1)
        started = time.perf_counter()
        again = type(block).from_arrays(artifacts.read(path, method="block", version=1, verify=False).arrays)
        index = self._index([again], self.efforts[0])
        seconds = time.perf_counter() - started
        index.search(q, 10)
        first = time.perf_counter() - started - seconds
        return {"open_ms": round(1000 * seconds, 2), "first_search_ms": round(1000 * first, 2)}

    def bytes_per_vector(self) -> float:
        return float(self._held(self._blocks[0]))


def _scan_bytes(block: CodeBlock) -> float:
    return (block.bits.nbytes + block.codes.nbytes + block.scales.nbytes) / block.rows


def _squash(blocks: list[SquashBlock], effort: int) -> Squash:
    share, refine = ((0.05, 2), (0.1, 3), (0.25, 3), (0.25, 5))[effort]
    return Squash(blocks, stages=Stages(share=share, refine=refine))


ENGINES: dict[str, Callable[[], Engine]] = {
    "scan": lambda: _Ours(CodeBlock.of, lambda b, e: Scan(b, least=e), _scan_bytes, SHORT_LISTS),
    "vamana": lambda: _Ours(VamanaBlock.of, lambda b, e: Vamana(b, beam=e), lambda b: b.bytes_per_vector, EFFORTS),
    "ivf": lambda: _Ours(
        IvfBlock.of, lambda b, e: Ivf(b, probes=e), lambda b: b.bytes_per_vector, (8, 16, 32, 64, 128, 256, 512, 1024)
    ),
    "squash, 4 bits": lambda: _Ours(SquashBlock.of, _squash, lambda b: b.bytes_per_vector, (0, 1, 2, 3)),
    "squash, 2 bits": lambda: _Ours(
        lambda x: SquashBlock.of(x, bits=2, partitions=1), _squash, lambda b: b.bytes_per_vector, (0, 1, 2, 3)
    ),
    "hnsw_order": lambda: _Ours(
        lambda x: ordered_block(x, links=LINKS, beam=BEAM),
        lambda b, e: Hnsw(b, beam=e),
        lambda b: b.bytes_per_vector,
        EFFORTS,
    ),
    **PEERS,
}
