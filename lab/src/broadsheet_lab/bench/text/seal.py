"""SEAL, measured: what the decoder writes and the query's own sequences, against BM25 and without a decoder.

The decoder learns from all texts, and from the queries of the dev half.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import bag, find_sorted
from broadsheet.kit.select import top_k_masked
from broadsheet.kit.text import STOP_TERMS, tokenize
from broadsheet.retrieval.bm25 import BM25
from broadsheet_lab.bench.report import Claimed, reciprocal
from broadsheet_lab.bench.study import Queries, Study
from broadsheet_lab.bench.text._seeds import over_seeds
from broadsheet_lab.retrieval.seal import SEAL
from broadsheet_lab.training import Plan

__all__ = ["claims"]

TLDR = "papers.parquet, 12,000 papers, a quarter of the tldr queries, test half"
KEYWORDS = "papers.parquet, 12,000 papers, a sixteenth of the keyword queries, test half"
SEEDS = (0, 1, 2)
PLAN = Plan(150, 64, 3e-3, warm=30)
HIDDEN, LONGEST, CANDIDATES = 96, 6, 500
DEPTH = 100
EACH = {TLDR: 4, KEYWORDS: 16}  # one query in so many is asked

Search = Callable[[str], Sequence[int]]
Floats = NDArray[np.float64]


class _Sample:
    """The study, what is asked of its test half, and BM25 over its texts."""

    def __init__(self, study: Study) -> None:
        self.study = study

    @cached_property
    def asked(self) -> dict[str, list[tuple[str, int]]]:
        """(query, the paper that it wants) by set."""
        whole = {TLDR: self.study.tldr, KEYWORDS: self.study.by_keywords}
        return {name: _pairs(q, np.flatnonzero(~q.dev)[:: EACH[name]]) for name, q in whole.items()}

    @cached_property
    def learned_from(self) -> list[tuple[str, int]]:
        """The queries of the dev half, with their papers."""
        return [
            pair
            for queries in (self.study.tldr, self.study.by_keywords)
            for pair in _pairs(queries, np.flatnonzero(queries.dev))
        ]

    @cached_property
    def bm25(self) -> Search:
        """Exact BM25."""
        from scipy.sparse import csr_matrix

        bags = bag(tokenize(self.study.texts), skip=STOP_TERMS)
        weighting = BM25().fit(bags.totals())
        weights = weighting.document(bags, bags.totals())
        by_term = csr_matrix((weights, bags.columns, bags.indptr), shape=(len(bags), len(bags.terms))).tocsc()
        frequency = bags.document_frequency()

        def search(query: str) -> list[int]:
            asked = bag(tokenize([query]), skip=STOP_TERMS)
            at = find_sorted(bags.terms, asked.terms[asked.columns])
            known = at[at >= 0]
            scores = by_term[:, known] @ weighting.query(asked.counts[at >= 0], frequency[known], len(bags))
            found: list[int] = top_k_masked(np.asarray(scores, np.float32), DEPTH, floor=0.0).ids.tolist()
            return found

        return search

    def gains(self, name: str, search: Search) -> Floats:
        """The reciprocal rank of each query's paper, (q,)."""
        ranks = []
        for query, wanted in self.asked[name]:
            ids = list(search(query))
            ranks.append(ids.index(wanted) + 1 if wanted in ids else 0)
        return reciprocal(ranks)


def _pairs(queries: Queries, at: NDArray[np.int64]) -> list[tuple[str, int]]:
    return [(queries.texts[i], int(queries.wanted[i][0])) for i in at.tolist()]


def _searches(method: SEAL) -> Search:
    return lambda query: method.search(query, DEPTH).ids.tolist()


def claims(study: Study) -> list[Claimed]:
    """MRR@10 with three decoders, on both sets of queries, over BM25 and over the query's own sequences alone."""
    sample = _Sample(study)
    own = SEAL(candidates=CANDIDATES, plan=None).fit(study.texts)
    bm25 = {name: sample.gains(name, sample.bm25) for name in sample.asked}
    plain = {name: sample.gains(name, _searches(own)) for name in sample.asked}

    def measured(seed: int) -> dict[str, NDArray[np.float64]]:
        study.tell(f"training decoder {seed}")
        method = SEAL(longest=LONGEST, hidden=HIDDEN, candidates=CANDIDATES, plan=replace(PLAN, seed=seed))
        started = time.perf_counter()
        method.fit(study.texts, sample.learned_from, tell=study.tell)
        fitted = time.perf_counter()
        gains = {name: sample.gains(name, _searches(method)) for name in sample.asked}
        wait = 1000 * (time.perf_counter() - fitted) / sum(map(len, sample.asked.values()))
        return {**gains, "seconds": np.array([fitted - started]), "ms": np.array([wait])}

    written = over_seeds("seal", SEEDS, measured)
    detail = {
        "steps, batch, width, longest, candidates": [PLAN.steps, PLAN.batch, HIDDEN, LONGEST, CANDIDATES],
        "seconds of fit": written["seconds"].round()[:, 0].tolist(),
        "mean ms a query": written["ms"].round(1)[:, 0].tolist(),
        "bytes of the index": own.index_.nbytes,
    }
    over = [
        Claimed.ratio(
            name,
            "MRR@10 over BM25 (ratio)",
            ("MRR@10, with a decoder", written[name]),
            ("MRR@10, BM25", bm25[name]),
            rival=("BM25", 1.0),
            detail={"MRR@10, own sequences without a decoder": round(float(plain[name].mean()), 4), **detail},
        )
        for name in sample.asked
    ]
    return [
        *over,
        Claimed.ratio(
            KEYWORDS,
            "MRR@10 with what the decoder writes over the query's own sequences, as likely as in it (ratio)",
            ("MRR@10, with a decoder", written[KEYWORDS]),
            ("MRR@10, own sequences without a decoder", plain[KEYWORDS]),
            rival=("BM25", float(bm25[KEYWORDS].mean() / plain[KEYWORDS].mean())),
        ),
    ]
