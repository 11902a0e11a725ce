"""Whether the order of insertion changes what HNSW finds, on corpora of several fields and encoders.

Each corpus is at most ROWS texts, with QUERIES more of its texts as queries. Every order is built with three seeds of
the graph's levels; a difference is over queries and seeds.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.pipeline import pretrained
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.codes._world import World
from broadsheet_lab.bench.report import Claimed, interval
from broadsheet_lab.bench.vector_data import best
from broadsheet_lab.encoders.lsa import LSA
from broadsheet_lab.indexes.hnsw_order import Hnsw, HnswBlock, Order, by_category, by_lid, lid, neighbour_distances

__all__ = ["claims"]

DATASET = "five corpora of 4,000 texts, 500 more as queries"
PAPERS = "papers.parquet, 4,000 papers, 256-d vectors of the shipped encoder, 500 more as queries"
ROWS, QUERIES = 4000, 500
K = 10  # rows found, and the beam of a search
SEEDS = (0, 1, 2)
VENUE_ORDERS = 3

Floats = NDArray[np.float32]
Values = NDArray[np.float64]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Corpus:
    """Vectors that are indexed and vectors that ask."""

    x: Floats
    queries: Floats

    @classmethod
    def of(cls, vectors: Floats) -> Corpus:
        """Drawn from vectors of one kind."""
        drawn = np.random.default_rng(0).permutation(len(vectors))
        return cls(vectors[np.sort(drawn[QUERIES : QUERIES + ROWS])], vectors[drawn[:QUERIES]])

    def recalls(self, orders: Sequence[NDArray[np.int64]]) -> Values:
        """Recall@10 by seed and query, (s, q): seed i inserts in orders[i % len(orders)]."""
        exact = best(self.queries, self.x, K)
        found = []
        for seed in SEEDS:
            index = Hnsw([HnswBlock.of(self.x, orders[seed % len(orders)], seed=seed)], beam=K)
            tops = [index.search(query, K).ids for query in self.queries]
            found.append([float(np.isin(e, t).mean()) for e, t in zip(exact, tops, strict=True)])
        return np.array(found)


def claims(w: World, tell: Tell) -> list[Claimed]:
    """The claims of the card."""
    by: dict[str, dict[Order, Values]] = {}
    for name, corpus in _corpora(w).items():
        by[name] = {}
        for order in ("descending", "ascending", "random"):
            tell(f"{name}: {order}")
            rows = [by_lid(corpus.x, order, seed=seed) for seed in (SEEDS if order == "random" else SEEDS[:1])]
            by[name][order] = corpus.recalls(rows)
    differences = {name: 100 * (of["descending"] - of["ascending"]) for name, of in by.items()}
    detail = {
        name: {
            "points": round(float(differences[name].mean()), 2),
            "interval": [round(bound, 2) for bound in interval(differences[name])],
            **{order: round(float(values.mean()), 4) for order, values in of.items()},
        }
        for name, of in by.items()
    }
    least = min(values.shape[1] for values in differences.values())
    mean = np.mean([values[:, :least] for values in differences.values()], axis=0)
    random = np.mean([100 * (of["random"] - of["ascending"])[:, :least] for of in by.values()])
    rival = ("random order", float(random))
    papers = by["papers, shipped encoder"]
    return [
        Claimed.mean(
            DATASET,
            "recall@10, LID descending over ascending, mean of the corpora (points)",
            mean,
            rival=rival,
            detail=detail,
        ),
        Claimed.difference(
            PAPERS,
            "recall@10, LID descending over ascending (points)",
            ("descending", 100 * papers["descending"]),
            ("ascending", 100 * papers["ascending"]),
            rival=("random order", 100 * float((papers["random"] - papers["ascending"]).mean())),
        ),
        _venues(w, tell),
        Claimed.mean("Gaussian, rank 8 of 256", "LID over rank", _lid_of_rank(8) / 8, rival=("rank itself", 1.0)),
    ]


def _corpora(w: World) -> Mapping[str, Corpus]:
    """Papers by two encoders, and texts of two other kinds by the shipped one."""
    drawn = np.sort(np.random.default_rng(1).choice(len(w.texts), ROWS + QUERIES, replace=False))
    texts = [w.texts[i] for i in drawn]
    encode = pretrained.read_encoder(pretrained.ENCODER).encode
    return {
        "papers, shipped encoder": Corpus.of(w.vectors[drawn]),
        "papers, LSA": Corpus.of(LSA(dimensions=256).fit(texts).encode(texts)),
        "library science": Corpus.of(encode(_classic("lisa"))),
        "electronics": Corpus.of(encode(_classic("npl"))),
        "sentences of abstracts": Corpus.of(encode(_sentences())),
    }


def _classic(name: str) -> list[str]:
    lines = (datasets.data_folder() / "classic" / name / "papers.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [" ".join(str(row.get(part) or "") for part in ("title", "abstract")) for row in rows]


def _sentences() -> list[str]:
    """The labelled stretches of abstracts."""
    with (datasets.data_folder() / "abstract_sentences.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    texts = [row["abstract"][int(row["start_idx"]) : int(row["end_idx"])] for row in rows]
    return sorted({text for text in texts if len(text.split()) > 3})


def _venues(w: World, tell: Tell) -> Claimed:
    """The best and the worst order of venues on half of the queries, and their difference on the other half."""
    import pyarrow.parquet as pq

    names = pq.read_table(datasets.papers_path(), columns=["venue"])["venue"].to_pylist()
    drawn = np.sort(np.random.default_rng(1).choice(len(w.texts), ROWS + QUERIES, replace=False))
    mixed = np.random.default_rng(0).permutation(len(drawn))
    venues = [str(names[i]) for i in drawn[np.sort(mixed[QUERIES:])]]
    corpus = Corpus.of(w.vectors[drawn])
    orders = []
    for seed in range(VENUE_ORDERS):
        tell(f"venues, order {seed}")
        orders.append(100 * corpus.recalls([by_category(venues, seed=seed)]))
    halves = np.arange(orders[0].shape[1]) % 2 == 0
    means = [float(values[:, halves].mean()) for values in orders]
    high, low = orders[int(np.argmax(means))], orders[int(np.argmin(means))]
    return Claimed.difference(
        PAPERS,
        "recall@10, best over worst of three orders of venues, chosen on other queries (points)",
        ("best", high[:, ~halves]),
        ("worst", low[:, ~halves]),
        rival=("any two alike", 0.0),
        detail={"recall@10 of each order": [round(float(values.mean()) / 100, 4) for values in orders]},
    )


def _lid_of_rank(rank: int, n: int = 5000, d: int = 256) -> Values:
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.standard_normal((d, rank)))[0]
    return lid(neighbour_distances((rng.standard_normal((n, rank)) @ basis.T).astype(np.float32)))
