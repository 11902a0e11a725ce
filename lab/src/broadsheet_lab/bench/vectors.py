"""The vectors benchmark: our indexes beside the libraries a user would otherwise pick, on one core.

Vectors of real papers, queries that are one-sentence summaries (not papers: out of distribution); a half of the queries
chooses every engine's setting, the other half is reported. Every engine runs in a process of its own. By default the
sets are 10 thousand papers and all papers, and all papers with MiniLM's 384 dimensions where those can be had.

BROADSHEET_BENCH_SIZES names other sets of SETS (with commas): `1m` and `10m` are made vectors of the same kind, and
`claims` asks for the claims of the methods, which are measured by default too.
BROADSHEET_BENCH_ENGINES names engines. What other runs measured on a set stays in the result file; but ratios are of
one run, so the best peers so far of a set are run again beside the engines named.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.errors import UsageError
from broadsheet_lab.bench import datasets, vector_claims
from broadsheet_lab.bench.report import write
from broadsheet_lab.bench.vector_data import FILTERS, SHARES, allowed_rows, best, grown, halves, made_more, of_papers
from broadsheet_lab.bench.vector_engines import ENGINES
from broadsheet_lab.bench.vector_run import TARGET, K
from broadsheet_lab.indexes.hnsw_order import lid, neighbour_distances

__all__ = ["SETS", "measure"]

Tell = Callable[[str], None]
Floats = NDArray[np.float32]
Rows = Mapping[str, Mapping[str, Any]]
OURS = ("scan", "squash", "hnsw_order", "vamana", "ivf")
FILTERED = 60  # of each half, for each filter and share
ADDED = 1000
_THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


@dataclass(frozen=True)
class Set:
    """A set of vectors: how many (0: all papers), of how many dimensions, and the engines worth the time on it."""

    n: int
    dimensions: int = 256
    engines: tuple[str, ...] = tuple(ENGINES)


SETS = {
    "10k": Set(10_000),
    "papers": Set(0),
    "papers-384": Set(0, 384),
    "1m": Set(1_000_000, engines=("scan", "ivf", "vamana", "faiss IVF-PQ", "hnswlib", "svs LVQ")),
    "10m": Set(10_000_000, engines=("scan", "ivf", "faiss IVF-PQ")),
}
_CLAIMS = "claims"  # asks for the claims of the methods
_USUAL = f"10k,papers,papers-384,{_CLAIMS}"


def _vectors(vectors: Floats, wanted: int, folder: Path) -> tuple[Floats, Floats]:
    """(`wanted` vectors to index, others to add later): papers, and made ones where there are not so many."""
    mixed = vectors[np.random.default_rng(0).permutation(len(vectors))]
    n = wanted or len(mixed) - ADDED
    if n <= 1_000_000:
        others = max(ADDED, n * 3 // 10) if n <= len(mixed) else ADDED  # so many come in the place of others
        whole = grown(mixed, max(n + others, len(mixed)))
        return whole[:n], whole[n : n + others]
    path = folder / "x.npy"  # where memory would not hold it twice
    out = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(n, mixed.shape[1]))
    out[: len(mixed)] = mixed
    at = len(mixed)
    for part in made_more(mixed, n - at):
        out[at : at + len(part)] = part
        at += len(part)
    out.flush()
    return np.load(path, mmap_mode="r"), next(made_more(mixed, ADDED, seed=1))


def _prepared(
    x: Floats, others: Floats, dev: Floats, test: Floats, filtered: int = FILTERED
) -> dict[str, NDArray[Any]]:
    """What an engine is given: vectors, queries, filters, and the right answers to all."""
    data: dict[str, NDArray[Any]] = {"x": x, "dev": dev, "test": test, "more": others[:ADDED]}
    data |= {"dev exact all": best(dev, x, K), "test exact all": best(test, x, K)}
    few = np.concatenate([dev[:filtered], test[:filtered]])
    for kind in FILTERS:
        for share in SHARES:
            flags = allowed_rows(x, few, kind, share)
            exact = best(few, x, K, flags[0] if kind == "random" else flags)
            middle = len(dev[:filtered])
            data |= {f"dev exact {kind}, {share:g}": exact[:middle], f"test exact {kind}, {share:g}": exact[middle:]}
            data[f"flags {kind}, {share:g}"] = np.packbits(flags[:1] if kind == "random" else flags, axis=1)
    if len(others) == len(x) * 3 // 10:
        gone = np.random.default_rng(0).choice(len(x), len(others), replace=False)
        kept = np.ones(len(x) + len(others), np.bool_)
        kept[gone] = False
        data |= {"fresh": others, "exact churned": best(test, np.concatenate([x, others]), K, kept)}
    return data


def _run(name: str, folder: Path) -> dict[str, Any]:
    """The figures of one engine; what went wrong, if it did."""
    command = [sys.executable, "-m", "broadsheet_lab.bench.vector_run", name, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **_THREADS})
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]}
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return row


def _at_target(row: Mapping[str, Any], key: str | None) -> float:
    """Queries a second of the test half at the target recall of the dev half, unfiltered or under a filter; else 0."""
    cell = row.get("at_target") if key is None else (row.get("filtered") or {})
    if isinstance(cell, dict) and key is not None:
        cell = cell.get(key)
    return float(cell["qps"]) if isinstance(cell, dict) and cell.get("dev recall@10", 0) >= TARGET else 0.0


def _best_of(rows: Rows, key: str | None, ours: bool, run: str | None = None) -> tuple[float, str, str]:
    """(queries a second, engine, run) of the best of a side."""
    able = [
        (_at_target(row, key), name, str(row.get("run", "")))
        for name, row in rows.items()
        if name.startswith(OURS) == ours and run in (None, str(row.get("run", "")))
    ]
    return max(able, default=(0.0, "", ""))


def _keys() -> list[str | None]:
    return [None, *(f"{kind}, {share:g}" for kind in FILTERS for share in SHARES)]


def _ratios(rows: Rows) -> dict[str, dict[str, Any]]:
    """The best of ours over the best peer at the target recall, unfiltered and by filter.

    Both of one run, the one in which the better of ours was measured.
    """
    table = {}
    for key in _keys():
        ours = _best_of(rows, key, True)
        peer = _best_of(rows, key, False, ours[2])
        ratio = round(ours[0] / peer[0], 3) if peer[0] else None
        row = {"ours": ours[1], "qps": ours[0], "peer": peer[1], "peer_qps": peer[0], "ratio": ratio}
        table[key or "unfiltered"] = row
    return table


def _wanted(chosen: Set, before: Rows) -> list[str]:
    """The engines to run on a set: those asked for and the peers that were best before, or the set's."""
    asked = os.environ.get("BROADSHEET_BENCH_ENGINES", "")
    if not asked:
        return list(chosen.engines)
    names = [name.strip() for name in asked.split(",")]
    unknown = [name for name in names if name not in ENGINES]
    if unknown:
        raise UsageError(f"BROADSHEET_BENCH_ENGINES: no engine {unknown[0]!r}; there are {', '.join(ENGINES)}")
    rivals = {_best_of(before, key, False)[1] for key in (None, "random, 0.01")} - {""}
    return [name for name in ENGINES if name in names or name in rivals]


