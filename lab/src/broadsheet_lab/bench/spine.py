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
from broadsheet_lab.bench import datasets, peers
from broadsheet_lab.bench.report import Number, interval, ranks_to_metrics, reciprocal, write

__all__ = ["measure"]

Tell = Callable[[str], None]
REPEATS = 7  # of whole processes; the median counts
SAVES = 50
BROADSHEET = (sys.executable, "-m", "broadsheet")
_INGEST = """
import json, resource, sys, broadsheet
with broadsheet.open(sys.argv[1]) as library:
    report = library.add(sys.argv[2])
    found = len(library.search("neural network").results)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"papers": report.added, "read": report.read, "found": found, "peak": peak}))
"""


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
        for shown in page.items:
            library.act("bench", shown.stored.id, "up")
            refit += _times(lambda _: library.feed("bench"), [0])
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

            _times(ask, queries[:20])
            times = _times(ask, queries[20:320])
            detail = {"95th percentile": round(_p95(times), 2)}
            found.append(
                Number(f"search over HTTP ({what}), median", statistics.median(times), "ms", 15, detail=detail)
            )
    return found


def _command(folder: Path, tell: Tell) -> Number:
    tell("searching from the command line")
    command = [*BROADSHEET, "--library", str(folder), "search", "late interaction retrieval"]
    times = _times(lambda _: subprocess.run(command, capture_output=True, check=True), range(REPEATS + 1))[1:]
    return Number("one search from the command line, start included", statistics.median(times) / 1000, "s", 1.5)


def _sanity_page(papers: Path, tell: Tell) -> float:
    """Milliseconds of a page of 50 saves as arxiv-sanity-lite makes it, the median.

    Tf-idf of words and pairs (20,000 features), a linear SVM with the saves against every other paper, every paper
    scored; the features are made once and not timed. Karpathy: arxiv-sanity-lite, compute.py and serve.py.
    """
    import pyarrow.parquet as pq
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    tell("making pages as arxiv-sanity-lite does")
    table = pq.read_table(papers, columns=["title", "abstract"]).to_pydict()
    texts = [f"{title} {abstract or ''}" for title, abstract in zip(*table.values(), strict=True)]
    features = TfidfVectorizer(
        strip_accents="unicode",
        stop_words="english",
        ngram_range=(1, 2),
        max_features=20_000,
        sublinear_tf=True,
        max_df=0.1,
        min_df=5,
    ).fit_transform(texts)
    liked = np.zeros(len(texts), np.float32)
    liked[[row for row, text in enumerate(texts) if "dense retrieval" in text.lower()][:SAVES]] = 1

    def page(_: object) -> None:
        model = LinearSVC(class_weight="balanced", max_iter=10_000, tol=1e-6, C=0.01)
        np.argsort(-model.fit(features, liked).decision_function(features))

    page(None)
    return statistics.median(_times(page, range(5)))


def _ratios(numbers: Sequence[Number], systems: dict[str, peers.Engine], page: float) -> list[dict[str, Any]]:
    """What a search and a page cost beside the way others do it, in the same run."""
    ours = {number.what: number.value for number in numbers}
    words, bm25s = systems["bm25"].costs["median_ms"], systems["bm25s"].costs["median_ms"]
    feed = ours[f"feed of a reader with {SAVES} saves, median"]
    anew = ours["the same right after an action, model refitted, median"]
    pairs = (
        ("a hundred ids by words alone", words, "bm25s, a hundred ids", bm25s),
        (
            "a page of ten by words and meaning, with reasons and snippets",
            ours["hybrid search in process, median"],
            "bm25s, a hundred ids",
            bm25s,
        ),
        (f"a reader's page of {SAVES} saves, right after an action", anew, "arxiv-sanity-lite's SVM", page),
        (f"a reader's page of {SAVES} saves, read again", feed, "arxiv-sanity-lite's SVM", page),
    )
    return [
        {"what": what, "ms": round(own, 3), "peer": peer, "peer_ms": round(other, 3), "ratio": round(own / other, 4)}
        for what, own, peer, other in pairs
    ]


def _systems(folder: Path, known: datasets.Known, papers: Path, tell: Tell) -> dict[str, peers.Engine]:
    """The hybrid search, its lexical side alone, and the peers, each over all queries."""
    import pyarrow.parquet as pq

    tell("quality on the tldr queries, with peers")
    with broadsheet.open(folder) as library:
        systems = {"hybrid": peers.Engine(peers.ranks_of(library, known)), "bm25": peers.ours(library, known)}
    table = pq.read_table(papers, columns=["paper_id", "title", "abstract", "keywords"]).to_pydict()
    columns = zip(table["title"], table["abstract"], table["keywords"], strict=True)
    texts = [f"{t}\n{a or ''}\n{' '.join(k or ())}" for t, a, k in columns]
    row = {name: at for at, name in enumerate(table["paper_id"])}
    return systems | peers.others(texts, [row[name] for name in known.wanted], known, tell)


def _compared(systems: dict[str, peers.Engine]) -> dict[str, dict[str, Any]]:
    """Quality and cost of every system, and by how much the hybrid's MRR is above its own, with 95 % bounds."""
    table: dict[str, dict[str, Any]] = {}
    for name, found in systems.items():
        figures = {**ranks_to_metrics(found.ranks), **found.costs}
        table[name] = {key: round(value, 4) for key, value in figures.items()}
        if name != "hybrid":
            low, high = interval(reciprocal(systems["hybrid"].ranks) - reciprocal(found.ranks))
            table[name]["hybrid_minus_this_mrr@10_95%"] = [round(low, 4), round(high, 4)]
    return table


def _quality(systems: dict[str, peers.Engine], known: datasets.Known) -> list[Number]:
    ranks = systems["hybrid"].ranks
    found, words = ranks_to_metrics(ranks), ranks_to_metrics(systems["bm25"].ranks)
    halves = {
        half: ranks_to_metrics([r for r, d in zip(ranks, known.dev, strict=True) if d == is_dev])
        for half, is_dev in (("dev", True), ("test", False))
    }
    gain = found["mrr@10"] / words["mrr@10"]
    return [
        Number(f"hybrid MRR@10 on {len(ranks):,} tldr queries", found["mrr@10"], "", 0.84, False, halves),
        Number("hybrid recall@10", found["recall@10"], "", 0.92, False),
        Number("hybrid MRR@10 over the same BM25 alone", gain, "", 1.0, False),
    ]


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
        systems = _systems(folder, known, papers, tell)
        size = sum(p.stat().st_size for p in (folder / "indexes").iterdir())
        sizes = {"index_bytes": size, "catalogue_bytes": (folder / "catalogue.db").stat().st_size}
    content = {
        "data": {"papers.parquet": datasets.digest(papers)},
        "ratios": _ratios(numbers, systems, _sanity_page(papers, tell)),
        "numbers": [n.to_json() for n in (*numbers, *_quality(systems, known))],
        "systems": _compared(systems),
        **sizes,
        "memory_of_benchmark": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "threads": os.environ.get("OMP_NUM_THREADS", "default"),
    }
    path = out / "spine.json"
    write(path, "spine", content)
    return [path]
