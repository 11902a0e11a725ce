"""One engine measured in a process of its own: `python -m broadsheet_lab.bench.vector_run ENGINE FOLDER` prints JSON.

Every setting is chosen on the dev queries and reported on the test queries.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.vector_contract import Engine, Unsupported
from broadsheet_lab.bench.vector_data import FILTERS, SHARES, recall
from broadsheet_lab.bench.vector_engines import ENGINES
from broadsheet_lab.kit.extras import with_extra

__all__ = ["TARGET", "K", "main"]

K = 10
TARGET = 0.99  # recall@10 on the dev queries at which engines are compared
_ENOUGH = 0.998
_WARM = 10
_SECONDS = 1.5  # at most, for one setting
_SLOW = 20  # queries a second below which no further setting is tried
_PACKAGES = {
    "hnswlib": "hnswlib",
    "usearch": "usearch",
    "faiss": "faiss-cpu",
    "svs": "scalable-vs",
    "milvus": "milvus-lite",
}

Data = Mapping[str, NDArray[Any]]


def _found(
    engine: Engine, queries: NDArray[np.float32], effort: int, filters: list[Any]
) -> tuple[list[NDArray[np.int64]], list[float]]:
    """(rows, seconds) of each query, one at a time, until the time is up."""
    found, seconds = [], []
    end = time.perf_counter() + _SECONDS
    for i, query in enumerate(queries):
        started = time.perf_counter()
        found.append(engine.search(query, K, effort, filters[i % len(filters)]))
        seconds.append(time.perf_counter() - started)
        if time.perf_counter() > end:
            break
    return found, seconds


def _timed(engine: Engine, data: Data, key: str, effort: int, filters: list[Any]) -> dict[str, float]:
    """Recall@10 on the dev and on the test queries, and queries a second on the latter at the median latency."""
    count = len(data[f"dev exact {key}"])
    own = [filters, filters] if len(filters) == 1 else [filters[:count], filters[count:]]
    for i in range(min(_WARM, count)):
        engine.search(data["dev"][i], K, effort, own[0][i % len(own[0])])
    tuned, _ = _found(engine, data["dev"][:count], effort, own[0])
    exact = data[f"test exact {key}"]
    found, seconds = _found(engine, data["test"][: len(exact)], effort, own[1])
    return {
        "effort": effort,
        "dev recall@10": round(recall(tuned, data[f"dev exact {key}"]), 4),
        "recall@10": round(recall(found, exact), 4),
        "qps": round(1 / float(np.median(seconds)), 1),
        "p95_ms": round(1000 * float(np.percentile(seconds, 95)), 3),
        "queries": len(found),
    }


def _filtered(engine: Engine, data: Data, effort: int) -> dict[str, Any]:
    """By filter and share: the least effort from `effort` on that reaches the target on dev, or the best there is."""
    n, table = len(data["x"]), {}
    for kind in FILTERS:
        for share in SHARES:
            key = f"{kind}, {share:g}"
            if f"flags {key}" not in data:
                continue
            flags = np.unpackbits(data[f"flags {key}"], axis=1, count=n).view(np.bool_)
            filters = [engine.prepare(f) for f in flags]
            best: dict[str, float] = {}
            for at in [e for e in engine.efforts if e >= effort]:
                got = _timed(engine, data, key, at, filters)
                if not best or got["dev recall@10"] > best["dev recall@10"]:
                    best = got
                if got["dev recall@10"] >= TARGET or got["qps"] < _SLOW:
                    break
            table[key] = best
    return table


def _churned(engine: Engine, data: Data, effort: int) -> float:
    """Recall@10 after three tenths of the rows are removed and as many others added."""
    n, count = len(data["x"]), len(data["fresh"])
    gone = np.random.default_rng(0).choice(n, count, replace=False)
    engine.remove(gone)
    engine.add(data["fresh"])
    found = [engine.search(q, K, effort) for q in data["test"]]
    return round(recall(found, data["exact churned"]), 4)


def _held() -> float:
    """Bytes of memory this process has for itself, files mapped apart; NaN where the system does not say."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((1024.0 * int(line.split()[1]) for line in lines if line.startswith("RssAnon:")), float("nan"))


def _opened(engine: Engine, data: Data) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="broadsheet-block-") as folder:
        return engine.opened(Path(folder), np.asarray(data["dev"][0]))


def measure(name: str, data: Data) -> dict[str, Any]:
    """All figures of one engine on one set of vectors. Raises ImportError if its library is not installed."""
    engine = ENGINES[name]()
    x = data["x"]
    before = _held()
    started = time.perf_counter()
    engine.build(x)
    row: dict[str, Any] = {"build_s": round(time.perf_counter() - started, 2)}
    grown_by = _held() - before
    held = engine.bytes_per_vector()
    row["bytes_per_vector"] = None if np.isnan(held) else round(held, 1)
    row["memory_mb"] = None if np.isnan(grown_by) else round(grown_by / 1e6, 1)
    row["curve"] = []
    for effort in engine.efforts:
        cell = _timed(engine, data, "all", effort, [None])
        row["curve"].append(cell)
        if cell["dev recall@10"] >= _ENOUGH or cell["qps"] < _SLOW:
            break
    reached = [c for c in row["curve"] if c["dev recall@10"] >= TARGET]
    chosen = int((reached or row["curve"][-1:])[0]["effort"])
    row["at_target"] = reached[0] if reached else None
    steps: list[tuple[str, Any]] = [
        ("opened", lambda: _opened(engine, data)),
        ("filtered", lambda: _filtered(engine, data, chosen)),
    ]
    if "fresh" in data:
        steps.append(("recall_after_churn", lambda: _churned(engine, data, chosen)))
    for key, step in steps:
        try:
            row[key] = step()
        except Unsupported as why:
            row[key] = f"not offered: {why}"
    started = time.perf_counter()
    try:
        engine.add(np.asarray(data["more"]))
        row["add_1000_s"] = round(time.perf_counter() - started, 3)
    except Unsupported as why:
        row["add_1000_s"] = f"not offered: {why}"
    return row


def main() -> None:
    """Measure argv[1] on argv[2] on one core and print one line of JSON; a missing library is said in it."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    name, folder = sys.argv[1], Path(sys.argv[2])
    data = {path.stem: np.load(path, mmap_mode="r") for path in sorted(folder.glob("*.npy"))}
    package = next((p for prefix, p in _PACKAGES.items() if name.startswith(prefix)), None)
    try:
        row = measure(name, data)
        row["version"] = importlib.metadata.version(package) if package else "ours"
    except ImportError as why:
        row = {"missing": f"not installed ({why}); {with_extra('ann,peers')}"}
    sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
