"""The claims of the indexes room's methods measured again: SQUASH's bounds and stages, HNSW's insertion orders."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.bench import datasets
from broadsheet.bench.report import interval, write
from broadsheet.bench.vector_data import best, grown
from broadsheet.indexes.hnsw_order import Hnsw, HnswBlock, Order, by_category, by_lid, lid, neighbour_distances
from broadsheet.indexes.squash import Squash, SquashBlock, Stages

__all__ = ["generator", "measure"]

Tell = Callable[[str], None]
Floats = NDArray[np.float32]
K = 10
SEEDS = (0, 1, 2)
_SQUASH = "papers.parquet, 256-d, tldr queries"
_HNSW = "papers.parquet, 256-d"
_ROWS = 20_000  # of the papers, drawn by seed 0: three seeds of every order in minutes


def _hits(
    search: Callable[[Floats], NDArray[np.int64]], queries: Floats, exact: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Recall@10 of each query."""
    return np.array([len(set(search(q).tolist()) & set(e.tolist())) / K for q, e in zip(queries, exact, strict=True)])


def _claim(dataset: str, metric: str, value: float, **more: Any) -> dict[str, Any]:
    return {"dataset": dataset, "metric": metric, "value": round(value, 6), **more}


def generator(vectors: Floats) -> dict[str, Any]:
    """The local intrinsic dimension of papers and of as many made ones, each measured among themselves."""
    count = min(10_000, len(vectors) // 2)
    real = vectors[np.random.default_rng(3).choice(len(vectors), count, replace=False)]
    made = grown(vectors, len(vectors) + count)[len(vectors) :]
    own = {name: float(np.median(lid(neighbour_distances(part)))) for name, part in (("papers", real), ("made", made))}
    return {"lid_before": round(own["papers"], 2), "lid_after": round(own["made"], 2), "rows": count}


def _violations(block: SquashBlock, x: Floats, queries: Floats) -> int:
    """Bounds below the true inner product by more than rounding."""
    count = 0
    for q in queries:
        for part in block.partitions:
            z = np.asarray((q - part.mean) @ part.turn, np.float32)
            bounds = part.upper_bounds(q, z, np.arange(len(part.rows)))
            count += int((bounds < x[part.rows] @ q - 1e-5).sum())
    return count


def _squash(x: Floats, queries: Floats, tell: Tell) -> list[dict[str, Any]]:
    tell("SQUASH: bounds, bits and stages")
    exact = best(queries, x, K)

    def found(block: SquashBlock, stages: Stages, reach: float = 1.15) -> NDArray[np.float64]:
        index = Squash([block], stages=stages, reach=reach)
        return _hits(lambda q: index.search(q, K).ids, queries, exact)

    four = SquashBlock.of(x)
    default, hamming = found(four, Stages()), found(four, Stages(weighted=False))
    violations = _violations(four, x, queries[:50])
    del four
    two, even = (
        found(SquashBlock.of(x, bits=2, partitions=1, by_variance=by), Stages(share=1.0)) for by in (True, False)
    )
    low, high = interval(default)
    return [
        _claim(_SQUASH, "recall@10 at 4 bits a dimension", float(default.mean()), interval=[low, high]),
        _claim(_SQUASH, "bounds above the exact distance", violations, lower_is_better=True, pairs=50 * len(x)),
        _claim(
            _SQUASH,
            "recall@10 gained by variance, 2 bits",
            float((two - even).mean()),
            interval=interval(two - even),
            baseline=float(even.mean()),
        ),
        _claim(
            _SQUASH,
            "recall@10 gained by weighting signs",
            float((default - hamming).mean()),
            interval=interval(default - hamming),
            baseline=float(hamming.mean()),
        ),
    ]


def _recalls(x: Floats, queries: Floats, orders: Sequence[NDArray[np.int64]], beam: int) -> NDArray[np.float64]:
    """Recall@10 of each query, averaged over the seeds: seed i inserts in orders[i % len(orders)]."""
    exact = best(queries, x, K)
    found = []
    for seed in SEEDS:
        index = Hnsw([HnswBlock.of(x, orders[seed % len(orders)], seed=seed)], beam=beam)
        found.append(_hits(lambda q, index=index: index.search(q, K).ids, queries, exact))  # type: ignore[misc]
    return np.asarray(np.mean(found, axis=0))


def _orders(x: Floats, queries: Floats, venues: Sequence[str], tell: Tell) -> list[dict[str, Any]]:
    by = {}
    kinds: tuple[Order, ...] = ("descending", "ascending", "random")
    for order in kinds:
        tell(f"HNSW: {order} order")
        rows = [by_lid(x, order, seed=s) for s in (SEEDS if order == "random" else SEEDS[:1])]
        by[order] = _recalls(x, queries, rows, K)
    tell("HNSW: orders of venues")
    exact = best(queries, x, K)
    means = []
    for seed in range(4):
        index = Hnsw([HnswBlock.of(x, by_category(venues, seed=seed), seed=0)], beam=K)
        means.append(float(_hits(lambda q, index=index: index.search(q, K).ids, queries, exact).mean()))  # type: ignore[misc]
    difference = 100 * (by["descending"] - by["ascending"])
    low, high = interval(difference)
    means_by = {order: round(float(values.mean()), 4) for order, values in by.items()}
    return [
        _claim(
            _HNSW,
            "recall@10, LID descending over ascending (points)",
            float(difference.mean()),
            interval=[low, high],
            baseline=means_by,
            beam=K,
            rows=len(x),
            seeds=list(SEEDS),
        ),
        _claim(
            _HNSW,
            "recall@10, best over worst order of venues (points)",
            100 * (max(means) - min(means)),
            baseline=means,
            rows=len(x),
        ),
        _claim("Gaussian, rank 8 of 256", "mean LID over rank", _lid_of_rank(8) / 8),
    ]


def _lid_of_rank(rank: int, n: int = 10_000, d: int = 256) -> float:
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.standard_normal((d, rank)))[0]
    x = (rng.standard_normal((n, rank)) @ basis.T).astype(np.float32)
    return float(lid(neighbour_distances(x)).mean())


def measure(out: Path, vectors: Floats, queries: Floats, papers: Path, tell: Tell) -> list[Path]:
    """Measure both methods on vectors (n, d) of papers.parquet; writes squash.json and hnsw_order.json."""
    import pyarrow.parquet as pq

    venues = [str(v) for v in pq.read_table(papers, columns=["venue"])["venue"].to_pylist()]
    drawn = np.sort(np.random.default_rng(0).choice(len(vectors), min(_ROWS, len(vectors)), replace=False))
    written = []
    steps: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "squash": lambda: _squash(vectors, queries[:300], tell),
        "hnsw_order": lambda: _orders(vectors[drawn], queries, [venues[i] for i in drawn], tell),
    }
    for name, step in steps.items():
        started = time.perf_counter()
        claims = step()
        content = {
            "data": {"papers.parquet": datasets.digest(papers)},
            "claims": claims,
            "seconds": round(time.perf_counter() - started, 1),
            "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }
        write(out / f"{name}.json", name, content)
        written.append(out / f"{name}.json")
    return written
