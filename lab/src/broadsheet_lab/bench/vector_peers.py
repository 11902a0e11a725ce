"""The libraries a user would otherwise pick for vectors, behind the benchmark's one face, each on one thread.

A library that is not installed raises ImportError when its engine is made.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.vector_contract import BEAM, EFFORTS, LINKS, Engine, Floats, Rows, Unsupported

__all__ = ["PEERS"]

_MANY = 512  # probes from which more of the candidates are scored again in full


class _Hnswlib(Engine):
    """hnswlib; its filter is a Python function called for every candidate."""

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
        count = self._index.get_current_count()
        if count + len(x) > self._index.get_max_elements():
            self._index.resize_index(count + len(x) + 4000)
        self._index.add_items(x, count + np.arange(len(x)), num_threads=1)

    def remove(self, rows: Rows) -> None:
        for row in rows.tolist():
            self._index.mark_deleted(row)

    def bytes_per_vector(self) -> float:
        return float(self._index.index_file_size() / max(1, self._index.get_current_count()))


class _Usearch(Engine):
    """usearch; its Python face has no filter."""

    def __init__(self) -> None:
        from usearch.index import Index

        self._make, self._count = Index, 0
        self._index: Any = None

    def build(self, x: Floats) -> None:
        self._index = self._make(ndim=x.shape[1], metric="ip", dtype="f32", connectivity=LINKS, expansion_add=BEAM)
        self.add(x)

    def search(self, q: Floats, k: int, effort: int, allowed: Any = None) -> Rows:
        if allowed is not None:
            raise Unsupported("no filter")
        self._index.expansion_search = effort
        return np.asarray(self._index.search(q, k, threads=1).keys, np.int64)

    def add(self, x: Floats) -> None:
        self._index.add(self._count + np.arange(len(x)), x, threads=1)
        self._count += len(x)

    def remove(self, rows: Rows) -> None:
        self._index.remove(rows)

    def bytes_per_vector(self) -> float:
        return float(self._index.memory_usage) / max(1, len(self._index))


class _Faiss(Engine):
    """faiss: a flat index, HNSW, or inverted lists of product codes whose best are scored again in full."""

    def __init__(self, kind: str) -> None:
        import faiss

        faiss.omp_set_num_threads(1)
        self._faiss, self._kind = faiss, kind
        self.efforts = {"flat": (1,), "hnsw": EFFORTS, "ivfpq": (4, 8, 16, 32, 64, 128, 192, 256, 384, 512, 1024)}[kind]
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
            codes = f.index_factory(d, f"IVF{lists},PQ{d // 2}x4fs", f.METRIC_INNER_PRODUCT)
            self._index = f.IndexRefineFlat(codes)
            self._index.train(np.ascontiguousarray(x[:: max(1, len(x) // max(40_000, 40 * lists))]))
        self.add(x)

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
        return f.IndexRefineSearchParameters(k_factor=8 if effort < _MANY else 32, base_index_params=inner)

    def search(self, q: Floats, k: int, effort: int, allowed: Any = None) -> Rows:
        parameters = self._parameters(effort, allowed[0] if allowed else None)
        found = self._index.search(q[None], k, params=parameters)[1][0]
        return np.asarray(found[found >= 0], np.int64)

    def add(self, x: Floats) -> None:
        for start in range(0, len(x), 1_000_000):
            self._index.add(np.ascontiguousarray(x[start : start + 1_000_000]))

    def bytes_per_vector(self) -> float:
        d = self._index.d
        return float({"flat": 4 * d, "hnsw": 4 * d + 8 * LINKS + 8, "ivfpq": d / 4 + 8}[self._kind])


class _Faissbinary(Engine):
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

    def bytes_per_vector(self) -> float:
        return self._x.shape[1] / 8


class _Svs(Engine):
    """scalable-vs: a Vamana graph over vectors as they are, in LVQ codes, or reduced by LeanVec."""

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

    def search(self, q: Floats, k: int, effort: int, allowed: Any = None) -> Rows:
        if allowed is not None:
            raise Unsupported("no filter")
        if self._index.search_window_size != effort:
            self._index.search_window_size = effort
        return np.asarray(self._index.search(q[None], k)[0][0], np.int64)

    def bytes_per_vector(self) -> float:
        return {"f32": 4 * self._d, "lvq": 1.5 * self._d, "lean": 128 + self._d}[self._kind] + 8 * LINKS


class _Milvus(Engine):
    """Milvus Lite, the embedded Milvus; a filter is an expression over row numbers."""

    def __init__(self) -> None:
        from pymilvus import DataType, MilvusClient

        self._folder = tempfile.TemporaryDirectory()
        self._client = MilvusClient(str(Path(self._folder.name) / "rows.db"))
        self._types, self._count = DataType, 0

    def build(self, x: Floats) -> None:
        schema = self._client.create_schema(auto_id=False)
        schema.add_field("id", self._types.INT64, is_primary=True)
        schema.add_field("x", self._types.FLOAT_VECTOR, dim=x.shape[1])
        index = self._client.prepare_index_params()
        graph = {"M": LINKS, "efConstruction": BEAM}
        index.add_index("x", index_type="HNSW", metric_type="IP", params=graph)
        self._client.create_collection("rows", schema=schema, index_params=index)
        self.add(x)
        self._client.flush("rows")
        self._client.load_collection("rows")

    def prepare(self, flags: NDArray[np.bool_]) -> Any:
        return f"id in {np.flatnonzero(flags).tolist()}"

    def search(self, q: Floats, k: int, effort: int, allowed: Any = None) -> Rows:
        options = {"metric_type": "IP", "params": {"ef": max(effort, k)}}
        found = self._client.search("rows", [q], limit=k, filter=allowed or "", search_params=options)[0]
        return np.array([hit["id"] for hit in found], np.int64)

    def add(self, x: Floats) -> None:
        for start in range(0, len(x), 1000):
            rows = [{"id": self._count + i, "x": v} for i, v in enumerate(x[start : start + 1000])]
            self._client.insert("rows", rows)
            self._count += len(rows)

    def remove(self, rows: Rows) -> None:
        self._client.delete("rows", ids=rows.tolist())

    def bytes_per_vector(self) -> float:
        return float("nan")


PEERS: dict[str, Callable[[], Engine]] = {
    "hnswlib": _Hnswlib,
    "usearch": _Usearch,
    "faiss flat": lambda: _Faiss("flat"),
    "faiss HNSW": lambda: _Faiss("hnsw"),
    "faiss IVF-PQ": lambda: _Faiss("ivfpq"),
    "faiss binary": _Faissbinary,
    "svs Vamana": lambda: _Svs("f32"),
    "svs LVQ": lambda: _Svs("lvq"),
    "svs LeanVec": lambda: _Svs("lean"),
    "milvus-lite": _Milvus,
}
