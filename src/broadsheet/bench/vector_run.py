"""One engine measured in a process of its own: `python -m broadsheet.bench.vector_run ENGINE DATA.npz` prints JSON."""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.bench.vector_data import FILTERS, SHARES, recall
from broadsheet.bench.vector_engines import ENGINES
from broadsheet.bench.vector_peers import Engine, Unsupported

__all__ = ["TARGET", "K", "main"]

K = 10
TARGET = 0.99  # recall@10 at which engines are compared
_WARM = 10
_SECONDS = 3.0  # at most, for one setting
_PACKAGES = {
    "hnswlib": "hnswlib",
    "usearch": "usearch",
    "faiss": "faiss-cpu",
    "svs": "scalable-vs",
    "milvus": "milvus-lite",
}

Data = dict[str, NDArray[Any]]


def _timed(
    engine: Engine, queries: NDArray[np.float32], exact: NDArray[np.int64], effort: int, filters: list[Any]
) -> dict[str, float]:
    """Recall@10 and queries a second at the median latency, one query at a time, until the time is up."""
    found, seconds = [], []
    for i in range(min(_WARM, len(queries))):
        engine.search(queries[i], K, effort, filters[i % len(filters)])
    end = time.perf_counter() + _SECONDS
    for i, query in enumerate(queries):
        started = time.perf_counter()
        found.append(engine.search(query, K, effort, filters[i % len(filters)]))
        seconds.append(time.perf_counter() - started)
        if time.perf_counter() > end:
            break
    return {
        "effort": effort,
        "recall@10": round(recall(found, exact), 4),
        "qps": round(1 / float(np.median(seconds)), 1),
        "p95_ms": round(1000 * float(np.percentile(seconds, 95)), 3),
        "queries": len(found),
    }


def _filtered(engine: Engine, data: Data, effort: int) -> dict[str, Any]:
    """By filter and share: the least effort from `effort` on that reaches the target, or the best there is."""
    n, table = len(data["x"]), {}
    for kind in FILTERS:
        for share in SHARES:
            key = f"{kind}, {share:g}"
            flags = np.unpackbits(data[f"flags {key}"], axis=1, count=n).view(np.bool_)
            filters = [engine.prepare(f) for f in flags]
            best: dict[str, float] = {}
            for at in [e for e in engine.efforts if e >= effort]:
                got = _timed(engine, data["q"][: len(data[f"exact {key}"])], data[f"exact {key}"], at, filters)
                if not best or got["recall@10"] > best["recall@10"]:
                    best = got
                if got["recall@10"] >= TARGET or got["qps"] < 20:
                    break
            table[key] = best
    return table


def _churned(engine: Engine, data: Data, effort: int) -> float:
    """Recall@10 after three tenths of the rows are removed and as many others added."""
    n, count = len(data["x"]), len(data["fresh"])
    gone = np.random.default_rng(0).choice(n, count, replace=False)
    engine.remove(gone)
    engine.add(data["fresh"])
    found = [engine.search(q, K, effort) for q in data["q"]]
    return round(recall(found, data["exact churned"]), 4)


def _resident() -> float:
    """Bytes this process holds in memory; NaN where the system does not say."""
    statistics = Path("/proc/self/statm")
    return (
        float(statistics.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if statistics.exists() else float("nan")
    )


def measure(name: str, data: Data) -> dict[str, Any]:
    """All figures of one engine on one set of vectors. Raises ImportError if its library is not installed."""
    engine = ENGINES[name]()
    x = data["x"]
    before = _resident()
    started = time.perf_counter()
    engine.build(x)
    row: dict[str, Any] = {"build_s": round(time.perf_counter() - started, 2)}
    grown_by = _resident() - before
    held = engine.bytes_per_vector()
    row["bytes_per_vector"] = None if np.isnan(held) else round(held, 1)
    row["memory_mb"] = None if np.isnan(grown_by) else round(grown_by / 1e6, 1)
    row["curve"] = []
    for effort in engine.efforts:
        row["curve"].append(_timed(engine, data["q"], data["exact"], effort, [None]))
        if row["curve"][-1]["recall@10"] >= 0.998:
            break
    reached = [c for c in row["curve"] if c["recall@10"] >= TARGET]
    chosen = int((reached or row["curve"][-1:])[0]["effort"])
    row["at_target"] = reached[0] if reached else None
    steps: list[tuple[str, Any]] = [("filtered", lambda: _filtered(engine, data, chosen))]
    if "fresh" in data:
        steps.append(("recall_after_churn", lambda: _churned(engine, data, chosen)))
    for key, step in steps:
        try:
            row[key] = step()
        except Unsupported as why:
            row[key] = f"not offered: {why}"
    started = time.perf_counter()
    try:
        engine.add(data["more"])
        row["add_1000_s"] = round(time.perf_counter() - started, 3)
    except Unsupported as why:
        row["add_1000_s"] = f"not offered: {why}"
    return row


def main() -> None:
    """Measure argv[1] on argv[2] on one core and print one line of JSON; a missing library is said in it."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    name, path = sys.argv[1], Path(sys.argv[2])
    data = dict(np.load(path))
    package = next((p for prefix, p in _PACKAGES.items() if name.startswith(prefix)), None)
    try:
        row = measure(name, data)
        row["version"] = importlib.metadata.version(package) if package else "ours"
    except ImportError as why:
        row = {"missing": f"not installed ({why}); pip install 'broadsheet[ann,peers]'"}
    sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
