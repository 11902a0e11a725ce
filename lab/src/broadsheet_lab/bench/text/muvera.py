"""MUVERA on ColBERTer's word vectors: how many candidates late interaction needs, and how long a search takes.

The truth is the exact Chamfer similarity with all 4,000 papers, whose word vectors have unit length, as both the paper
and fast-plaid take them. Encodings, and for the latencies how many candidates are taken, are chosen on dev queries;
how many candidates each way of finding them needs for one and the same recall is read off the test queries.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.hits import top_k
from broadsheet.kit.threads import one_thread
from broadsheet_lab.bench.report import Claimed, interval, ratio_interval, reciprocal
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._sparse import KINDS
from broadsheet_lab.bench.text.colberter import prepared
from broadsheet_lab.encoders.colberter import Encoded
from broadsheet_lab.indexes._fde import chamfer_scores
from broadsheet_lab.indexes.muvera import FixedDimensionalEncoding, Muvera, MuveraBlock

__all__ = ["KEPT", "Late", "claims"]

DATA = "papers.parquet, 4,000 papers, tldr and keyword queries, test half"
DEPTH = 100
EACH = {"choose": 60, "test": 150}  # queries of a kind
TARGET = 0.9  # of the exact best hundred
STEP = 10  # candidates
WORDS_EACH = range(1, 201)  # of the heuristic, a query word
WIDE = FixedDimensionalEncoding(32, repetitions=20, planes=5, inner=0, fill=False)  # filling costs recall on dev
KEPT = FixedDimensionalEncoding(32, repetitions=20, planes=5, inner=0, fill=False, final=2048)
PLAID = {"n_full_scores": 1024, "n_ivf_probe": 8}  # on dev 0.93 of the exact hundred; half the scores 0.79

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Asked:
    """Queries as sets of vectors, with the paper each wants."""

    sets: list[Floats]
    wanted: list[int]
    retrieval: Floats  # (q, r)


@dataclass(frozen=True)
class Late:
    """The papers' word vectors, of unit length."""

    documents: Encoded

    @cached_property
    def vectors(self) -> Floats:
        """Of all words, (w, d)."""
        lengths = np.linalg.norm(self.documents.vectors, axis=1, keepdims=True)
        return np.asarray(self.documents.vectors / np.maximum(lengths, 1e-9), np.float32)

    @property
    def bounds(self) -> Rows:
        """Where each paper's begin."""
        return self.documents.bounds

    def exact(self, asked: Asked) -> list[Rows]:
        """The papers with the greatest Chamfer similarity, best first, for each query."""
        out, every = np.empty(len(self.documents), np.float32), np.arange(len(self.documents))
        found = []
        for query in asked.sets:
            chamfer_scores(query, self.vectors, self.bounds, every, out)
            found.append(np.argsort(-out, kind="stable")[:DEPTH])
        return found


def recalls(found: list[Rows], truth: list[Rows], most: int) -> NDArray[np.float64]:
    """The share of the true hundred among the first `most` found, (q,)."""
    return np.array([np.isin(t, f[:most]).mean() for f, t in zip(found, truth, strict=True)])


def needed(found: list[Rows], truth: list[Rows]) -> int:
    """How many of those found hold TARGET of the true hundred, in steps."""
    return next(m for m in range(STEP, len(found[0]) + STEP, STEP) if recalls(found, truth, m).mean() >= TARGET)


def by_product(queries: Floats, documents: Floats) -> list[Rows]:
    """All papers by inner product, best first, for each query."""
    return list(np.argsort(-(queries @ documents.T), axis=1, kind="stable"))


def encoded(encoding: FixedDimensionalEncoding, asked: Asked) -> Floats:
    """The queries as single vectors."""
    bounds = np.concatenate([[0], np.cumsum([len(q) for q in asked.sets])])
    return encoding.queries(np.concatenate(asked.sets), bounds)


