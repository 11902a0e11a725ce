"""The vectors benchmark: our indexes beside the libraries a user would otherwise pick, on one core.

Vectors of real papers, queries that are one-sentence summaries (not papers: out of distribution), 10 thousand and all
papers; BROADSHEET_BENCH_LARGE=1 adds a million of the same kind. Every engine runs in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.bench import datasets, vector_claims
from broadsheet.bench.report import write
from broadsheet.bench.vector_data import FILTERS, SHARES, allowed_rows, best, grown, of_papers
from broadsheet.bench.vector_engines import ENGINES
from broadsheet.bench.vector_run import TARGET, K
from broadsheet.indexes.hnsw_order import lid, neighbour_distances

__all__ = ["measure"]

Tell = Callable[[str], None]
Floats = NDArray[np.float32]
OURS = ("scan", "squash", "hnsw_order")
QUERIES = 300
FILTERED = 60  # queries for each filter and share
SMALL, LARGE = 10_000, 1_000_000
ADDED = 1000
_THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


def _sets(vectors: Floats) -> dict[int, tuple[Floats, Floats]]:
    """n -> (vectors to index, others to add later)."""
    rng = np.random.default_rng(0)
    mixed = vectors[rng.permutation(len(vectors))]
    sets = {
        SMALL: (mixed[:SMALL], mixed[SMALL : SMALL + SMALL * 3 // 10]),
        len(mixed) - ADDED: (mixed[:-ADDED], mixed[-ADDED:]),
    }
    if os.environ.get("BROADSHEET_BENCH_LARGE"):
        made = grown(mixed, LARGE + ADDED)
        sets[LARGE] = (made[:LARGE], made[LARGE:])
    return sets


def _prepared(x: Floats, others: Floats, queries: Floats) -> dict[str, NDArray[Any]]:
    """What an engine is given: vectors, queries, filters, and the right answers to all."""
    data: dict[str, NDArray[Any]] = {"x": x, "q": queries, "exact": best(queries, x, K), "more": others[:ADDED]}
    for kind in FILTERS:
        for share in SHARES:
            flags = allowed_rows(x, queries[:FILTERED], kind, share)
            data[f"exact {kind}, {share:g}"] = best(queries[:FILTERED], x, K, flags)
            data[f"flags {kind}, {share:g}"] = np.packbits(flags[:1] if kind == "random" else flags, axis=1)
    if len(others) == len(x) * 3 // 10:
        gone = np.random.default_rng(0).choice(len(x), len(others), replace=False)
        kept = np.ones(len(x) + len(others), np.bool_)
        kept[gone] = False
        data |= {"fresh": others, "exact churned": best(queries, np.concatenate([x, others]), K, kept)}
    return data


def _run(name: str, path: Path) -> dict[str, Any]:
    """The figures of one engine; what went wrong, if it did."""
    command = [sys.executable, "-m", "broadsheet.bench.vector_run", name, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **_THREADS})
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]}
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return row


def _at_target(row: dict[str, Any], key: str | None) -> float:
    """Queries a second at the target recall, unfiltered or under a filter; 0 where it is not reached."""
    cell = row.get("at_target") if key is None else (row.get("filtered") or {})
    if isinstance(cell, dict) and key is not None:
        cell = cell.get(key)
    return float(cell["qps"]) if isinstance(cell, dict) and cell.get("recall@10", 0) >= TARGET else 0.0


def _ratios(rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The best of ours over the best peer at the target recall, unfiltered and by filter."""
    table = {}
    for key in (None, *(f"{kind}, {share:g}" for kind in FILTERS for share in SHARES)):
        ours = max(((_at_target(r, key), n) for n, r in rows.items() if n.startswith(OURS)), default=(0.0, ""))
        peer = max(((_at_target(r, key), n) for n, r in rows.items() if not n.startswith(OURS)), default=(0.0, ""))
        ratio = round(ours[0] / peer[0], 3) if peer[0] else None
        row = {"ours": ours[1], "qps": ours[0], "peer": peer[1], "peer_qps": peer[0], "ratio": ratio}
        table[key or "unfiltered"] = row
    return table


def _numbers(sizes: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The figures with a target, for the table of the README."""
    found = []
    for n, content in sizes.items():
        ratios = content["ratios"]
        for key, target in (("unfiltered", 0.8 if int(n) >= LARGE else 1.0), ("random, 0.01", 5.0)):
            ratio = ratios[key]["ratio"]
            if ratio is not None:
                pair = f"{ratios[key]['ours']} over {ratios[key]['peer']}"
                what = f"queries/s at recall@10 ≥ {TARGET}, {key}, {int(n):,} vectors: {pair}"
                target_text = f"≥ {target:g} x"
                found.append({"what": what, "value": ratio, "unit": "x", "target": target_text, "met": ratio >= target})
    return found


def plot(sizes: dict[str, dict[str, Any]], path: Path) -> None:
    """Recall@10 against queries a second, one panel a size."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    colours = plt.get_cmap("tab20")
    figure, panels = plt.subplots(1, len(sizes), figsize=(6 * len(sizes), 4.5), squeeze=False)
    for panel, (n, content) in zip(panels[0], sizes.items(), strict=True):
        for at, (name, row) in enumerate(content["engines"].items()):
            curve = row.get("curve", [])
            style = "o-" if name.startswith(OURS) else "x--"
            points = [c["recall@10"] for c in curve], [c["qps"] for c in curve]
            panel.plot(*points, style, label=name, color=colours(at))
        panel.set(xlabel="recall@10", ylabel="queries/s, one core", yscale="log")
        panel.set_title(f"{int(n):,} vectors of 256 dimensions")
        panel.set_xlim(0.7, 1.005)
        panel.grid(alpha=0.3)
    panels[0][-1].legend(fontsize=7)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def measure(out: Path, tell: Tell) -> list[Path]:
    """Run it all; writes vectors.json, the claims of squash and hnsw_order, and docs/vectors.png beside `out`."""
    papers = datasets.papers_path()
    tell("encoding the papers")
    vectors, every = of_papers(papers)
    queries = every[np.random.default_rng(1).permutation(len(every))[:QUERIES]]
    sizes: dict[str, dict[str, Any]] = {}
    wanted = os.environ.get("BROADSHEET_BENCH_ENGINES", "").split(",")
    with tempfile.TemporaryDirectory(prefix="broadsheet-vectors-") as folder:
        for n, (x, others) in _sets(vectors).items():
            tell(f"answers for {n:,} vectors")
            path = Path(folder) / f"{n}.npz"
            np.savez(path, **_prepared(x, others, queries))  # type: ignore[arg-type]
            rows = {}
            for name in ENGINES:
                if wanted == [""] or name in wanted:
                    tell(f"{name} on {n:,} vectors")
                    rows[name] = _run(name, path)
            path.unlink()
            sample = x[np.random.default_rng(2).choice(n, min(n, SMALL), replace=False)]
            dimension = float(np.median(lid(neighbour_distances(sample))))
            sizes[str(n)] = {"lid_of_10000": round(dimension, 2), "engines": rows, "ratios": _ratios(rows)}
    content = {
        "data": {"papers.parquet": datasets.digest(papers)},
        "threads": 1,
        "numbers": _numbers(sizes),
        "generator": vector_claims.generator(vectors),
        "sizes": sizes,
    }
    result = out / "vectors.json"
    write(result, "vectors", content)
    picture = out.parent / "docs" / "vectors.png"
    plot(sizes, picture)
    return [result, picture, *vector_claims.measure(out, vectors, every, papers, tell)]
