"""TILDEv2: BM25's first twenty of all papers reranked, with and without appended pieces, and in 8 bits.

Queries of the dev half teach. The papers read are those that BM25 finds first for any of the queries.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from broadsheet.kit.bag_of_words import Bags, find_sorted
from broadsheet.kit.hits import top_k
from broadsheet_lab.bench.report import Claimed, reciprocal
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._lessons import EACH, Lessons
from broadsheet_lab.bench.text._library import Index, Library, opened
from broadsheet_lab.bench.text._seeds import over_seeds
from broadsheet_lab.ranking.tildev2 import LIKELIHOOD, WEIGHTS, Impacts, TILDEv2

__all__ = ["Runs", "claims", "learned"]

DATA = "papers.parquet, 87,366 papers, BM25's first ten reranked, written and tldr queries, test half"
SEEDS = (0, 1, 2)
TOKENS = 64
RERANKED = 10  # of BM25's candidates: the index holds them
TAUGHT = 640  # queries to learn from
STEPS = (30, 60)  # of the likelihood, of the weights
EXPANDED, PLAIN, EXACT = "with appended pieces", "without", "exact weights"

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Score = Callable[[NDArray[np.uint64], Rows], Floats]  # of rows, by the terms of a query


def exactly(weights: Bags) -> Score:
    """Scores of some rows by the weights before they become 8 bits."""
    shape = (len(weights), len(weights.terms))
    by_row = csr_matrix((weights.counts, weights.columns, weights.indptr), shape=shape)

    def score(query: NDArray[np.uint64], rows: Rows) -> Floats:
        at = find_sorted(weights.terms, query)
        asked = np.bincount(at[at >= 0], minlength=len(weights.terms)).astype(np.float32)
        return np.asarray(by_row[rows] @ asked, np.float32)

    return score


def _of_query(score: Score, asked: list[NDArray[np.uint64]]) -> Callable[[int, Rows], Floats]:
    return lambda i, rows: score(asked[i], rows)


class Runs:
    """Trainings on the papers that BM25 finds first for the test queries and for some queries to learn from."""

    def __init__(self, library: Library) -> None:
        self.library, self.index = library, Index(library)
        lessons = Lessons(self.index)
        some = np.sort(np.random.default_rng(0).permutation(len(lessons.asked))[:TAUGHT])
        self.queries = [lessons.asked.texts[i] for i in some]
        taught = lessons.candidates[some][:, [0, *range(2, 2 * EACH + 1, 2)]]  # the wanted one, and BM25's negatives
        found = self.library.by_words(self.library.asked("test").texts)[:, :RERANKED]
        candidates = [np.searchsorted(self.index.rows, rows[rows >= 0]) for rows in found]
        self.rows = np.unique(np.concatenate([taught.ravel(), *candidates]))  # of the index, ascending
        self.taught = np.searchsorted(self.rows, taught)
        self.candidates = [np.searchsorted(self.rows, rows) for rows in candidates]
        self.wanted = self.index.asked("test").wanted  # rows of the index: some are in no list of candidates
        every = library.read(self.method(0).tower(), self.index.texts, tokens=TOKENS)
        self.documents = every.take(self.rows)

    def method(self, seed: int, *, most: int | None = None) -> TILDEv2:
        """Untrained."""
        plans = [replace(p, steps=n, seed=seed) for p, n in zip((LIKELIHOOD, WEIGHTS), STEPS, strict=True)]
        method = TILDEv2(likelihood=plans[0], weights=plans[1], tokens=TOKENS)
        method.tower()  # the network that reads what is appended, too, whether or not anything is
        method.most = method.most if most is None else most
        return method

    def inverse(self, score: Callable[[int, Rows], Floats]) -> NDArray[np.float64]:
        """The reciprocal ranks of the papers asked for among the candidates, by scores of (a query's number, rows)."""
        ranks = []
        for i, (rows, wanted) in enumerate(zip(self.candidates, self.wanted.tolist(), strict=True)):
            order = top_k(np.arange(len(rows)), score(i, rows), len(rows)).ids  # of equals BM25's better one first
            at = np.flatnonzero(self.rows[rows[order]] == wanted)
            ranks.append(int(at[0]) + 1 if len(at) else 0)
        return reciprocal(ranks)

    def by_minilm(self) -> NDArray[np.float64]:
        """The same candidates in the order of MiniLM."""
        from broadsheet_lab.networks import Network

        queries = Network.minilm(tokens=96).encode(self.index.asked("test").texts)
        return self.inverse(lambda i, rows: self.index.minilm[self.rows[rows]] @ queries[i])

    def _trained(self, seed: int, most: int | None) -> tuple[Bags, list[NDArray[np.uint64]]]:
        """(the weights of the papers, the terms of the test queries)."""
        self.library.tell(f"training, seed {seed}, {'no' if most == 0 else 'with'} appended pieces")
        method = self.method(seed, most=most).fit(self.queries, self.documents, self.taught)
        return method.encode(self.documents), method.terms(self.index.asked("test").texts)

    def expanded(self, seed: int) -> dict[str, NDArray[Any]]:
        """The reciprocal ranks with appended pieces, in 8 bits and exactly, and the bytes a paper."""
        weights, asked = self._trained(seed, None)
        impacts = Impacts.of(weights)
        return {
            EXPANDED: self.inverse(_of_query(impacts.score, asked)),
            EXACT: self.inverse(_of_query(exactly(weights), asked)),
            "bytes": np.array([5 * len(impacts.columns) / len(self.rows)]),
        }

    def plain(self, seed: int) -> dict[str, NDArray[Any]]:
        """The reciprocal ranks without."""
        weights, asked = self._trained(seed, 0)
        return {PLAIN: self.inverse(_of_query(Impacts.of(weights).score, asked))}


def learned(study: Study) -> TILDEv2:
    """With appended pieces, on the dev half."""
    runs = Runs(opened(study.tell))
    return runs.method(0).fit(runs.queries, runs.documents, runs.taught)


def claims(study: Study) -> list[Claimed]:
    """Every claim of the card."""
    runs = Runs(opened(study.tell))
    found = over_seeds("tildev2", SEEDS, runs.expanded) | over_seeds(
        "tildev2-plain", SEEDS, runs.plain, method="tildev2"
    )
    size = float(found.pop("bytes").mean())
    others = {"BM25": runs.index.rivals["BM25"], "MiniLM, the same candidates": runs.by_minilm()}
    detail = runs.index.detail(runs.index.asked("test").kinds, {**found, **others})
    detail |= {"steps of the likelihood, of the weights": STEPS, "bytes a paper": round(size, 1)}
    best = max(others, key=lambda name: others[name].mean())

    def ratio(metric: str, over: str, under: str) -> Claimed:
        base = {**found, **others}[under]
        rival = best, float(others[best].mean() / base.mean())
        sides = (over, found[over]), (under, base)
        return Claimed.ratio(DATA, metric, *sides, seeds=SEEDS, rival=rival, detail=detail)

    return [
        ratio("MRR@10, reranked over BM25 (ratio)", EXPANDED, "BM25"),
        ratio("MRR@10, expanded over not (ratio)", EXPANDED, PLAIN),
        ratio("MRR@10, reranked over the same candidates by MiniLM (ratio)", EXPANDED, "MiniLM, the same candidates"),
        ratio("MRR@10, 8 bits over exact (ratio)", EXPANDED, EXACT),
    ]