def heuristic(late: Late, asked: Asked, truth: list[Rows]) -> tuple[float, float, float]:
    """The single-vector heuristic: (papers, word hits, recall) with as few words each as reach TARGET.

    The nearest document words of every query word name the candidates.
    """
    owner = np.repeat(np.arange(len(late.documents)), np.diff(late.bounds))
    near = [np.argsort(-(q @ late.vectors.T), axis=1)[:, : WORDS_EACH[-1]].astype(np.int64) for q in asked.sets]
    for each in WORDS_EACH:
        papers = [np.unique(owner[at[:, :each]]) for at in near]
        recall = float(np.mean([np.isin(t, p).mean() for p, t in zip(papers, truth, strict=True)]))
        if recall >= TARGET:
            break
    return float(np.mean([len(p) for p in papers])), float(np.mean([at[:, :each].size for at in near])), recall


def plaid(late: Late, folder: str) -> Callable[[Floats], Rows] | None:
    """A search by fast-plaid, on one thread, with its files in `folder`; None where it is not installed."""
    try:
        import torch
        from fast_plaid import search
    except ImportError:
        return None
    torch.set_num_threads(1)
    index = search.FastPlaid(index=folder, device="cpu")
    parts = np.split(late.vectors, late.bounds[1:-1])
    index.create(documents_embeddings=[torch.from_numpy(part.copy()) for part in parts])

    def find(query: Floats) -> Rows:
        found = index.search(torch.from_numpy(query[None]), top_k=DEPTH, show_progress=False, **PLAID)[0]
        return np.array([row for row, _ in found], np.int64)

    return find


def timed(engines: dict[str, Callable[[Floats], Rows]], asked: Asked) -> dict[str, tuple[list[Rows], list[float]]]:
    """(what each engine finds, its milliseconds), the engines taking turns at every query."""
    out: dict[str, tuple[list[Rows], list[float]]] = {name: ([], []) for name in engines}
    with one_thread():
        for engine in engines.values():
            engine(asked.sets[0])  # the first search compiles and reads in
        for query in asked.sets:
            for name, engine in engines.items():
                started = time.perf_counter()
                out[name][0].append(engine(query))
                out[name][1].append(1e3 * (time.perf_counter() - started))
    return out


def mrr(found: list[Rows], wanted: list[int]) -> NDArray[np.float64]:
    """The reciprocal rank of each wanted paper among the first ten."""
    places = [np.flatnonzero(rows == row) for rows, row in zip(found, wanted, strict=True)]
    return reciprocal([int(at[0]) + 1 if len(at) else 0 for at in places])


@dataclass(frozen=True)
class Bench:
    """The papers and queries, the truth, and the papers as the index at hand finds them."""

    late: Late
    parts: dict[str, Asked]
    truths: dict[str, list[Rows]]
    block: MuveraBlock

    @classmethod
    def of(cls, study: Study) -> Bench:
        """With the encoder of 32 dimensions."""
        world = prepared(study)
        method = world.learned("32 dimensions")
        late = Late(method.encode(world.documents))
        parts = {}
        for purpose, most in EACH.items():
            sets, wanted, whole = [], [], []
            for kind in KINDS:
                asked = world.sample.asked(kind, purpose)
                queries = method.encode(world.bags(asked.texts), queries=True)
                sets += [queries.one(i).vectors for i in range(min(most, len(queries)))]
                wanted += asked.wanted[:most]
                whole.append(queries.retrieval[:most])
            parts[purpose] = Asked(sets, wanted, np.concatenate(whole))
        study.tell("exact late interaction and encodings")
        truths = {purpose: late.exact(asked) for purpose, asked in parts.items()}
        return cls(late, parts, truths, MuveraBlock.of(late.vectors, late.bounds, KEPT))

    @cached_property
    def at_hand(self) -> dict[str, list[Rows]]:
        """All papers in the order of the index at hand, for each query."""
        single = Muvera([self.block]).single
        return {k: [single.search(q, len(single)).ids for q in encoded(KEPT, a)] for k, a in self.parts.items()}


