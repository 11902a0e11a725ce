"""The claims of the product's indexes measured again: a graph, lists."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.ivf import Ivf, IvfBlock
from broadsheet.indexes.scan import CodeBlock, Scan
from broadsheet.indexes.vamana import Vamana, VamanaBlock
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.report import Claimed, write_claims
from broadsheet_lab.bench.vector_data import best, grown, halves, of_papers
from broadsheet_lab.indexes.hnsw_order import Hnsw, HnswBlock, lid, neighbour_distances

__all__ = ["CLAIMED", "generator", "measure"]

Tell = Callable[[str], None]
Floats = NDArray[np.float32]
CLAIMED = ("vamana", "ivf")
K = 10
_HALF = "papers.parquet, 87,366 papers, 256-d, tldr queries, test half"
_TARGET = 0.99
_EFFORTS = (40, 60, 80, 100, 120, 160, 200, 240, 320, 480, 640, 960)


def _hits(
    search: Callable[[Floats], NDArray[np.int64]], queries: Floats, exact: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Recall@10 of each query."""
    return np.array([len(set(search(q).tolist()) & set(e.tolist())) / K for q, e in zip(queries, exact, strict=True)])


def generator(vectors: Floats) -> dict[str, Any]:
    """The local intrinsic dimension of papers and of as many made ones, each measured among themselves."""
    count = min(10_000, len(vectors) // 2)
    real = vectors[np.random.default_rng(3).choice(len(vectors), count, replace=False)]
    made = grown(vectors, len(vectors) + count)[len(vectors) :]
    own = {name: float(np.median(lid(neighbour_distances(part)))) for name, part in (("papers", real), ("made", made))}
    return {"lid_before": round(own["papers"], 2), "lid_after": round(own["made"], 2), "rows": count}


Search = Callable[[Floats], NDArray[np.int64]]


@dataclass(frozen=True)
class _Point:
    """An index at the least effort that finds enough on the dev queries."""

    effort: int
    recall: float  # @10 of the test queries
    seconds: NDArray[np.float64]  # of each test query, one at a time

    @property
    def detail(self) -> dict[str, float]:
        """For a judge to read."""
        speed = 1 / float(np.median(self.seconds))
        return {"effort": self.effort, "recall@10": round(self.recall, 4), "queries/s": round(speed, 1)}


def _faster(name: str, ours: _Point | None, theirs: _Point | None) -> Claimed:
    """Queries a second over another index of the same recall, at the median latencies of both."""
    metric = f"queries/s at recall@10 ≥ 0.99, over {name}"
    if ours is None or theirs is None:
        return Claimed(_HALF, metric, 0.0, detail={"reaches 0.99": name if theirs else "neither, or this one alone"})
    return Claimed.ratio(
        _HALF,
        metric,
        ("median seconds, the other", theirs.seconds),
        ("median seconds", ours.seconds),
        statistic=np.median,
        rival=(name, 1.0),
        detail={"this": ours.detail, name: theirs.detail},
    )


def _speed(search: Search, queries: Floats) -> NDArray[np.float64]:
    """The seconds of each query, one at a time, after some that do not count."""
    for q in queries[:20]:
        search(q)
    seconds = []
    for q in queries:
        started = time.perf_counter()
        search(q)
        seconds.append(time.perf_counter() - started)
    return np.array(seconds)


def _at_target(
    by_effort: Callable[[int], Search], efforts: Sequence[int], x: Floats, dev: Floats, test: Floats
) -> _Point | None:
    """The least effort that finds 99 % on the dev queries, with what it does on the test queries; None if none does."""
    exact = best(dev, x, K)
    for effort in efforts:
        search = by_effort(effort)
        if _hits(search, dev, exact).mean() >= _TARGET:
            found = float(_hits(search, test, best(test, x, K)).mean())
            return _Point(effort, found, _speed(search, test))
    return None


def _finds(index: Any) -> Search:
    def search(query: Floats) -> NDArray[np.int64]:
        return np.asarray(index.search(query, K).ids)

    return search


def _vamana(x: Floats, dev: Floats, test: Floats, tell: Tell) -> list[Claimed]:
    tell("Vamana: the graph, beside HNSW")
    block = VamanaBlock.of(x)
    exact = best(test, x, K)
    found = _hits(_finds(Vamana([block])), test, exact)
    whole = _hits(_finds(Vamana([replace(block, unit=False)])), test, exact)  # no row is passed over
    ours = _at_target(lambda e: _finds(Vamana([block], beam=e)), _EFFORTS, x, dev, test)
    other = HnswBlock.of(x)
    theirs = _at_target(lambda e: _finds(Hnsw([other], beam=e)), _EFFORTS, x, dev, test)
    return [
        Claimed.mean(_HALF, "recall@10 at beam 160", found),
        _faster("HNSW of hnswlib", ours, theirs),
        Claimed.difference(
            _HALF,
            "recall@10 lost by passing rows over on estimates",
            ("no row passed over", whole),
            ("rows passed over", found),
            lower_is_better=True,
        ),
    ]


def _ivf(x: Floats, dev: Floats, test: Floats, tell: Tell) -> list[Claimed]:
    tell("IVF: inverted lists, beside a scan")
    block = IvfBlock.of(x)
    lists = len(block.starts) - 1
    found = _hits(_finds(Ivf([block], probes=lists // 2)), test, best(test, x, K))
    ours = _at_target(lambda e: _finds(Ivf([block], probes=e)), _EFFORTS, x, dev, test)
    codes = CodeBlock.of(x)
    shorts = (100, 200, 500, 1000, 2000, 5000)
    theirs = _at_target(lambda e: _finds(Scan([codes], least=e)), shorts, x, dev, test)
    return [
        Claimed.mean(_HALF, "recall@10 with half of the lists", found, detail={"lists": lists}),
        _faster("scan", ours, theirs),
    ]


def measure(out: Path, tell: Tell, only: Sequence[str] = ()) -> list[Path]:
    """Measure the claims of CLAIMED, or of those named, on vectors of papers.parquet; writes a file for each.

    Raises UsageError without data.
    """
    papers = datasets.papers_path()
    tell("encoding the papers, 256 dimensions")
    encoded = of_papers(papers, 256)
    assert encoded is not None, "256 dimensions need no package"
    vectors, queries = encoded
    dev, test = halves(queries)
    written = []
    steps: dict[str, Callable[[], list[Claimed]]] = {
        "vamana": lambda: _vamana(vectors, dev, test, tell),
        "ivf": lambda: _ivf(vectors, dev, test, tell),
    }
    for name, step in ((name, steps[name]) for name in CLAIMED if not only or name in only):
        started = time.perf_counter()
        claims = step()
        written.append(write_claims(out, name, __name__, claims, data={"papers.parquet": papers}, started=started))
    return written
