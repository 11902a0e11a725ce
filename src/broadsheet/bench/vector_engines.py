"""Vector indexes behind one face: ours and the libraries a user would otherwise pick, each on one thread.

A peer that is not installed raises ImportError when it is made. `efforts` are the settings that trade time for
recall, the least first.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.hnsw_order import Hnsw, HnswBlock, ordered_block
from broadsheet.indexes.scan import CodeBlock, Scan
from broadsheet.indexes.squash import Squash, SquashBlock, Stages
from broadsheet.kit.mask import Mask

__all__ = ["ENGINES", "Engine", "Unsupported"]

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
LINKS, BEAM = 16, 128  # M and efConstruction of every graph, the paper of the insertion orders' choice


class Unsupported(Exception):
    """The library offers no such operation through its Python face."""


class Engine(Protocol):
    """One index of one library."""

    efforts: tuple[int, ...]

    def build(self, x: Floats) -> None:
        """Index the rows of x (n, d), numbered from 0."""

    def search(self, q: Floats, k: int, effort: int, allowed: Any = None) -> Rows:
        """The k rows found for q (d,), best first."""

    def prepare(self, flags: NDArray[np.bool_]) -> Any:
        """A filter in the library's own form, made outside the clock."""

    def add(self, x: Floats) -> None:
        """More rows, numbered on."""

    def remove(self, rows: Rows) -> None:
        """These rows are not found any more."""

    def bytes_per_vector(self) -> float:
        """What a search holds in memory by the library's own account or its layout; NaN where neither tells."""


class Ours:
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

    def bytes_per_vector(self) -> float:
        return float(self._held(self._blocks[0]))


class Hnswlib:
    """hnswlib; its filter is a Python function called for every candidate."""

    efforts = (10, 20, 40, 80, 160, 320, 640)

    def __init__(self) -> None:
        import hnswlib

        self._library = hnswlib
        self._index: Any = None

    def build(self, x: Floats) -> None:
        self._index = self._library.Index("ip", x.shape[1])
        self._index.init_index(len(x) + 4000, M=LINKS, ef_construction=BEAM, allow_replace_deleted=True)
        self._index.add_items(x, np.arange(len(x)), num_threads=1)

    def prepare(self, flags: NDArray[np.bool_]) -> Any:
        return flags.tolist().__getitem__

    def search(self, q: Floats, k: int, effort: int, allowed: Any = None) -> Rows:
        self._index.set_ef(max(effort, k))
        try:
            return np.asarray(self._index.knn_query(q, k=k, num_threads=1, filter=allowed)[0][0], np.int64)
        except RuntimeError:  # fewer than k were found
            return np.empty(0, np.int64)

    def add(self, x: Floats) -> None:
        self._index.add_items(x, self._index.get_current_count() + np.arange(len(x)), num_threads=1)

    def remove(self, rows: Rows) -> None:
        for row in rows.tolist():
            self._index.mark_deleted(row)

    def bytes_per_vector(self) -> float:
        return float(self._index.index_file_size()) / max(1, self._index.get_current_count())


class Usearch:
    """usearch; its Python face has no filter."""

    efforts = (10, 20, 40, 80, 160, 320, 640)

    def __init__(self) -> None:
        from usearch.index import Index

        self._make, self._count = Index, 0
        self._index: Any = None

    def build(self, x: Floats) -> None:
        self._index = self._make(ndim=x.shape[1], metric="ip", dtype="f32", connectivity=LINKS, expansion_add=BEAM)
        self.add(x)

    def prepare(self, flags: NDArray[np.bool_]) -> Any:
        raise Unsupported("no filter")

    def search(self, q: Floats, k: int, effort: int, allowed: Any = None) -> Rows:
        self._index.expansion_search = effort
        return np.asarray(self._index.search(q, k, threads=1).keys, np.int64)

    def add(self, x: Floats) -> None:
        self._index.add(self._count + np.arange(len(x)), x, threads=1)
        self._count += len(x)

    def remove(self, rows: Rows) -> None:
        self._index.remove(rows)

    def bytes_per_vector(self) -> float:
        return float(self._index.memory_usage) / max(1, len(self._index))


