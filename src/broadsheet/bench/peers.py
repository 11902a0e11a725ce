"""Lexical engines side by side on the same papers and queries: ours, bm25s and tantivy."""

from __future__ import annotations

import re
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from broadsheet.bench.datasets import Known
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.search import sparse_query

__all__ = ["Engine", "compare", "ranks_of"]

DEPTH = 100


@dataclass(frozen=True)
class Engine:
    """What an engine found: the rank of each wanted paper (0: not in the first 100), and what it cost."""

    ranks: list[int]
    costs: dict[str, float] = field(default_factory=dict)


def _rank(ids: list[str], wanted: str) -> int:
    return ids.index(wanted) + 1 if wanted in ids else 0


def ranks_of(library: Library, known: Known) -> list[int]:
    """The rank of each wanted paper in the library's default search."""
    names: dict[int, str] = {}
    found = []
    for query, wanted in zip(known.queries, known.wanted, strict=True):
        hits = library.search_ids(query, DEPTH)
        fresh = [i for i in hits.ids.tolist() if i not in names]
        names |= library.catalogue.source_id(fresh)
        found.append(_rank([names[i] for i in hits.ids.tolist()], wanted))
    return found


def _run(search: Callable[[str], list[str]], known: Known) -> tuple[list[int], dict[str, float]]:
    ranks, times = [], []
    for query, wanted in zip(known.queries, known.wanted, strict=True):
        started = time.perf_counter()
        ids = search(query)
        times.append(1000 * (time.perf_counter() - started))
        ranks.append(_rank(ids, wanted))
    return ranks, {"median_ms": statistics.median(times), "p95_ms": float(np.percentile(times, 95))}


def _ours(library: Library, known: Known) -> Engine:
    view = library.view()
    sources = library.catalogue.source_id(view.ids.tolist())
    names = [sources.get(i, "") for i in view.ids.tolist()]
    alive = view.alive

    def search(query: str) -> list[str]:
        return [names[r] for r in view.inverted.search(sparse_query(view, query)[0], DEPTH, alive).ids.tolist()]

    search("warm up")
    return Engine(*_run(search, known))


def _bm25s(texts: list[str], ids: list[str], known: Known) -> Engine:
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("english")
    started = time.perf_counter()
    engine = bm25s.BM25()
    engine.index(bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False), show_progress=False)
    built = time.perf_counter() - started

    def search(query: str) -> list[str]:
        tokens = bm25s.tokenize([query], stopwords="en", stemmer=stemmer, show_progress=False)
        found, _ = engine.retrieve(tokens, k=DEPTH, show_progress=False)
        return [ids[i] for i in found[0].tolist()]

    ranks, costs = _run(search, known)
    return Engine(ranks, {**costs, "build_s": built})


def _tantivy(texts: list[str], ids: list[str], known: Known) -> Engine:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("body", stored=False, tokenizer_name="en_stem")
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    with tempfile.TemporaryDirectory(prefix="broadsheet-tantivy-") as folder:
        started = time.perf_counter()
        index = tantivy.Index(builder.build(), path=folder)
        writer = index.writer(heap_size=200_000_000, num_threads=2)
        for text, name in zip(texts, ids, strict=True):
            writer.add_document(tantivy.Document(body=text, id=name))
        writer.commit()
        writer.wait_merging_threads()
        built = time.perf_counter() - started
        index.reload()
        searcher = index.searcher()

        def search(query: str) -> list[str]:
            parsed = index.parse_query(" ".join(re.findall(r"\w+", query.lower())), ["body"])
            return [searcher.doc(address)["id"][0] for _, address in searcher.search(parsed, DEPTH).hits]

        ranks, costs = _run(search, known)
        size = float(sum(p.stat().st_size for p in Path(folder).iterdir()))
    return Engine(ranks, {**costs, "build_s": built, "bytes": size})


def compare(library: Library, known: Known, papers: Path, tell: Callable[[str], None]) -> dict[str, Engine]:
    """Our BM25 alone, bm25s with stemming and tantivy with stemming, over title, abstract and keywords."""
    import pyarrow.parquet as pq

    table = pq.read_table(papers, columns=["paper_id", "title", "abstract", "keywords"]).to_pydict()
    columns = zip(table["title"], table["abstract"], table["keywords"], strict=True)
    texts = [f"{t}\n{a or ''}\n{' '.join(k or ())}" for t, a, k in columns]
    engines = {"bm25": _ours(library, known)}
    for name, peer in (("bm25s", _bm25s), ("tantivy", _tantivy)):
        tell(f"building {name}")
        engines[name] = peer(texts, table["paper_id"], known)
    return engines
