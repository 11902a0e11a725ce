"""The compression benchmark: every method of the room on the library's own vectors, byte for byte."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.hits import top_k
from broadsheet.kit.select import top_k_masked
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.compressors import Floats, Measured, World, contestants, run, world
from broadsheet_lab.bench.report import Claimed, Number, write, write_claims
from broadsheet_lab.compression.leanvec import LeanVec
from broadsheet_lab.kit.jit import jit_reordering

__all__ = ["DATASET", "contest", "measure", "short_list"]

Tell = Callable[[str], None]
DATASET = "papers.parquet, 87,366 papers, 256-d vectors, tldr queries, test half"
_BENCH = ("broadsheet_lab.bench.compressors",)  # where the contestants are
_RIVALS = (("leanvec 56x4, frank_wolfe", 32), ("leanvec 120x4, frank_wolfe", 64))
_CLAIMED = {("lvq2", 64), ("lvq4", 128), ("lvq8", 256), ("pq", 32), ("opq", 32), ("pq", 64), ("pq", 128), *_RIVALS}
SHORT_LISTS = (100, 150, 200, 300, 500, 1000)
RECALL = 0.99  # what LeanVec must keep for its speed to count
PASSES = 5  # over all queries, the two sides of a contest in turn; the median pass counts


def _one_grid(w: World, bits: int) -> NDArray[np.float64]:
    """recall@10 with one uniform grid for all components of all vectors: what LVQ is to beat."""
    centred = w.vectors - w.vectors.mean(axis=0)
    low, high = float(centred.min()), float(centred.max())
    step = (high - low) / (2**bits - 1)
    kept = (low + step * np.floor((centred - low) / step + 0.5)).astype(np.float32)
    return w.found([top_k_masked(kept @ query, 10).ids for query in w.test])


@jit_reordering
def _uncompressed(vectors: Floats, query: Floats, out: Floats) -> None:
    """out[i] = the inner product of row i with the query: the scan LeanVec is to beat."""
    for i in range(len(vectors)):
        total = np.float32(0)
        for j in range(vectors.shape[1]):
            total += vectors[i, j] * query[j]
        out[i] = total


def short_list(w: World, reduced: int) -> int:
    """The shortest list of SHORT_LISTS whose rescoring has recall@10 of RECALL, the longest if none has.

    Chosen without the test queries: half of dev is learned from, the other half asked.
    """
    learned, asked = w.dev[::2], w.dev[1::2]
    method = LeanVec(reduced=reduced, rescoring_bits=16, solver="frank_wolfe").fit(w.vectors, learned)
    codes = method.encode(w.vectors)
    kept: dict[int, list[float]] = {short: [] for short in SHORT_LISTS}
    for query in asked:
        exact = top_k_masked(w.vectors @ query, 10).ids
        rows = top_k_masked(method.scores(query[None], codes)[0], SHORT_LISTS[-1]).ids
        for short, shares in kept.items():
            taken = rows[:short]
            shares.append(float(np.isin(exact, top_k(taken, method.rescored(query, codes, taken), 10).ids).mean()))
    return next((short for short, shares in kept.items() if np.mean(shares) >= RECALL), SHORT_LISTS[-1])


def contest(w: World, *, reduced: int = 160) -> dict[str, float]:
    """LeanVec against the uncompressed scan, one thread, one query at a time: medians in ms, their ratio, recall.

    LeanVec scans `reduced` dimensions at 8 bits and rescores a short list at 16 bits in all of them.
    """
    short = short_list(w, reduced)
    method = LeanVec(reduced=reduced, rescoring_bits=16, solver="frank_wolfe").fit(w.vectors, w.dev)
    codes = method.encode(w.vectors)
    buffer = np.empty(len(w.vectors), np.float32)

    def plain(query: Floats) -> NDArray[np.int64]:
        _uncompressed(w.vectors, query, buffer)
        return top_k_masked(buffer, 10).ids

    def lean(query: Floats) -> NDArray[np.int64]:
        rows = top_k_masked(method.scores(query[None], codes)[0], short).ids
        return top_k(rows, method.rescored(query, codes, rows), 10).ids

    times: dict[str, list[float]] = {"plain": [], "lean": []}
    tops: dict[str, list[NDArray[np.int64]]] = {}
    for _ in range(PASSES):
        for name, search in (("plain", plain), ("lean", lean)):
            search(w.test[0])
            started = time.perf_counter()
            tops[name] = [search(query) for query in w.test]
            times[name].append(1000 * (time.perf_counter() - started) / len(w.test))
    return {
        "uncompressed_ms": statistics.median(times["plain"]),
        "leanvec_ms": statistics.median(times["lean"]),
        "ratio": statistics.median(p / c for p, c in zip(times["plain"], times["lean"], strict=True)),
        "uncompressed_recall@10": float(w.found(tops["plain"]).mean()),
        "leanvec_recall@10": float(w.found(tops["lean"]).mean()),
        "reduced": reduced,
        "rescored": short,
    }


def _claims(w: World, table: dict[tuple[str, int], Measured]) -> dict[str, list[Claimed]]:  # long: flat
    """What the methods' cards claim of recall and error, measured."""
    lvq4, lvq8, shared = table["lvq4", 128], table["lvq8", 256], _one_grid(w, 4)
    pq32, pq64, lvq68 = table["pq", 32], table["pq", 64], table["lvq2", 64]
    lean32, lean64 = (table[name, budget] for name, budget in _RIVALS)
    lean = "LeanVec of as many bytes"
    return {
        "lvq": [
            Claimed.mean(DATASET, "recall@10 with 8 bits", lvq8.recall, rival=("whole vectors", 1.0)),
            Claimed.difference(
                DATASET,
                "recall@10 with 4 bits, above one grid for all vectors with 4 bits",
                ("recall@10", lvq4.recall),
                ("recall@10, one grid", shared),
                rival=("product quantisation, 128 bytes", float((table["pq", 128].recall - shared).mean())),
            ),
        ],
        "product": [
            Claimed.ratio(
                DATASET,
                "recall@10 at 32 bytes, with a learned rotation over without (ratio)",
                ("recall@10", table["opq", 32].recall),
                ("recall@10, pq", pq32.recall),
                rival=(lean, float(lean32.recall.mean() / pq32.recall.mean())),
            ),
            Claimed.difference(
                DATASET,
                "recall@10 at 64 bytes, above LVQ at 68 bytes",
                ("recall@10", pq64.recall),
                ("recall@10, LVQ", lvq68.recall),
                rival=(lean, float((lean64.recall - lvq68.recall).mean())),
            ),
        ],
    }


