"""LeanVec's codes beside plain reduction and product quantisation, and its graph beside graphs on whole vectors."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.vamana import Vamana, VamanaBlock
from broadsheet.kit.threads import one_thread
from broadsheet_lab.bench.codes._world import DATASET, K, World
from broadsheet_lab.bench.report import Claimed
from broadsheet_lab.compression.contract import Compressor
from broadsheet_lab.compression.leanvec import LeanGraph, LeanVec, frank_wolfe, leading, second_moment
from broadsheet_lab.compression.product import ProductQuantizer

__all__ = ["claims"]

Floats = NDArray[np.float32]
Tell = Callable[[str], None]
Search = Callable[[Floats], NDArray[np.int64]]
BITS, REDUCED = 4, 120  # 64 bytes with those of the grid
RESCORED = 100
DIMENSIONS = 128  # of the graph
GRAPH = 20_000  # papers in a graph
ASKED_OF = DATASET.replace("tldr and written", "tldr")
GRAPHED = DATASET.replace("87,366", "20,000")
TARGET = 0.95
EFFORTS = (10, 15, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480)
TIMED = 300  # queries of each half that are timed
PASSES = 5
ASKED = 575  # queries whose recall is measured: the summaries


def claims(w: World, tell: Tell) -> list[Claimed]:
    """The claims of the card. Projections for queries learn from titles, a graph's effort is chosen on dev queries."""
    return [_graph(w, tell), *_codes(w, tell), _loss(w)]


def _titles(w: World) -> Floats:
    """What stands for queries: a quarter of the titles, short and of another kind than papers as well."""
    titles = w.headings[::4]
    return np.ascontiguousarray(titles[titles.any(axis=1)])


def _short() -> LeanVec:
    return LeanVec(reduced=REDUCED, bits=BITS, rescoring_bits=0, solver="frank_wolfe")


def _codes(w: World, tell: Tell) -> list[Claimed]:
    test = w.half(dev=False).part(len(w.texts), ASKED)
    kinds: dict[str, Compressor] = {
        "leanvec": _short().fit(w.vectors, _titles(w)),
        "leanvec without queries": _short().fit(w.vectors),
    }
    for name, rotations in (("product quantisation", 0), ("product quantisation with a learned rotation", 3)):
        tell(f"64 bytes: {name}")
        kinds[name] = ProductQuantizer(parts=64, rotations=rotations, sample=4000, iterations=6).fit(w.vectors)
    scanned = {name: test.tops(method, most=RESCORED) for name, method in kinds.items()}
    rescored = {name: test.recall(tops) for name, tops in scanned.items()}
    recall = {name: test.recall(tops[:, :K]) for name, tops in scanned.items()}
    rival = max((name for name in kinds if name != "leanvec"), key=lambda name: rescored[name].mean())
    beside = {f"recall@10, {name}": float(values.mean()) for name, values in recall.items()}
    return [
        Claimed.mean(
            ASKED_OF,
            "recall@10, 64 bytes scanned, 100 rescored",
            rescored["leanvec"],
            rival=(rival, float(rescored[rival].mean())),
            detail={name: round(float(values.mean()), 4) for name, values in rescored.items()},
        ),
        Claimed.ratio(
            ASKED_OF,
            "recall@10 at 64 bytes, learned from other queries over not (ratio)",
            ("recall@10, learned from queries", recall["leanvec"]),
            ("recall@10, without queries", recall["leanvec without queries"]),
            rival=(
                "product quantisation with a learned rotation",
                float(recall["product quantisation with a learned rotation"].mean())
                / float(recall["leanvec without queries"].mean()),
            ),
            detail={name: round(value, 4) for name, value in beside.items()},
        ),
    ]


