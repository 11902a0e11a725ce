"""Lexical engines side by side on the same papers and queries: ours, bm25s and tantivy.

Every engine drops English stop words and stems; the clock runs from the query's text to the engine's own row numbers,
so that no engine pays for handing out names.
"""

from __future__ import annotations

import re
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet_lab.bench.datasets import Known

__all__ = [
    "DEPTH",
    "Engine",
    "Search",
    "bm25s_search",
    "others",
    "ours",
    "ranks_of",
    "run",
    "tantivy_index",
    "wanted_ids",
]

DEPTH = 100

Search = Callable[[str], Sequence[int]]  # a query to row numbers, best first


@dataclass(frozen=True)
class Engine:
    """What an engine found: the rank of each wanted paper (0: not in the first 100), and what it cost."""

    ranks: list[int]
    costs: dict[str, float] = field(default_factory=dict)
    milliseconds: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))  # of each query


def wanted_ids(library: Library, known: Known) -> list[int]:
    """The number of each wanted paper. Raises UsageError if the library lacks one."""
    found = library.catalogue.papers.resolve_many(known.wanted)
    lost = [name for name in known.wanted if found[name] is None]
    if lost:
        raise UsageError(f"{library.path}: lacks {len(lost)} of the queries' papers, first {lost[0]}; fill it anew")
    return [number for name in known.wanted if (number := found[name]) is not None]


def ranks_of(library: Library, known: Known) -> list[int]:
    """The rank of each wanted paper in the library's default search."""
    found = []
    for query, wanted in zip(known.queries, wanted_ids(library, known), strict=True):
        ids = library.search_ids(query, DEPTH).ids.tolist()
        found.append(ids.index(wanted) + 1 if wanted in ids else 0)
    return found


def run(search: Search, queries: Sequence[str], wanted: Sequence[int]) -> Engine:
    """Time every query (after one that does not count) and note the rank of the row it wants."""
    search(queries[0])
    ranks, times = [], []
    for query, row in zip(queries, wanted, strict=True):
        started = time.perf_counter()
        rows = list(search(query))
        times.append(1000 * (time.perf_counter() - started))
        ranks.append(rows.index(row) + 1 if row in rows else 0)
    costs = {"median_ms": statistics.median(times), "p95_ms": float(np.percentile(times, 95))}
    return Engine(ranks, costs, np.array(times))


def ours(library: Library, known: Known) -> Engine:
    """The lexical side of the library's search alone: title, abstract, keywords, and names as a user may type them."""
    view = library.snapshot()
    rows = view.rows_of(wanted_ids(library, known)).tolist()

    def search(query: str) -> list[int]:
        found: list[int] = view.inverted.search(AnalyzedQuery.of(view, query).sparse, DEPTH, view.alive).ids.tolist()
        return found

    return run(search, known.queries, rows)


def bm25s_search(texts: Sequence[str]) -> Search:
    """BM25 by bm25s, stemmed, over texts (n,)."""
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("english")
    engine = bm25s.BM25()
    engine.index(bm25s.tokenize(list(texts), stopwords="en", stemmer=stemmer, show_progress=False), show_progress=False)
    depth = min(DEPTH, len(texts))

    def search(query: str) -> list[int]:
        tokens = bm25s.tokenize([query], stopwords="en", stemmer=stemmer, show_progress=False)
        found, scores = engine.retrieve(tokens, k=depth, show_progress=False)
        return [int(row) for row in found[0][scores[0] > 0]]

    return search


def tantivy_index(texts: Sequence[str], folder: Path, *, stop: bool = True) -> Any:
    """tantivy's index of texts (n,) with their rows, stemmed, in `folder`; `stop` leaves out English stop words."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("body", stored=False, tokenizer_name="english")
    builder.add_integer_field("row", stored=False, fast=True)
    index = tantivy.Index(builder.build(), path=str(folder))
    chain = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.lowercase())
    chain = chain.filter(tantivy.Filter.stopword("english")) if stop else chain
    index.register_tokenizer("english", chain.filter(tantivy.Filter.stemmer("english")).build())
    writer = index.writer(heap_size=200_000_000, num_threads=2)
    for row, text in enumerate(texts):
        writer.add_document(tantivy.Document(body=text, row=row))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return index


def _tantivy(texts: Sequence[str], folder: Path) -> tuple[Search, dict[str, float]]:
    index = tantivy_index(texts, folder)
    searcher = index.searcher()

    def search(query: str) -> list[int]:
        parsed = index.parse_query(" ".join(re.findall(r"\w+", query.lower())), ["body"])
        addresses = [address for _, address in searcher.search(parsed, DEPTH, count=False).hits]
        return [int(row or 0) for row in searcher.fast_field_values("row", addresses)]

    return search, {"bytes": float(sum(p.stat().st_size for p in folder.iterdir()))}


def others(texts: Sequence[str], wanted: Sequence[int], known: Known, tell: Callable[[str], None]) -> dict[str, Engine]:
    """bm25s and tantivy over texts (n,); `wanted` is the row each query asks for."""
    engines = {}
    with tempfile.TemporaryDirectory(prefix="broadsheet-tantivy-") as folder:
        for name in ("bm25s", "tantivy"):
            tell(f"building and searching {name}")
            started = time.perf_counter()
            search, costs = (bm25s_search(texts), {}) if name == "bm25s" else _tantivy(texts, Path(folder))
            costs["build_s"] = time.perf_counter() - started
            found = run(search, known.queries, wanted)
            engines[name] = replace(found, costs={**found.costs, **costs})
    return engines