def candidates(bench: Bench) -> list[Claimed]:
    """How many papers must be scored exactly to have TARGET of the true hundred."""
    late, test, truth = bench.late, bench.parts["test"], bench.truths["test"]
    wide = by_product(encoded(WIDE, test), WIDE.documents(late.vectors, late.bounds))
    means = np.stack([part.sum(axis=0) / max(1, len(part)) for part in np.split(late.vectors, late.bounds[1:-1])])
    others = {
        "its retrieval vectors": by_product(test.retrieval, late.documents.retrieval),
        "the mean of its words": by_product(np.stack([q.mean(axis=0) for q in test.sets]), means),
    }
    papers, hits, recall = heuristic(late, test, truth)
    beside: dict[str, Any] = {name: needed(found, truth) for name, found in others.items()}
    detail = {"word hits of the heuristic": round(hits), "its recall": round(recall, 4), "candidates by": beside}
    found = []
    for name, length, order in (("20,480 dimensions", WIDE.length, wide), ("this index", KEPT.length, None)):
        ranked = bench.at_hand["test"] if order is None else order
        count = needed(ranked, truth)
        bounds = [round(bound, 4) for bound in interval(recalls(ranked, truth, count))]
        found.append(
            Claimed(
                DATA,
                f"candidates at 0.9 of the exact hundred, single-vector heuristic over {name} (ratio)",
                papers / count,
                baseline={"single-vector heuristic, papers": papers},
                detail={"candidates": count, "dimensions": length, "recall, 95 %": bounds, **detail},
            )
        )
    return found


def latency(bench: Bench, peer: Callable[[Floats], Rows] | None, tell: Callable[[str], None]) -> list[Claimed]:
    """The index at hand beside fast-plaid, at no lower recall on the dev queries, and beside the exact search."""
    test, truth = bench.parts["test"], bench.truths["test"]
    recall = TARGET
    if peer is not None:
        chosen = timed({"fast-plaid": peer}, bench.parts["choose"])["fast-plaid"][0]
        recall = float(recalls(chosen, bench.truths["choose"], DEPTH).mean())
    dev, best = bench.at_hand["choose"], bench.truths["choose"]
    count = next(m for m in range(DEPTH, bench.block.rows + 50, 50) if recalls(dev, best, m).mean() >= recall)
    index, every = Muvera([bench.block], candidates=count), np.arange(bench.block.rows)
    engines: dict[str, Callable[[Floats], Rows]] = {
        "this index": lambda q: index.search(q, DEPTH).ids,
        "every paper scored": lambda q: top_k(every, index.score(q, every), DEPTH).ids,
    }
    if peer is not None:
        engines["fast-plaid"] = peer
    tell(f"searching with {count} candidates")
    done = timed(engines, test)
    figures: dict[str, Any] = {"candidates": count, "queries": len(test.sets), "fast-plaid's settings": PLAID}
    for name, (rows, spent) in done.items():
        figures[name] = {
            "recall@100": round(float(recalls(rows, truth, DEPTH).mean()), 4),
            "MRR@10": round(float(mrr(rows, test.wanted).mean()), 4),
            "median ms": round(float(np.median(spent)), 2),
            "p95 ms": round(float(np.percentile(spent, 95)), 2),
        }
    mine, whole = mrr(done["this index"][0], test.wanted), mrr(truth, test.wanted)
    found = [
        Claimed(
            DATA,
            "MRR@10, this index over exact late interaction (ratio)",
            float(mine.mean() / whole.mean()),
            interval=ratio_interval(mine, whole),
            baseline={"MRR@10, exact late interaction": float(whole.mean())},
            detail=figures,
        )
    ]
    if peer is not None:
        theirs = float(np.median(done["fast-plaid"][1]))
        found.append(
            Claimed(
                DATA,
                "median latency at no lower recall@100, fast-plaid over this (ratio)",
                theirs / float(np.median(done["this index"][1])),
                baseline={"fast-plaid, median ms": theirs},
                detail=figures,
            )
        )
    return found


def claims(study: Study) -> list[Claimed]:
    """Every claim of the card; that beside fast-plaid where it is installed."""
    bench = Bench.of(study)
    study.tell("fast-plaid, if it is installed")
    with tempfile.TemporaryDirectory() as folder:
        return [*candidates(bench), *latency(bench, plaid(bench.late, folder), study.tell)]
