"""SQUASH: what its bits and stages find, and how many queries a second its processes answer beside a flat scan."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.hits import Hits
from broadsheet.kit.mask import Mask
from broadsheet.kit.select import top_k_masked
from broadsheet_lab.bench.codes._world import K, World
from broadsheet_lab.bench.report import Claimed, ratio_interval
from broadsheet_lab.indexes.squash import Squash, SquashBlock, SquashPool, Stages

__all__ = ["claims"]

DATASET = "papers.parquet, 87,366 papers, 256-d, tldr and written queries, test half"
RECALLED = 200  # queries whose recall is measured
WORKERS = 2
BATCH, BATCHES = 50, 6  # queries asked at once, and how often
ALLOWED = 0.01  # of the papers, by a filter

Floats = NDArray[np.float32]
Values = NDArray[np.float64]
Tell = Callable[[str], None]
Answers = Callable[[Floats], list[Hits]]


def claims(w: World, tell: Tell) -> list[Claimed]:
    """The claims of the card."""
    test = w.half(dev=False)
    asked, exact = test.asked[:RECALLED], test.exact[:RECALLED]

    def found(block: SquashBlock, stages: Stages) -> Values:
        index = Squash([block], stages=stages)
        return np.array([np.isin(e, index.search(q, K).ids).mean() for q, e in zip(asked, exact, strict=True)])

    tell("4 bits a dimension")
    four = SquashBlock.of(w.vectors)
    default, hamming = found(four, Stages()), found(four, Stages(weighted=False))
    tell("2 bits a dimension")
    one = Stages(share=1.0)
    two, even = (found(SquashBlock.of(w.vectors, bits=2, partitions=1, by_variance=by), one) for by in (True, False))
    variance, signs = "recall@10 gained by variance, 2 bits", "recall@10 gained by weighting signs"
    return [
        Claimed.mean(DATASET, "recall@10 at 4 bits a dimension", default, rival=("a flat scan", 1.0)),
        Claimed.difference(
            DATASET, variance, ("by variance", two), ("bits shared evenly", even), rival=("evenly", 0.0)
        ),
        Claimed.difference(
            DATASET, signs, ("weighted", default), ("not weighted", hamming), rival=("not weighted", 0.0)
        ),
        *_throughput(four, test, tell),
    ]


def _throughput(block: SquashBlock, test: World, tell: Tell) -> list[Claimed]:
    """Seconds of batches of queries: the engines take turns, batch by batch."""
    queries = test.asked[: BATCH * BATCHES]
    allowed = np.random.default_rng(0).random(block.rows) < ALLOWED
    masks = {"no filter": None, "1 % allowed": Mask.of(allowed)}
    spent: dict[tuple[str, str], Values] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "squash.bin"
        block.save(path)
        with SquashPool(path, workers=WORKERS) as pool, SquashPool(path, workers=1) as alone:
            for name, mask in masks.items():
                tell(f"queries a second, {name}")
                flat = _flat(test.vectors if mask is None else test.vectors[allowed])
                engines: dict[str, Answers] = {
                    "pool": lambda q, mask=mask: pool.search_all(q, K, mask),  # type: ignore[misc]
                    "alone": lambda q, mask=mask: alone.search_all(q, K, mask),  # type: ignore[misc]
                    "flat": flat,
                }
                spent |= {(name, engine): seconds for engine, seconds in _timed(engines, queries).items()}
    found = [
        _faster(
            f"queries a second, two processes over a flat scan, {name} (ratio)",
            spent[name, "flat"],
            spent[name, "pool"],
            ("one process", float(np.median(spent[name, "flat"]) / np.median(spent[name, "alone"]))),
        )
        for name in masks
    ]
    over_one = spent["no filter", "alone"], spent["no filter", "pool"]
    flat_over = float(np.median(spent["no filter", "alone"]) / np.median(spent["no filter", "flat"]))
    return [*found, _faster("queries a second, two processes over one (ratio)", *over_one, ("a flat scan", flat_over))]


def _flat(vectors: Floats) -> Answers:
    """Every query with every vector, by one product of matrices, as a flat index does; filtered vectors are at hand."""

    def search(queries: Floats) -> list[Hits]:
        return [top_k_masked(row, K) for row in queries @ vectors.T]

    return search


def _timed(engines: dict[str, Answers], queries: Floats) -> dict[str, Values]:
    """The seconds of each batch, after one that does not count."""
    spent: dict[str, list[float]] = {name: [] for name in engines}
    for search in engines.values():
        search(queries[:BATCH])
    for at in range(0, len(queries), BATCH):
        for name, search in engines.items():
            started = time.perf_counter()
            search(queries[at : at + BATCH])
            spent[name].append(time.perf_counter() - started)
    return {name: np.array(seconds) for name, seconds in spent.items()}


def _faster(metric: str, base: Values, ours: Values, rival: tuple[str, float]) -> Claimed:
    bounds = ratio_interval(base, ours, statistic=np.median)
    value = float(np.median(base) / np.median(ours))
    detail = {"queries a second": round(BATCH / float(np.median(ours)), 1)}
    rate = {"queries a second of the other": BATCH / float(np.median(base))}
    return Claimed(DATASET, metric, value, interval=bounds, n=len(ours), baseline=rate, rival=rival, detail=detail)
