"""The processor time of a reader's page of the whole library, over that of a bm25s query in the same run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from broadsheet.catalogue import Event
from broadsheet.pipeline.library import Library
from broadsheet_lab.bench.feed.papers import Papers
from broadsheet_lab.bench.feed.readers import Rows
from broadsheet_lab.bench.report import Number, interval
from broadsheet_lab.bench.study import cache_folder

__all__ = ["page_times"]

SAVES = ((50, 20.0, 40.0), (1000, 40.0, 40.0))  # saves, and the most of a page as it opens, and right after an action
READERS = 9  # the first opens what is kept, and is not counted
QUERIES = 40


def page_times(library: Library, numbers: Rows, papers: Papers, earlier: Rows) -> list[Number]:
    """Pages of readers with random saves among the rows `earlier`; `numbers` are the library's of every row.

    A page as it opens is made from nothing but the log; one right after an action has one more save.
    """
    every = range(0, len(papers), max(len(papers) // QUERIES, 1))
    query = _median([papers.titles[row] for row in every], partial(_ask, _engine(papers)))
    rng, found = np.random.default_rng(0), []
    for saves, opening, acting in SAVES:
        lists = [rng.choice(earlier, saves + 1, replace=False) for _ in range(READERS)]
        times = np.array(
            [
                _pages(library, f"{saves} saves, {at}", numbers[own[1:]], papers.ids[own[0]])
                for at, own in enumerate(lists)
            ]
        )
        for what, limit, took in (("as it opens", opening, times[1:, 0]), ("after an action", acting, times[1:, 1])):
            detail = {
                "interval": [round(bound, 2) for bound in interval(took / query)],
                "ms": round(float(np.median(took)), 2),
                "bm25s query, ms": round(query, 2),
                "papers": len(papers),
            }
            name = f"a page with {saves:,} saves, {what}, over a bm25s query"
            found.append(Number(name, float(np.median(took)) / query, "×", limit, detail=detail))
    return found


def _pages(library: Library, reader: str, saves: Rows, last: str) -> tuple[float, float]:
    """The milliseconds of a page as it opens, and right after an action, which is undone."""
    if reader not in (known.name for known in library.readers()):
        who = library.create_reader(reader)
        library.catalogue.readers.log(who.id, [Event("save", number) for number in saves.tolist()])
    first = _took(lambda: library.feed(reader, log=False))
    library.act(reader, last, "save")
    second = _took(lambda: library.feed(reader, log=False))
    library.undo(reader)
    return first, second


def _took(call: Callable[[], object]) -> float:
    started = time.process_time()
    call()
    return 1000 * (time.process_time() - started)


def _engine(papers: Papers) -> Any:
    """bm25s over title and abstract, kept on disk."""
    import bm25s

    folder = cache_folder() / f"feed-{papers.name}-bm25s"
    if not (folder / "vocab.index.json").exists():
        papers.tell(f"indexing {len(papers)} papers by bm25s")
        engine = bm25s.BM25()
        engine.index(bm25s.tokenize(papers.texts, show_progress=False), show_progress=False)
        engine.save(folder)
    return bm25s.BM25.load(folder)


def _ask(engine: Any, text: str) -> None:
    import bm25s

    engine.retrieve(bm25s.tokenize(text, show_progress=False), k=20, show_progress=False)


def _median(given: Sequence[Any], call: Callable[[Any], object]) -> float:
    times = []
    call(given[0])
    for one in given:
        started = time.process_time()
        call(one)
        times.append(1000 * (time.process_time() - started))
    return statistics.median(times)