def _loss(w: World) -> Claimed:
    """The squared error of each unseen query's inner products: q' (A'B - I) K_X (A'B - I)' q."""
    k_x, asked = second_moment(w.vectors), w.half(dev=False).asked.astype(np.float64)
    basis = leading(k_x, DIMENSIONS)

    def errors(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
        left = asked @ (a.T @ b - np.eye(len(k_x)))
        return np.asarray(np.einsum("qi,ij,qj->q", left, k_x, left, optimize=True))

    learned = errors(*frank_wolfe(second_moment(_titles(w)), k_x, DIMENSIONS))
    return Claimed.ratio(
        DATASET,
        "squared error of unseen queries' inner products at d = 128, without queries over Frank-Wolfe (ratio)",
        ("squared error, without queries", errors(basis, basis)),
        ("squared error, Frank-Wolfe", learned),
        rival=("without queries", 1.0),
    )


def _graph(w: World, tell: Tell) -> Claimed:
    """Graphs of the same degree on whole and on reduced vectors, each with the least effort that reaches TARGET."""
    titles = _titles(w)
    dev, test = (w.half(dev=half).part(GRAPH, TIMED) for half in (True, False))
    w = test
    tell("graphs: reduced vectors")
    started = time.perf_counter()
    method = LeanVec(reduced=DIMENSIONS, solver="frank_wolfe").fit(w.vectors, titles)
    lean = LeanGraph.of(method, w.vectors)
    seconds = {"reduced": time.perf_counter() - started}
    tell("graphs: whole vectors")
    started = time.perf_counter()
    block = VamanaBlock.of(w.vectors)
    seconds["whole"] = time.perf_counter() - started
    kinds: dict[str, Callable[[int], Search]] = {
        "reduced": lambda beam: _by(lean.with_effort(beam=beam, short=max(K, beam // 2))),
        "whole": lambda beam: _by(Vamana([block], beam=beam)),
    }
    tell("graphs: HNSW of hnswlib")
    kinds |= _hnsw(w, seconds)
    tell("graphs: searching")
    chosen = {name: _least(make, dev) for name, make in kinds.items()}
    with one_thread():
        recalls, spent = _timed({name: make(chosen[name]) for name, make in kinds.items()}, test)
    base = float(np.median(spent["whole"]))
    rival = ("HNSW on whole vectors", base / float(np.median(spent["hnsw"]))) if "hnsw" in spent else ("whole", 1.0)
    detail: dict[str, Any] = {
        name: {
            "beam": chosen[name],
            "recall@10": round(recalls[name], 4),
            "median ms": round(1000 * float(np.median(spent[name])), 4),
            "seconds to build": round(seconds[name], 1),
        }
        for name in kinds
    }
    return Claimed.ratio(
        GRAPHED,
        "median latency of a graph at recall@10 of 0.95, whole vectors over reduced ones (ratio)",
        ("median seconds, whole vectors", spent["whole"]),
        ("median seconds, reduced vectors", spent["reduced"]),
        statistic=np.median,
        rival=rival,
        detail=detail,
    )


def _by(index: Any) -> Search:
    return lambda query: np.asarray(index.search(query, K).ids)


def _hnsw(w: World, seconds: dict[str, float]) -> dict[str, Callable[[int], Search]]:
    """HNSW on whole vectors, where hnswlib is installed."""
    try:
        from broadsheet_lab.indexes.hnsw_order import Hnsw, HnswBlock
    except ImportError:
        return {}
    started = time.perf_counter()
    block = HnswBlock.of(w.vectors)
    seconds["hnsw"] = time.perf_counter() - started
    return {"hnsw": lambda beam: _by(Hnsw([block], beam=beam))}


def _least(make: Callable[[int], Search], dev: World) -> int:
    """The least effort whose recall@10 on dev queries is TARGET, the greatest if none is."""
    for beam in EFFORTS:
        search = make(beam)
        tops = [search(query) for query in dev.asked[:TIMED]]
        if _recall(dev.exact, tops) >= TARGET:
            return beam
    return EFFORTS[-1]


def _recall(exact: NDArray[np.int64], tops: Sequence[NDArray[np.int64]]) -> float:
    return float(np.mean([np.isin(e, t).mean() for e, t in zip(exact, tops, strict=False)]))


def _timed(searches: dict[str, Search], test: World) -> tuple[dict[str, float], dict[str, NDArray[np.float64]]]:
    """(recall@10, the seconds of each query: the median of passes that take the searches in turn)."""
    queries = test.asked[:TIMED]
    spent = {name: np.empty((PASSES, len(queries))) for name in searches}
    recalls = {}
    for at in range(PASSES):
        for name, search in searches.items():
            tops = []
            for i, query in enumerate(queries):
                started = time.perf_counter()
                tops.append(search(query))
                spent[name][at, i] = time.perf_counter() - started
            recalls[name] = _recall(test.exact, tops)
    return recalls, {name: np.median(passes, axis=0) for name, passes in spent.items()}
