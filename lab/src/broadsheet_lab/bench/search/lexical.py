"""Lexical systems: our BM25, bm25s as it comes and tuned, tantivy."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from typing import Any

from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet_lab.bench import peers
from broadsheet_lab.bench.search.contract import DEPTH, Built
from broadsheet_lab.bench.search.corpus import Corpus
from broadsheet_lab.bench.search.query_set import QuerySet
from broadsheet_lab.bench.search.tuning import REPEATED, Setting, chosen, known_terms

__all__ = ["bm25", "bm25s", "bm25s_bytes", "bm25s_engine", "bm25s_titles", "bm25s_tuned", "tantivy"]


def bm25(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """The lexical side of the product alone; its postings are counted, the rest of the library is not."""
    filled = corpus.filled
    view, position = filled.view, filled.position

    def search(text: str, k: int) -> list[int]:
        found = view.inverted.search(AnalyzedQuery.of(view, text).sparse, k, view.alive)
        return [int(at) for at in position[found.ids]]

    blocks = [s.postings for s in view.segments]
    size = sum(b.terms.nbytes + b.indptr.nbytes + b.postings.nbytes + b.impacts.nbytes for b in blocks)
    return Built(search, size, filled.seconds, notes=("built together with the library",))


def bm25s_engine(corpus: Corpus, setting: Setting) -> tuple[Any, float]:
    """(a bm25s index of the papers, the seconds it took)."""
    from bm25s import BM25

    words = corpus.words
    texts = words.texts(setting.titles)
    started = time.perf_counter()
    engine = BM25(k1=setting.k1, b=setting.b)
    engine.index(texts, show_progress=False)
    return engine, words.seconds + time.perf_counter() - started


def bm25s_bytes(engine: Any) -> int:
    """The postings of a bm25s index."""
    return sum(engine.scores[part].nbytes for part in ("data", "indices", "indptr"))


def _bm25s(corpus: Corpus, setting: Setting) -> Built:
    engine, seconds = bm25s_engine(corpus, setting)

    def search(text: str, k: int) -> list[int]:
        known = known_terms(engine, text)
        if not known:
            return []
        found, scores = engine.retrieve([known], k=min(k, len(corpus)), show_progress=False)
        return [int(row) for row in found[0][scores[0] > 0]]

    return Built(search, bm25s_bytes(engine), seconds)


def bm25s(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """bm25s as it comes: k1 1.5, b 0.75; stemming and stop words as in its own examples."""
    return _bm25s(corpus, Setting())


def _tuned(corpus: Corpus, dev: QuerySet, titles: tuple[int, ...]) -> Built:
    setting, reached = chosen(corpus.words, dev, titles)
    return replace(_bm25s(corpus, setting), chosen={**asdict(setting), f"{dev.objective} on dev": reached})


def bm25s_tuned(corpus: Corpus, dev: QuerySet) -> Built:
    """bm25s with k1 and b chosen."""
    return _tuned(corpus, dev, (1,))


def bm25s_titles(corpus: Corpus, dev: QuerySet) -> Built:
    """bm25s with the title repeated; k1, b and how often are chosen."""
    return _tuned(corpus, dev, REPEATED)


def tantivy(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """tantivy's own BM25 with English stemming; its first 100 results."""
    folder = corpus.scratch / f"tantivy-{time.monotonic_ns()}"
    folder.mkdir()
    started = time.perf_counter()
    find, costs = peers._tantivy(corpus.texts, folder)
    seconds = time.perf_counter() - started

    def search(text: str, k: int) -> list[int]:
        return list(find(text))[: min(k, DEPTH)]

    return Built(search, costs["bytes"], seconds)