def measure(out: Path, tell: Tell, only: Sequence[str] = ()) -> list[Path]:
    """Run it all; write one file a method and compression.json. Of methods named, what their claims need."""
    started = time.perf_counter()
    path = datasets.papers_path()
    tell("encoding the papers")
    w = world(path)
    table: dict[tuple[str, int], Measured] = {}
    rows: dict[str, dict[str, Any]] = {}
    for one in (one for one in contestants() if not only or (one.name, one.budget) in _CLAIMED):
        tell(f"compressing: {one.name} near {one.budget} bytes")
        table[one.name, one.budget] = found = run(one, w)
        rows[f"{one.name} @ {one.budget}"] = {"method": one.family, **found.to_json()}
    paths = []
    for name, entries in _claims(w, table).items():
        if not only or name in only:
            more = {"systems": {key: row for key, row in rows.items() if row["method"] == name}}
            modules, data = [__name__, *_BENCH], {"papers.parquet": path}
            paths.append(write_claims(out, name, modules, entries, data=data, started=started, more=more))
    if only:
        return paths
    tell("scanning LeanVec against uncompressed vectors")
    return [*paths, _written(out, path, rows, table, contest(w))]


def _written(
    out: Path,
    path: Path,
    rows: dict[str, dict[str, Any]],
    table: dict[tuple[str, int], Measured],
    duel: dict[str, float],
) -> Path:
    small = {key: found for key, found in table.items() if found.bytes_a_vector <= 64}
    winner = max(small, key=lambda key: small[key].rescored[100])
    numbers = [
        Number("LeanVec throughput over an uncompressed scan", duel["ratio"], "", 3, at_most=False, detail=duel),
        Number("LeanVec recall@10 in that scan", duel["leanvec_recall@10"], "", 0.99, at_most=False),
        Number(
            "best recall@10 of codes of at most 64 bytes, 100 rescored",
            small[winner].rescored[100],
            "",
            0.99,
            at_most=False,
            detail={"winner": f"{winner[0]} @ {winner[1]}", **small[winner].to_json()},
        ),
    ]
    write(
        out / "compression.json",
        "compression",
        {"data": {"papers.parquet": datasets.digest(path)}, "numbers": [n.to_json() for n in numbers], "systems": rows},
    )
    return out / "compression.json"
