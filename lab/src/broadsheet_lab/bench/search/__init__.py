"""The search leaderboard: every search on the same papers and queries, chosen on one half and reported on the other.

Writes search.json and a plot. BROADSHEET_BENCH_ONLY=name,name runs those systems, and beside them the baseline of their
query sets, which the tests of significance need, and keeps what the file says of the others; BROADSHEET_BENCH_SETS=name
does so for some of the query sets.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from broadsheet.kit.errors import UsageError
from broadsheet.kit.threads import one_thread
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.report import write
from broadsheet_lab.bench.search import sets
from broadsheet_lab.bench.search.corpus import Corpus
from broadsheet_lab.bench.search.merging import merged, previous
from broadsheet_lab.bench.search.metrics import means_over_kinds
from broadsheet_lab.bench.search.plotting import plot
from broadsheet_lab.bench.search.running import run_set
from broadsheet_lab.bench.search.shared import Shared, groups
from broadsheet_lab.bench.search.systems import SEARCH, SIMILAR, entries
from broadsheet_lab.bench.search.targets import numbers
from broadsheet_lab.bench.study import Study
from broadsheet_lab.kit.extras import with_extra

__all__ = ["ONLY", "SETS", "measure", "named"]

ONLY = "BROADSHEET_BENCH_ONLY"
SETS = "BROADSHEET_BENCH_SETS"

Tell = Callable[[str], None]


def named(variable: str, what: str, known: Iterable[str]) -> frozenset[str]:
    """What an environment variable names of what is known; all of it if it names nothing. Raises UsageError."""
    known = tuple(known)
    wanted = [name.strip() for name in os.environ.get(variable, "").split(",") if name.strip()]
    for name in wanted:
        if name not in known:
            raise UsageError(f"{variable}: no {what} {name!r}; there are {', '.join(known)}")
    return frozenset(wanted or known)


def measure(out: Path, tell: Tell) -> list[Path]:
    """Run it all, or the systems named; writes search.json into `out` and docs/search-leaderboard.svg beside it.

    Raises UsageError if data or ranx are missing, or if the file to merge into is of other data.
    """
    try:
        import ranx  # noqa: F401  better said now than after the first system ran
    except ImportError:
        raise UsageError(f"the search leaderboard needs ranx: {with_extra('bench')}") from None
    papers = datasets.papers_path()
    every = {**SEARCH, **SIMILAR}
    chosen, asked = named(ONLY, "system", every), named(SETS, "query set", sets.NAMES)
    source = sets.read(papers)
    data = {"papers.parquet": datasets.digest(papers), "papers": len(source.docs)}
    result = out / "search.json"
    before = previous(result, data) if len(chosen) < len(every) or len(asked) < len(sets.NAMES) else {}
    found: dict[str, Any] = {}
    for shared, made in groups(Shared(source, Study(papers, tell)), asked):
        group = [queries for queries in made if not chosen.isdisjoint(entries(queries.name))]
        if not group:
            continue
        with tempfile.TemporaryDirectory(prefix="broadsheet-search-") as scratch:
            corpus = Corpus(group[0].docs, shared, Path(scratch), tell)
            try:
                with one_thread():
                    found |= {queries.name: run_set(corpus, queries, chosen, tell) for queries in group}
            finally:
                corpus.close()
    content = _content(data, merged(before, found))
    write(result, "search", content)
    for name, mean in content["means"].items():
        tell(f"{name}: mean over {mean['kinds']} kinds {mean['test']:.4f}")
    if "tldr" not in content["sets"]:
        return [result]
    picture = out.parent / "docs" / "search-leaderboard.svg"
    plot(content["sets"]["tldr"]["systems"], picture)
    return [result, picture]


def _content(data: Mapping[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    return {
        "data": dict(data),
        "threads": 1,
        "significance": "p: two-sided paired Student's t-test against the baseline on the test queries, by ranx",
        "means": means_over_kinds(found),
        "numbers": [number.to_json() for number in numbers(found)],
        "sets": found,
    }
