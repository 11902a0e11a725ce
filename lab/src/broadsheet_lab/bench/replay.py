"""Replay: how long it takes to walk a reader's past, 5,000 events among the papers of the feed's board.

The reader follows a dozen subjects: the papers nearest to a dozen random ones, opened and saved in the order of their
dates, one an hour. BROADSHEET_BENCH_LIBRARY names a library with the papers and their vectors; without it the kept one
of the feed's board is used. Seconds are of the processor; the yardstick is a search of the same library in this run.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

import broadsheet
from broadsheet.catalogue import Event
from broadsheet.pipeline.feed.replay_report import to_json
from broadsheet.pipeline.library import Library
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.feed.papers import read_papers
from broadsheet_lab.bench.feed.product import Product
from broadsheet_lab.bench.report import Number, write

__all__ = ["events_of", "measure"]

LIBRARY = "BROADSHEET_BENCH_LIBRARY"
EVENTS, SUBJECTS, SEED = 5000, 12, 0
SECONDS = 60.0  # within which 5,000 events are replayed
QUERIES = ("late interaction retrieval", "graph neural network", "diffusion policy robot", "dense passage retrieval")
READER = "replay-bench"


def events_of(library: Library, n: int, *, seed: int = SEED) -> list[Event]:
    """The events of a reader who follows SUBJECTS subjects: four saves to an open, oldest papers first."""
    snapshot, rng = library.snapshot(), np.random.default_rng(seed)
    dated = np.flatnonzero(snapshot.alive.flags() & (snapshot.days > 0))
    subjects = rng.choice(dated, min(SUBJECTS, len(dated)), replace=False)
    nearness = (snapshot.dense.vectors(dated) @ snapshot.dense.vectors(subjects).T).max(axis=1)
    rows = dated[np.argsort(-nearness, kind="stable")[:n]]
    rows = rows[np.argsort(snapshot.days[rows], kind="stable")]
    kinds = ("save", "save", "open", "save", "save")
    found, before = [], datetime.min.replace(tzinfo=UTC)
    for at, row in enumerate(rows.tolist()):
        day = datetime.fromordinal(int(snapshot.days[row])).replace(tzinfo=UTC)
        before = max(day, before + timedelta(hours=1))
        found.append(Event(kinds[at % len(kinds)], int(snapshot.ids[row]), at=before))
    return found


def measure(out: Path, tell: Callable[[str], None]) -> list[Path]:
    """Replay once, and write results/replay.json."""
    folder = os.environ.get(LIBRARY)
    library = broadsheet.open(folder) if folder else Product(read_papers(datasets.papers_path(), tell)).library
    readers = library.catalogue.readers
    who = readers.get(READER, create=True).id
    try:
        readers.forget_history(who)
        readers.log(who, events_of(library, EVENTS))
        library.search(QUERIES[0])
        searches = [_seconds(lambda query=query: library.search(query)) for query in QUERIES * 10]  # type: ignore[misc]
        started = time.process_time()
        report = library.replay(READER, progress=lambda stage, done, total: tell(f"{stage}: {done} of {total}"))
        plain = time.process_time() - started
        library.replay(READER, tried={"recency": 0.6})
        tried = time.process_time() - started - plain
    finally:
        library.delete_reader(READER)
    search = statistics.median(searches)
    detail = {
        "waited": round(report.seconds, 1),
        "papers": library.snapshot().count,
        "saves judged": report.saves,
        "models": report.steps,
    }
    numbers = [
        Number("replaying 5,000 actions", plain, "s", SECONDS, detail=detail),
        Number("the same with another mix tried", tried, "s", 1.5 * SECONDS),
        Number("a replay over one search", plain / search, "×", detail={"search, ms": round(1000 * search, 2)}),
    ]
    for number in numbers:
        tell(f"{number.what}: {number.value:.1f} {number.unit}")
    path = out / "replay.json"
    shown = {name: to_json(report)[name] for name in ("rankings", "differences", "calibration", "says")}
    write(path, "replay", {"numbers": [number.to_json() for number in numbers], "report": shown})
    return [path]


def _seconds(call: Callable[[], object]) -> float:
    started = time.process_time()
    call()
    return time.process_time() - started
