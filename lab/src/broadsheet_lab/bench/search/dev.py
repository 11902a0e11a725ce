"""A quick look while developing: the default search on the dev halves of all kinds, over libraries kept filled.

Prints a line a kind and the mean over kinds, and writes search-dev.json. BROADSHEET_BENCH_SETS and _ONLY
choose kinds and systems as for the leaderboard, BROADSHEET_BENCH_QUERIES=200 takes that many queries of each kind. No
test half is looked at. The first run of a checkout fills the libraries, and a change of what an index holds makes the
indexes anew; either takes a minute or two.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from broadsheet.kit.errors import UsageError
from broadsheet.kit.threads import one_thread
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.report import write
from broadsheet_lab.bench.search import ONLY, SETS, named, sets
from broadsheet_lab.bench.search.corpus import Corpus
from broadsheet_lab.bench.search.metrics import means, means_over_kinds, per_query
from broadsheet_lab.bench.search.product import DEFAULT
from broadsheet_lab.bench.search.query_set import QuerySet, drawn_queries
from broadsheet_lab.bench.search.running import ask
from broadsheet_lab.bench.search.shared import Shared, groups
from broadsheet_lab.bench.search.systems import SEARCH, entries
from broadsheet_lab.bench.study import Study

__all__ = ["QUERIES", "measure"]

QUERIES = "BROADSHEET_BENCH_QUERIES"  # how many queries of each kind; all of the dev half if unset


def _most() -> int | None:
    wanted = os.environ.get(QUERIES, "")
    if wanted and (not wanted.isdecimal() or int(wanted) < 1):
        raise UsageError(f"{QUERIES}={wanted}: must be a number of queries, for example 200; unset it for all")
    return int(wanted) if wanted else None


def measure(out: Path, tell: Callable[[str], None]) -> list[Path]:
    """Run it; writes search-dev.json into `out`. Raises UsageError if data are missing."""
    systems = named(ONLY, "system", SEARCH) if os.environ.get(ONLY) else frozenset((DEFAULT,))
    kinds, most, papers = named(SETS, "query set", sets.NAMES) - {"similar"}, _most(), datasets.papers_path()
    shared = Shared(sets.read(papers), Study(papers, tell))
    found: dict[str, Any] = {}
    for own, group in groups(shared, kinds):
        with tempfile.TemporaryDirectory(prefix="broadsheet-dev-") as scratch:
            corpus = Corpus(group[0].docs, own, Path(scratch), tell, keep=True)
            try:
                with one_thread():
                    for queries in group:
                        found[queries.name] = _asked(corpus, drawn_queries(queries.half(True), most), systems, tell)
            finally:
                corpus.close()
    overall = means_over_kinds(found)
    for name, mean in overall.items():
        tell(f"{name}: mean over {mean['kinds']} kinds {mean['dev']:.4f}")
    path = out / "search-dev.json"
    write(path, "search-dev", {"means": overall, "sets": found})
    return [path]


def _asked(corpus: Corpus, dev: QuerySet, systems: frozenset[str], tell: Callable[[str], None]) -> dict[str, Any]:
    rows = {}
    for name, system in entries(dev.name).items():
        if name not in systems or system.missing():
            continue
        answers = ask(system.build(corpus, dev).search, dev)
        row = means(per_query(answers.rankings, dev.relevant))
        milliseconds = round(statistics.median(answers.milliseconds), 2)
        rows[name] = {**row, "median_ms": milliseconds, "dev": row}
        figures = "  ".join(f"{metric} {row[metric]:.4f}" for metric in ("mrr@10", "ndcg@10", "recall@10"))
        tell(f"{dev.name:13} {name:20} {len(dev):5} queries  {figures}  {milliseconds} ms")
    return {"objective": dev.objective, "systems": rows}