class Faiss:
    """faiss: a flat index, HNSW, or inverted lists of product codes whose best are scored again in full."""

    def __init__(self, kind: str) -> None:
        import faiss

        faiss.omp_set_num_threads(1)
        self._faiss, self._kind = faiss, kind
        self.efforts = {"flat": (1,), "hnsw": Hnswlib.efforts, "ivfpq": (4, 8, 16, 32, 64, 128, 256)}[kind]
        self._index: Any = None
        self._keep: Any = None  # the bitmap a selector points into

    def build(self, x: Floats) -> None:
        f, d = self._faiss, x.shape[1]
        if self._kind == "flat":
            self._index = f.IndexFlatIP(d)
        elif self._kind == "hnsw":
            self._index = f.IndexHNSWFlat(d, LINKS, f.METRIC_INNER_PRODUCT)
            self._index.hnsw.efConstruction = BEAM
        else:
            lists = max(16, int(2 * len(x) ** 0.5))
            codes = f.index_factory(d, f"IVF{lists},PQ{d // 4}", f.METRIC_INNER_PRODUCT)
            self._index = f.IndexRefineFlat(codes)
            self._index.train(x[:: max(1, len(x) // 40_000)])
        self._index.add(x)

    def prepare(self, flags: NDArray[np.bool_]) -> Any:
        bits = np.packbits(flags, bitorder="little")
        return self._faiss.IDSelectorBitmap(bits), bits

    def _parameters(self, effort: int, selector: Any) -> Any:
        f = self._faiss
        if self._kind == "flat":
            return f.SearchParameters(sel=selector)
        if self._kind == "hnsw":
            return f.SearchParametersHNSW(sel=selector, efSearch=effort)
        inner = f.SearchParametersIVF(sel=selector, nprobe=effort)
        return f.IndexRefineSearchParameters(k_factor=8, base_index_params=inner)

    def search(self, q: Floats, k: int, effort: int, allowed: Any = None) -> Rows:
        parameters = self._parameters(effort, allowed[0] if allowed else None)
        found = self._index.search(q[None], k, params=parameters)[1][0]
        return np.asarray(found[found >= 0], np.int64)

    def add(self, x: Floats) -> None:
        self._index.add(x)

    def remove(self, rows: Rows) -> None:
        raise Unsupported("no removal that keeps row numbers")

    def bytes_per_vector(self) -> float:
        d = self._index.d
        return {"flat": 4 * d, "hnsw": 4 * d + 8 * LINKS + 8, "ivfpq": d / 4 + 8}[self._kind]


class Faissbinary:
    """faiss: signs compared by Hamming distance, the best scored again from the vectors."""

    efforts = (50, 100, 200, 500, 1000, 2000)

    def __init__(self) -> None:
        import faiss

        faiss.omp_set_num_threads(1)
        self._faiss = faiss
        self._index: Any = None
        self._x = np.empty((0, 0), np.float32)

    def build(self, x: Floats) -> None:
        self._index = self._faiss.IndexBinaryFlat(x.shape[1])
        self._x = x[:0]
        self.add(x)

    def prepare(self, flags: NDArray[np.bool_]) -> Any:
        bits = np.packbits(flags, bitorder="little")
        return self._faiss.SearchParameters(sel=self._faiss.IDSelectorBitmap(bits)), bits

    def search(self, q: Floats, k: int, effort: int, allowed: Any = None) -> Rows:
        rows = self._index.search(np.packbits(q > 0)[None], effort, params=allowed[0] if allowed else None)[1][0]
        rows = rows[rows >= 0]
        return np.asarray(rows[np.argsort(-(self._x[rows] @ q))[:k]], np.int64)

    def add(self, x: Floats) -> None:
        self._index.add(np.packbits(x > 0, axis=1))
        self._x = np.concatenate([self._x, x])

    def remove(self, rows: Rows) -> None:
        raise Unsupported("no removal that keeps row numbers")

    def bytes_per_vector(self) -> float:
        return self._x.shape[1] / 8


class Svs:
    """scalable-vs: a Vamana graph over vectors as they are, in LVQ codes, or reduced by LeanVec."""

    efforts = (10, 20, 40, 80, 160, 320, 640)

    def __init__(self, kind: str) -> None:
        import svs

        self._svs, self._kind, self._d = svs, kind, 0
        self._index: Any = None

    def build(self, x: Floats) -> None:
        s, self._d = self._svs, x.shape[1]
        parameters = s.VamanaBuildParameters(graph_max_degree=2 * LINKS, window_size=BEAM, alpha=0.95)
        with tempfile.TemporaryDirectory() as folder:
            data: Any = x
            if self._kind != "f32":
                path = str(Path(folder) / "x.fvecs")
                s.write_vecs(x, path)
                loader = s.VectorDataLoader(path, s.DataType.float32, dims=self._d)
                lvq8 = s.LeanVecKind.lvq8
                data = (
                    s.LVQLoader(loader, primary=4, residual=8)
                    if self._kind == "lvq"
                    else s.LeanVecLoader(loader, 128, primary_kind=lvq8, secondary_kind=lvq8)
                )
            self._index = s.Vamana.build(parameters, data, s.DistanceType.MIP, num_threads=1)

    def prepare(self, flags: NDArray[np.bool_]) -> Any:
        raise Unsupported("no filter")

    def search(self, q: Floats, k: int, effort: int, allowed: Any = None) -> Rows:
        if self._index.search_window_size != effort:
            self._index.search_window_size = effort
        return np.asarray(self._index.search(q[None], k)[0][0], np.int64)

    def add(self, x: Floats) -> None:
        raise Unsupported("a static graph")

    def remove(self, rows: Rows) -> None:
        raise Unsupported("a static graph")

    def bytes_per_vector(self) -> float:
        return {"f32": 4 * self._d, "lvq": 1.5 * self._d, "lean": 128 + self._d}[self._kind] + 8 * LINKS


def _scan_bytes(block: CodeBlock) -> float:
    return (block.bits.nbytes + block.codes.nbytes + block.scales.nbytes) / block.rows


def _squash(blocks: list[SquashBlock], effort: int) -> Squash:
    share, refine = ((0.05, 2), (0.1, 3), (0.25, 3), (0.25, 5))[effort]
    return Squash(blocks, stages=Stages(share=share, refine=refine))


ENGINES: dict[str, Callable[[], Engine]] = {
    "scan": lambda: Ours(CodeBlock.of, lambda b, e: Scan(b, least=e), _scan_bytes, (100, 200, 500, 1000, 2000)),
    "squash, 4 bits": lambda: Ours(SquashBlock.of, _squash, lambda b: b.bytes_per_vector, (0, 1, 2, 3)),
    "squash, 2 bits": lambda: Ours(
        lambda x: SquashBlock.of(x, bits=2, partitions=1), _squash, lambda b: b.bytes_per_vector, (0, 1, 2, 3)
    ),
    "hnsw_order": lambda: Ours(
        ordered_block, lambda b, e: Hnsw(b, beam=e), lambda b: HnswBlock.bytes_per_vector.fget(b), Hnswlib.efforts
    ),
    "hnswlib": Hnswlib,
    "usearch": Usearch,
    "faiss flat": lambda: Faiss("flat"),
    "faiss HNSW": lambda: Faiss("hnsw"),
    "faiss IVF-PQ": lambda: Faiss("ivfpq"),
    "faiss binary": Faissbinary,
    "svs Vamana": lambda: Svs("f32"),
    "svs LVQ": lambda: Svs("lvq"),
    "svs LeanVec": lambda: Svs("lean"),
}
