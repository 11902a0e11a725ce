"""Inference-free sparse retrieval: what each of its ideas gives, and what a query costs beside BM25 in the same index.

Queries of the dev half teach; steps are what minutes of one core allow, penalties are the paper's.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.inverted import Inverted, PostingBlock, SparseQuery
from broadsheet.kit.bag_of_words import Bags, bag
from broadsheet.kit.text import STOP_TERMS, tokenize
from broadsheet.retrieval.bm25 import BM25
from broadsheet_lab.bench.report import Claimed, reciprocal
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._lessons import Lessons
from broadsheet_lab.bench.text._library import Asked, Index, Library, opened
from broadsheet_lab.bench.text._seeds import over_seeds
from broadsheet_lab.encoders.inference_free_sparse import FIRST, SECOND, InferenceFreeSparse

__all__ = ["Runs", "claims", "learned"]

DATA = "papers.parquet, 6,493 of 87,366 papers, written and tldr queries, test half"
SEEDS = (0, 1, 2)
TOKENS = 64
STEPS = (80, 50)  # of the two stages
ONE = "MiniLM"  # the teacher by itself
BEST, SINGLE, FIRST_ALONE, ALIKE = "two teachers", "one teacher", "first stage alone", "all words weighed alike"


@dataclass(frozen=True)
class Engine:
    """Documents in an index of 8-bit impacts, and queries as weighted words."""

    index: Inverted
    queries: Bags

    @classmethod
    def of(cls, documents: Bags, queries: Bags) -> Engine:
        """Of what a method made of both."""
        block = PostingBlock.of(documents.terms, documents.indptr, documents.columns, documents.counts)
        return cls(Inverted([block]), queries)

    @classmethod
    def of_bm25(cls, texts: list[str], asked: list[str]) -> Engine:
        """Of the words of texts and queries."""
        papers = bag(tokenize(texts), skip=STOP_TERMS)
        weights, lengths = BM25(), papers.totals()
        documents = replace(papers, counts=weights.fit(lengths).document(papers, lengths))
        counted = bag(tokenize(asked), skip=STOP_TERMS)
        engine = cls.of(documents, counted)
        frequencies = engine.index.frequencies(counted.terms)[counted.columns]
        return cls(engine.index, replace(counted, counts=weights.query(counted.counts, frequencies, len(papers))))

    def query(self, i: int) -> SparseQuery:
        """Query i."""
        part = slice(self.queries.indptr[i], self.queries.indptr[i + 1])
        return SparseQuery(self.queries.terms[self.queries.columns[part]], self.queries.counts[part])

    def milliseconds(self) -> NDArray[np.float64]:
        """To search each query for ten, the best of three, (q,)."""
        times = np.empty((len(self.queries), 3))
        for i, j in np.ndindex(times.shape):
            started = time.perf_counter()
            self.index.search(self.query(i), 10)
            times[i, j] = 1000 * (time.perf_counter() - started)
        return np.asarray(times.min(axis=1))


class Runs:
    """Trainings on the index of a library."""

    def __init__(self, library: Library) -> None:
        self.library, self.index = library, Index(library)
        self.lessons = Lessons(self.index)
        self.documents = library.read(self.method(0).tower(), self.index.texts, tokens=TOKENS)

    def method(self, seed: int, *, aware: bool = True) -> InferenceFreeSparse:
        """Untrained."""
        first, second = (replace(p, steps=n, seed=seed) for p, n in zip((FIRST, SECOND), STEPS, strict=True))
        return InferenceFreeSparse(first=first, second=second, idf_aware=aware, tokens=TOKENS)

    def started(self, seed: int, *, aware: bool = True) -> InferenceFreeSparse:
        """After the first stage."""
        return self.method(seed, aware=aware).fit(self.lessons.asked.texts, self.documents, self.lessons.candidates)

    def distilled(self, method: InferenceFreeSparse, *, both: bool = True) -> InferenceFreeSparse:
        """After the second stage, too, with both teachers or with one."""
        teachers = [self.lessons.lexical, self.lessons.dense] if both else [self.lessons.dense]
        return method.copy().distil(self.lessons.asked.texts, self.documents, self.lessons.candidates, teachers)

    def measured(self, method: InferenceFreeSparse, asked: Asked) -> tuple[NDArray[np.float64], Engine, Bags]:
        """(the reciprocal ranks, the engine, the documents)."""
        papers = method.encode(self.documents)
        engine = Engine.of(papers, method.query(asked.texts))
        ranks = self.index.ranks(lambda i: engine.index.scores(engine.query(i)), asked.wanted)
        return reciprocal(ranks), engine, papers

    def train(self, seed: int, purpose: str = "test") -> dict[str, NDArray[Any]]:
        """The reciprocal ranks after each way of training, milliseconds a query, entries a paper."""
        asked = self.index.asked(purpose)
        self.library.tell(f"training, seed {seed}")
        first, alike = self.started(seed), self.started(seed, aware=False)
        ways = {BEST: self.distilled(first), SINGLE: self.distilled(first, both=False), FIRST_ALONE: first}
        ways[ALIKE] = self.distilled(alike)
        found: dict[str, NDArray[Any]] = {}
        for name, method in ways.items():
            found[name], engine, papers = self.measured(method, asked)
            found[f"entries, {name}"] = np.array([len(papers.counts) / len(papers)])
            if name == BEST:
                found["ms"] = engine.milliseconds()
                found["ms, BM25"] = Engine.of_bm25(self.index.texts, asked.texts).milliseconds()
        return found


def learned(study: Study) -> InferenceFreeSparse:
    """With both stages, on the dev half."""
    runs = Runs(opened(study.tell))
    return runs.distilled(runs.started(0))


def claims(study: Study) -> list[Claimed]:
    """Every claim of the card."""
    runs = Runs(opened(study.tell))
    found = over_seeds("inference_free_sparse", SEEDS, runs.train)
    entries = {n: np.round(found.pop(f"entries, {n}")[:, 0], 1).tolist() for n in (BEST, SINGLE, FIRST_ALONE, ALIKE)}
    ours, theirs = found.pop("ms"), found.pop("ms, BM25")
    rivals = runs.index.rivals
    detail = runs.index.detail(runs.index.asked("test").kinds, {**found, **rivals})
    detail |= {"steps": STEPS, "entries a paper": entries}
    best = max(rivals, key=lambda name: rivals[name].mean())

    def ratio(metric: str, over: str, under: str) -> Claimed:
        base = {**found, **rivals}[under]
        rival = best, float(rivals[best].mean() / base.mean())
        sides = (over, found[over]), (under, base)
        return Claimed.ratio(DATA, metric, *sides, seeds=SEEDS, rival=rival, detail=detail)

    return [
        ratio("MRR@10, idf-aware over not (ratio)", BEST, ALIKE),
        ratio("MRR@10, two teachers over one (ratio)", BEST, SINGLE),
        ratio("MRR@10, distilled over the first stage alone (ratio)", BEST, FIRST_ALONE),
        Claimed.ratio(
            DATA,
            "median latency over BM25's (ratio)",
            ("milliseconds", ours),
            ("BM25, milliseconds", theirs),
            statistic=np.median,
            lower_is_better=True,
            seeds=SEEDS,
            rival=("BM25", 1.0),
            detail=detail,
        ),
        ratio("MRR@10 over BM25 (ratio)", BEST, "BM25"),
        ratio("MRR@10 over MiniLM (ratio)", BEST, "MiniLM"),
    ]
