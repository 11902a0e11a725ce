"""The spine benchmark: a library of 87,366 papers from file to feed, every step as a user would take it.

Each figure is measured through the real front doors (processes, HTTP, the command line) and set against its
named limit; lexical engines and rankings are set against their peers in the same run.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import broadsheet
from broadsheet.bench import datasets, peers
from broadsheet.bench.report import Number, interval, ranks_to_metrics, write
from broadsheet.pipeline.library import Library

__all__ = ["measure"]

Tell = Callable[[str], None]
REPEATS = 7  # of whole processes; the median counts
SAVES = 50
_INGEST = """
import resource, sys, time, json, broadsheet
started = time.perf_counter()
with broadsheet.open(sys.argv[1]) as library:
    report = library.add(sys.argv[2])
    assert library.search("neural network").results
seconds = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"papers": report.added, "read": report.read, "seconds": seconds, "peak": peak}))
"""


def _process(code: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _times(action: Callable[[Any], object], inputs: Sequence[Any]) -> list[float]:
    """Milliseconds of each call."""
    found = []
    for value in inputs:
        started = time.perf_counter()
        action(value)
        found.append(1000 * (time.perf_counter() - started))
    return found


def _p95(values: Sequence[float]) -> float:
    return float(np.percentile(values, 95))


def _ingest(folder: Path, papers: Path, tell: Tell) -> list[Number]:
    tell("adding every paper in a fresh process")
    done = _process(_INGEST, str(folder), str(papers))
    detail = {"seconds": round(done["seconds"], 2), "records": done["read"], "papers": done["papers"]}
    rate = done["read"] / done["seconds"]
    return [
        Number("papers from Parquet to searchable", rate, "papers/s", 3000, at_most=False, detail=detail),
        Number("peak resident memory of that", done["peak"] / 1e9, "GB", 1.5),
    ]


def _invented(library: Library, count: int) -> list[dict[str, Any]]:
    """New papers made of the words of old ones, each with a word of its own to be found by."""
    rng = np.random.default_rng(0)
    ids = library.catalogue.ids()
    sample = library.papers(rng.choice(ids, count, replace=False).tolist())
    made = []
    for at, item in enumerate(sample):
        words = item.paper.abstract.split()
        rng.shuffle(words)
        title = f"zq{at:03d}xv {' '.join(words[:8])}"
        made.append({"id": f"invented-{at}", "title": title, "abstract": " ".join(words), "year": 2026})
    return made


def _add_more(folder: Path, tell: Tell) -> Number:
    tell("adding 100 more")
    with broadsheet.open(folder) as library, tempfile.TemporaryDirectory() as scratch:
        library.search("warm up")
        path = Path(scratch) / "more.jsonl"
        path.write_text("\n".join(json.dumps(p) for p in _invented(library, 100)), encoding="utf-8")
        started = time.perf_counter()
        report = library.add(path)
        first = library.search("zq042xv", k=1).results[0]
        seconds = time.perf_counter() - started
        if report.added != 100 or "zq042xv" not in first.stored.paper.title:
            raise AssertionError("the added papers were not found")
        segments = len(library.view().segments)
        ids = [library.resolve(f"invented-{at}") for at in range(100)]
        for number in ids:
            library.catalogue.delete(number)
        library.index()
    return Number("adding 100 more papers, until searchable", seconds, "s", 1.0, detail={"segments": segments})


def _search(folder: Path, queries: Sequence[str], tell: Tell) -> list[Number]:
    tell("searching in process")
    with broadsheet.open(folder) as library:
        for query in queries[:20]:
            library.search(query)
        times = _times(library.search, queries)
    return [
        Number("hybrid search in process, median", statistics.median(times), "ms", 5),
        Number("hybrid search in process, 95th percentile", _p95(times), "ms", 15),
    ]


def _feed(folder: Path, tell: Tell) -> list[Number]:
    tell("making feeds")
    with broadsheet.open(folder) as library:
        library.create_reader("bench")
        seeds = library.search("dense retrieval question answering passages", k=SAVES)
        for item in seeds.results:
            library.act("bench", item.stored.id, "save")
        library.feed("bench")
        steady = _times(lambda _: library.feed("bench"), range(30))
        page = library.feed("bench")
        refit = []
        for item in page.items:
            library.act("bench", item.stored.id, "up")
            refit += _times(lambda _: library.feed("bench"), [0])
        library.delete_reader("bench")
    return [
        Number(f"feed of a reader with {SAVES} saves, median", statistics.median(steady), "ms", 30),
        Number("the same right after an action, model refitted, median", statistics.median(refit), "ms", 30),
    ]


def _http(folder: Path, queries: Sequence[str], tell: Tell) -> list[Number]:
    import httpx

    tell("searching over HTTP")
    port = 8917
    command = [sys.executable, "-m", "broadsheet", "--library", str(folder), "serve", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            for _ in range(200):
                try:
                    client.get("/search", params={"q": "warm up"})
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            found = []
            for path, what in (("/search", "page"), ("/api/v1/search", "JSON")):
                for query in queries[:20]:
                    client.get(path, params={"q": query})

                def ask(query: str, path: str = path) -> None:
                    client.get(path, params={"q": query}).raise_for_status()

                times = _times(ask, queries[:300])
                found.append(Number(f"search over HTTP ({what}), median", statistics.median(times), "ms", 15))
    finally:
        server.terminate()
        server.wait(timeout=20)
    return found


def _command(folder: Path, tell: Tell) -> Number:
    tell("searching from the command line")
    command = [sys.executable, "-m", "broadsheet", "--library", str(folder), "search", "late interaction retrieval"]
    times = _times(lambda _: subprocess.run(command, capture_output=True, check=True), range(REPEATS + 1))[1:]
    return Number("one search from the command line, start included", statistics.median(times) / 1000, "s", 1.5)


def _quality(folder: Path, known: datasets.Known, papers: Path, tell: Tell) -> tuple[list[Number], dict[str, Any]]:
    tell("quality on the tldr queries, with peers")
    with broadsheet.open(folder) as library:
        ranks = peers.ranks_of(library, known)
        engines = peers.compare(library, known, papers, tell)
    systems = {"hybrid": ranks, **{name: found.ranks for name, found in engines.items()}}
    table = {name: ranks_to_metrics(r) for name, r in systems.items()}
    inverse = {n: np.array([1 / r if 0 < r <= 10 else 0.0 for r in found]) for n, found in systems.items()}
    for name in engines:
        low, high = interval(inverse["hybrid"] - inverse[name])
        table[name] |= {"hybrid_minus_this_mrr@10_95%": [round(low, 4), round(high, 4)]}
        table[name] |= {key: round(value, 4) for key, value in engines[name].costs.items()}
    halves = {
        half: ranks_to_metrics([r for r, d in zip(ranks, known.dev, strict=True) if d == is_dev])
        for half, is_dev in (("dev", True), ("test", False))
    }
    numbers = [
        Number("hybrid MRR@10 on 1,136 tldr queries", table["hybrid"]["mrr@10"], "", 0.84, at_most=False, detail=halves),
        Number("hybrid recall@10", table["hybrid"]["recall@10"], "", 0.92, at_most=False),
        Number("hybrid MRR@10 over the same BM25 alone", table["hybrid"]["mrr@10"] / table["bm25"]["mrr@10"], "", 1.0, at_most=False),
    ]
    return numbers, table


def measure(out: Path, tell: Tell) -> list[Path]:
    """Run it all and write spine.json."""
    papers = datasets.papers_path()
    known = datasets.known_items(papers)
    with tempfile.TemporaryDirectory(prefix="broadsheet-bench-") as scratch:
        folder = Path(scratch) / "library"
        numbers = _ingest(folder, papers, tell)
        numbers.append(_add_more(folder, tell))
        numbers += _search(folder, known.queries, tell)
        numbers += _http(folder, known.queries, tell)
        numbers.append(_command(folder, tell))
        numbers += _feed(folder, tell)
        quality, table = _quality(folder, known, papers, tell)
        size = sum(p.stat().st_size for p in (folder / "indexes").iterdir())
        sizes = {"index_bytes": size, "catalogue_bytes": (folder / "catalogue.db").stat().st_size}
    content = {
        "data": {"papers.parquet": datasets.digest(papers)},
        "numbers": [n.to_json() for n in (*numbers, *quality)],
        "systems": table,
        **sizes,
        "memory_of_benchmark": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "threads": os.environ.get("OMP_NUM_THREADS", "default"),
    }
    path = out / "spine.json"
    write(path, "spine", content)
    return [path]
