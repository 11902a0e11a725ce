"""The spine benchmark: a library of 87,366 papers from file to feed, every step as a user would take it.

Each figure is measured through the real front doors (processes, HTTP, the command line) and set against its
named limit; lexical engines and rankings are set against their peers in the same run.
"""

from __future__ import annotations

import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import broadsheet
from broadsheet.kit.errors import LibraryError
from broadsheet.pipeline.library import Library
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.report import Number, write
from broadsheet_lab.bench.spine_peers import SAVES, compared, milliseconds, quality, ratios, sanity_page, systems

__all__ = ["measure"]

Tell = Callable[[str], None]
REPEATS = 7  # of whole processes; the median counts
BROADSHEET = (sys.executable, "-m", "broadsheet")
_INGEST = """
import json, resource, sys, broadsheet
with broadsheet.open(sys.argv[1]) as library:
    report = library.add(sys.argv[2])
    found = len(library.search("neural network").results)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"papers": report.added, "read": report.read, "found": found, "peak": peak}))
"""


def _p95(values: Sequence[float]) -> float:
    return float(np.percentile(values, 95))


def _ingest(folder: Path, papers: Path, tell: Tell) -> list[Number]:
    """The whole process counts, from its start to its end: interpreter, compiled code, one search included."""
    tell("adding every paper in a fresh process")
    started = time.perf_counter()
    command = [sys.executable, "-c", _INGEST, str(folder), str(papers)]
    done = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[-1])
    seconds = time.perf_counter() - started
    if not done["found"]:
        raise LibraryError(f"{folder}: nothing was found in it after {papers} was added")
    detail = {"seconds": round(seconds, 2), "records": done["read"], "papers": done["papers"]}
    return [
        Number("papers from Parquet to searchable", done["read"] / seconds, "papers/s", 3000, False, detail),
        Number("peak resident memory of that", done["peak"] / 1e9, "GB", 1.5),
    ]


def _invented(library: Library, count: int) -> list[dict[str, Any]]:
    """New papers made of the words of old ones, each with a word of its own to be found by."""
    rng = np.random.default_rng(0)
    ids = library.catalogue.papers.ids()
    sample = library.papers(rng.choice(ids, count, replace=False).tolist())
    made = []
    for at, item in enumerate(sample):
        words = item.paper.abstract.split()
        rng.shuffle(words)
        title = f"zq{at:03d}xv {' '.join(words[:8])}"
        made.append({"id": f"invented-{at}", "title": title, "abstract": " ".join(words), "year": 2026})
    return made


def _add_more(folder: Path, tell: Tell) -> Number:
    """Add 100 papers to the library, find one, and take them out again so that later figures are of the data alone."""
    tell("adding 100 more")
    with broadsheet.open(folder) as library, tempfile.TemporaryDirectory(prefix="broadsheet-bench-") as scratch:
        library.search("warm up")
        before = library.snapshot().manifest
        path = Path(scratch) / "more.jsonl"
        path.write_text("\n".join(json.dumps(p) for p in _invented(library, 100)), encoding="utf-8")
        started = time.perf_counter()
        report = library.add(path)
        found = library.search("zq042xv", k=1).results
        seconds = time.perf_counter() - started
        if report.added != 100 or not found or "zq042xv" not in found[0].stored.paper.title:
            raise LibraryError(
                f"{folder}: of 100 invented papers {report.added} were added and the one asked for is lost"
            )
        after = library.snapshot().manifest
        kept = before.encoder == after.encoder and set(before.segments) <= set(after.segments)
        for number in report.paper_ids:
            library.catalogue.papers.delete(number)
        library.index()
    detail = {"segments": len(after.segments), "without rebuilding": kept}
    return Number("adding 100 more papers, until searchable", seconds, "s", 1.0, detail=detail)


def _search(folder: Path, queries: Sequence[str], tell: Tell) -> list[Number]:
    tell("searching in process")
    with broadsheet.open(folder) as library:
        for query in queries[:20]:
            library.search(query)
        times = milliseconds(library.search, queries)
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
        steady = milliseconds(lambda _: library.feed("bench"), range(30))
        page = library.feed("bench")
        refit = []
        for shown in page.items:
            library.act("bench", shown.stored.id, "up")
            refit += milliseconds(lambda _: library.feed("bench"), [0])
        library.delete_reader("bench")
    return [
        Number(f"feed of a reader with {SAVES} saves, median", statistics.median(steady), "ms", 30),
        Number("the same right after an action, model refitted, median", statistics.median(refit), "ms", 30),
    ]


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """The library served by a process of its own at a free port: the address."""
    command = [*BROADSHEET, "--library", str(folder), "serve", "--no-token", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        said = server.stdout.readline()
        address = re.search(r"http://\S+", said)
        if not address:
            raise LibraryError(f"{folder}: could not be served; {' '.join(command)} said {said.strip()!r}")
        yield address.group()
    finally:
        server.terminate()
        server.communicate(timeout=20)


def _http(folder: Path, queries: Sequence[str], tell: Tell) -> list[Number]:
    import httpx

    tell("searching over HTTP")
    found = []
    with _served(folder) as address, httpx.Client(base_url=address, timeout=30, trust_env=False) as client:
        for path, what in (("/search", "page"), ("/api/v1/search", "JSON")):

            def ask(query: str, path: str = path) -> None:
                client.get(path, params={"q": query}).raise_for_status()

            milliseconds(ask, queries[:20])
            times = milliseconds(ask, queries[20:320])
            detail = {"95th percentile": round(_p95(times), 2)}
            found.append(
                Number(f"search over HTTP ({what}), median", statistics.median(times), "ms", 15, detail=detail)
            )
    return found


def _command(folder: Path, tell: Tell) -> Number:
    tell("searching from the command line")
    command = [*BROADSHEET, "--library", str(folder), "search", "late interaction retrieval"]
    times = milliseconds(lambda _: subprocess.run(command, capture_output=True, check=True), range(REPEATS + 1))[1:]
    return Number("one search from the command line, start included", statistics.median(times) / 1000, "s", 1.5)


def measure(out: Path, tell: Tell) -> list[Path]:
    """Run it all and write spine.json."""
    papers = datasets.papers_path()
    known = datasets.known_items(papers)
    with tempfile.TemporaryDirectory(prefix="broadsheet-bench-") as scratch:
        folder = Path(scratch) / "library"
        numbers = _ingest(folder, datasets.without_queries(papers, Path(scratch)), tell)
        numbers.append(_add_more(folder, tell))
        numbers += _search(folder, known.queries, tell)
        numbers += _http(folder, known.queries, tell)
        numbers.append(_command(folder, tell))
        numbers += _feed(folder, tell)
        found = systems(folder, known, papers, tell)
        size = sum(p.stat().st_size for p in (folder / "indexes").iterdir())
        sizes = {"index_bytes": size, "catalogue_bytes": (folder / "catalogue.db").stat().st_size}
    content = {
        "data": {"papers.parquet": datasets.digest(papers)},
        "ratios": ratios(numbers, found, sanity_page(papers, tell)),
        "numbers": [n.to_json() for n in (*numbers, *quality(found, known))],
        "systems": compared(found),
        **sizes,
        "memory_of_benchmark": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "threads": os.environ.get("OMP_NUM_THREADS", "default"),
    }
    path = out / "spine.json"
    write(path, "spine", content)
    return [path]
