"""One query set: every system is built, asked every query on one thread, and judged."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from broadsheet_lab.bench.search.contract import DEPTH, Built, Search
from broadsheet_lab.bench.search.corpus import Corpus
from broadsheet_lab.bench.search.metrics import PerQuery, bounds, means, p_values, per_query
from broadsheet_lab.bench.search.query_set import QuerySet
from broadsheet_lab.bench.search.systems import BASELINES, entries, too_dear

__all__ = ["Asked", "ask", "run_set"]

_WARM = 3  # queries that do not count


@dataclass(frozen=True)
class Asked:
    """What a system answered, and how fast."""

    rankings: list[list[int]]
    milliseconds: list[float]


def ask(search: Search, queries: QuerySet) -> Asked:
    """Every query once, DEPTH results; the first few are asked twice, and their first time does not count."""
    for text in queries.texts[:_WARM]:
        search(text, DEPTH)
    rankings, times = [], []
    for text in queries.texts:
        started = time.perf_counter()
        rows = list(search(text, DEPTH))
        times.append(1000 * (time.perf_counter() - started))
        rankings.append(rows)
    return Asked(rankings, times)


def run_set(corpus: Corpus, queries: QuerySet, chosen: Collection[str], tell: Callable[[str], None]) -> dict[str, Any]:
    """The result of a query set: its queries, the systems that ran, and those that could not with the reason.

    The baseline runs whether it is chosen or not.
    """
    dev = queries.half(True)
    systems = entries(queries.name)
    [baseline] = [name for name in BASELINES if name in systems]
    rows: dict[str, dict[str, Any]] = {}
    values: dict[str, PerQuery] = {}
    skipped: dict[str, str] = {}
    for name, system in systems.items():
        if name not in chosen and name != baseline:
            continue
        missing = ", ".join(system.missing())
        if why := f"{missing} not installed" if missing else too_dear(queries.name, system):
            skipped[name] = why
            tell(f"{queries.name}: {name} skipped, {skipped[name]}")
            continue
        tell(f"{queries.name}: {name}, {len(queries):,} queries on {len(corpus):,} papers")
        built = system.build(corpus, dev)
        asked = ask(built.search, queries)
        values[name] = per_query(asked.rankings, queries.relevant)
        rows[name] = _row(built, asked, values[name], queries, len(corpus))
        del built  # before the next one takes its place in memory
    for name, row in rows.items():
        if name != baseline and baseline in values:
            row["p"] = p_values(values[name], values[baseline], ~queries.dev)
    return {
        "queries": {"dev": int(queries.dev.sum()), "test": int((~queries.dev).sum())},
        "objective": queries.objective,
        "baseline": baseline,
        "systems": rows,
        "skipped": skipped,
    }


def _row(built: Built, asked: Asked, values: PerQuery, queries: QuerySet, papers: int) -> dict[str, Any]:
    """The test half's figures, then what they cost, then how the dev half was."""
    test = ~queries.dev
    row: dict[str, Any] = {
        **means(values, test),
        "median_ms": round(statistics.median(asked.milliseconds), 3),
        "p95_ms": round(float(np.percentile(asked.milliseconds, 95)), 3),
        "build_s": round(built.build_s, 2),
        "bytes_per_paper": round(built.index_bytes / papers, 1),
        "interval": bounds(values, test),
        "dev": means(values, queries.dev),
    }
    if built.chosen:
        row["chosen"] = built.chosen
    if built.notes:
        row["notes"] = list(built.notes)
    return row