def _numbers(sizes: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The figures with a target, for the table of the README."""
    found = []
    for content in sizes.values():
        ratios, n, d = content["ratios"], content["vectors"], content["dimensions"]
        for key, target in (("unfiltered", 0.8 if n >= SETS["1m"].n else 1.0), ("random, 0.01", 5.0)):
            ratio = ratios[key]["ratio"]
            if ratio is not None:
                pair = f"{ratios[key]['ours']} over {ratios[key]['peer']}"
                what = f"queries/s at recall@10 ≥ {TARGET}, {key}, {n:,} vectors of {d}: {pair}"
                target_text = f"≥ {target:g} x"
                found.append({"what": what, "value": ratio, "unit": "x", "target": target_text, "met": ratio >= target})
    return [*found, *_opening(sizes)]


def _opening(sizes: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """How long the slowest of ours takes to open the most vectors that were measured."""
    content = max(sizes.values(), key=lambda size: int(size["vectors"]))
    opened = {name: row.get("opened") for name, row in content["engines"].items() if name.startswith(OURS)}
    times = {name: cell["open_ms"] for name, cell in opened.items() if isinstance(cell, dict)}
    if not times:
        return []
    slowest = max(times, key=lambda name: times[name])
    what = f"to open {content['vectors']:,} vectors of {content['dimensions']}: {slowest}, the slowest of ours"
    value = times[slowest]
    return [{"what": what, "value": value, "unit": "ms", "target": "≤ 100 ms", "met": value <= 100}]


def plot(sizes: dict[str, dict[str, Any]], path: Path) -> None:
    """Recall@10 against queries a second, one panel a size."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    colours = plt.get_cmap("tab20")
    figure, panels = plt.subplots(1, len(sizes), figsize=(6 * len(sizes), 4.5), squeeze=False)
    for panel, content in zip(panels[0], sizes.values(), strict=True):
        for at, (name, row) in enumerate(content["engines"].items()):
            curve = row.get("curve", [])
            style = "o-" if name.startswith(OURS) else "x--"
            points = [c["recall@10"] for c in curve], [c["qps"] for c in curve]
            panel.plot(*points, style, label=name, color=colours(at))
        panel.set(xlabel="recall@10", ylabel="queries/s, one core", yscale="log")
        panel.set_title(f"{content['vectors']:,} vectors of {content['dimensions']} dimensions")
        panel.set_xlim(0.7, 1.005)
        panel.grid(alpha=0.3)
    panels[0][-1].legend(fontsize=7)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _measured(name: str, vectors: Floats, queries: Floats, before: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    """One set: what this run measures beside what earlier ones did."""
    chosen, rows = SETS[name], dict(before.get("engines", {}))
    dev, test = halves(queries)
    run = datetime.now(UTC).isoformat(timespec="seconds")
    with tempfile.TemporaryDirectory(prefix="broadsheet-vectors-") as place:
        folder = Path(place)
        tell(f"{name}: the right answers")
        x, others = _vectors(vectors, chosen.n, folder)
        for key, array in _prepared(x, others, dev, test, FILTERED if len(x) < SETS["1m"].n else FILTERED // 3).items():
            if not (folder / f"{key}.npy").exists():
                np.save(folder / f"{key}.npy", array)
        for engine in _wanted(chosen, rows):
            tell(f"{name}: {engine} on {len(x):,} vectors")
            rows[engine] = {**_run(engine, folder), "run": run}
        sample = x[np.sort(np.random.default_rng(2).choice(len(x), min(len(x), 10_000), replace=False))]
        dimension = round(float(np.median(lid(neighbour_distances(sample)))), 2)
        size = {"vectors": len(x), "dimensions": x.shape[1], "lid_of_10000": dimension}
    ordered = {engine: rows[engine] for engine in ENGINES if engine in rows}
    return {**size, "engines": ordered, "ratios": _ratios(ordered)}


def _earlier(path: Path, data: Mapping[str, str]) -> dict[str, Any]:
    """What the result file holds of the same data and by the same protocol."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    same = content.get("data") == data and content.get("protocol") == _PROTOCOL
    return content if same else {}


_PROTOCOL = "settings chosen on dev queries, reported on test queries"


def measure(out: Path, tell: Tell) -> list[Path]:
    """Run it all; writes vectors.json, the claims of the methods, and docs/vectors.png beside `out`."""
    papers = datasets.papers_path()
    names = os.environ.get("BROADSHEET_BENCH_SIZES", _USUAL).split(",")
    if any(name not in (*SETS, _CLAIMS) for name in names):
        raise UsageError(f"BROADSHEET_BENCH_SIZES: {','.join(names)!r}; there are {', '.join((*SETS, _CLAIMS))}")
    result, picture = out / "vectors.json", out.parent / "docs" / "vectors.png"
    data = {"papers.parquet": datasets.digest(papers)}
    encoded: dict[int, tuple[Floats, Floats] | None] = {}
    written = []
    for name in names:
        if name == _CLAIMS:
            asked = os.environ.get("BROADSHEET_BENCH_ENGINES", ",".join(vector_claims.CLAIMED)).split(",")
            written += vector_claims.measure(out, tell, asked)
            continue
        d = SETS[name].dimensions
        if d not in encoded:
            tell(f"encoding the papers, {d} dimensions")
            encoded[d] = of_papers(papers, d)
        pair = encoded[d]
        if pair is None:
            tell(f"{name} is left out: MiniLM is not installed")
            continue
        measured = _measured(name, *pair, _earlier(result, data).get("sizes", {}).get(name, {}), tell)
        earlier = _earlier(result, data)  # another run may have written in the meantime
        sizes = {**earlier.get("sizes", {}), name: measured}
        sizes = {key: sizes[key] for key in SETS if key in sizes}
        content = {
            "data": data,
            "protocol": _PROTOCOL,
            "threads": 1,
            "numbers": _numbers(sizes),
            "generator": earlier.get("generator") or vector_claims.generator(pair[0]),
            "sizes": sizes,
        }
        write(result, "vectors", content)
        plot(sizes, picture)
    return [result, picture, *written]
