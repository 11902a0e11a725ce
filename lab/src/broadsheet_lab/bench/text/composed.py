"""Composed retrieval, measured: queries of a paper and a keyword it does not have, asking for the paper that shares
most keywords with it and has that one.

Keywords are in no text. Nothing of the test half is seen in training: neither as a paper nor in the gallery.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import broadsheet
from broadsheet.kit.mask import Mask
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.search import by_example as product
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.inputs import named_papers
from broadsheet.pipeline.search.query import Query
from broadsheet.pipeline.search.similar import SIMILAR_SEMANTIC
from broadsheet.retrieval.convex_fusion import ConvexFusion
from broadsheet_lab.bench.report import Claimed
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._keywords import Keywords, Papers, Triples, choosing, triples
from broadsheet_lab.bench.text._ranks import difference, ratio
from broadsheet_lab.retrieval.composed import Composer

__all__ = ["claims"]

DATA = "papers.parquet, paper and new keyword, test half"
SEEDS = (0, 1, 2)
LOSSES = {True: "multi-grained", False: "one-to-one"}
TRAINING = {"hidden": 512, "batch": 128, "epochs": 20, "rate": 3e-4, "decay": 100.0}  # chosen on the dev half
LENGTHS = (2.0, 2.5, 3.0, 4.0)  # tried on the dev half, for either loss
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)  # of the words in the product's ranking, tried on the dev half
ASKED = {True: 1000, False: 2000}  # queries put to the product, dev and test

Vectors = NDArray[np.float32]
Found = NDArray[np.float64]


class Side(Papers):
    """The papers of one side of a split, their queries, and the vectors of both."""

    @cached_property
    def asked(self) -> Triples:
        return triples(self.keywords)

    @cached_property
    def words(self) -> Vectors:
        place = {word: i for i, word in enumerate(self.keywords.words)}
        return self.study.encode(self.keywords.words)[[place[word] for word in self.asked.words]]

    def trained(self, *, coarse: bool, length: float, seed: int) -> Composer:
        """A composer fitted on the queries of this side, one of the wanted papers each."""
        rng = np.random.default_rng(seed)
        targets = np.array([rng.choice(wanted) for wanted in self.asked.wanted])
        method = Composer(coarse=coarse, length=length, seed=seed, **TRAINING)  # type: ignore[arg-type]
        return method.fit(self.vectors[self.asked.papers], self.words, self.vectors[targets])

    def ranks(self, queries: Vectors) -> NDArray[np.int64]:
        """The rank of the best wanted paper for each query, the query's own paper left out; ties count against it."""
        found = []
        for at, own, wanted in zip(range(len(queries)), self.asked.papers.tolist(), self.asked.wanted, strict=True):
            scores = self.vectors @ queries[at]
            scores[own] = -np.inf
            found.append(_rank(scores, wanted))
        return np.array(found, np.int64)


def _rank(scores: Vectors, wanted: NDArray[np.int64]) -> int:
    best = scores[wanted].max()
    return int((scores > best).sum()) + max(1, int((scores == best).sum()) - len(wanted) + 1)


def _at(ranks: NDArray[np.int64], k: int) -> Found:
    return (ranks <= k).astype(np.float64)


def _mean(papers: Vectors, words: Vectors, share: float = 0.5) -> Vectors:
    return (1 - share) * papers + share * words


def claims(study: Study) -> list[Claimed]:
    """The paper's ablation, the trained query against its parts, and the product's ranking against its parts."""
    learn, choose = (Side(study, part) for part in choosing(study))
    study.tell("choosing the length of the vectors")
    asking = choose.vectors[choose.asked.papers], choose.words
    tried = {
        (coarse, length): choose.ranks(learn.trained(coarse=coarse, length=length, seed=0).encode(*asking))
        for coarse in (True, False)
        for length in LENGTHS
    }
    chosen = {
        coarse: max(LENGTHS, key=lambda length: float(_at(tried[coarse, length], 50).mean()))
        for coarse in (True, False)
    }
    better = max((True, False), key=lambda coarse: float(_at(tried[coarse, chosen[coarse]], 10).mean()))
    dev, test = Side(study, study.dev), Side(study, ~study.dev)
    papers = test.vectors[test.asked.papers]
    study.tell("training on the dev half")
    ranks = {
        coarse: [
            test.ranks(dev.trained(coarse=coarse, length=chosen[coarse], seed=seed).encode(papers, test.words))
            for seed in SEEDS
        ]
        for coarse in (True, False)
    }
    plain = {
        "paper alone": test.ranks(papers),
        "words alone": test.ranks(test.words),
        "mean of both": test.ranks(_mean(papers, test.words)),
    }
    return [_ablation(ranks, chosen, tried), _trained(ranks[better], plain, better), _product(study)]


def _over_seeds(ranks: Sequence[NDArray[np.int64]], k: int) -> Found:
    return np.asarray(np.mean([_at(r, k) for r in ranks], axis=0), np.float64)


def _ablation(
    ranks: Mapping[bool, Sequence[NDArray[np.int64]]],
    chosen: Mapping[bool, float],
    tried: Mapping[tuple[bool, float], NDArray[np.int64]],
) -> Claimed:
    over, under = (100 * _over_seeds(ranks[coarse], 50) for coarse in (True, False))
    detail = {
        "by seed": [
            round(100 * float(_at(a, 50).mean() - _at(b, 50).mean()), 2) for a, b in zip(*ranks.values(), strict=True)
        ],
        "length, chosen on the dev half": {LOSSES[coarse]: length for coarse, length in chosen.items()},
        "recall@10, recall@50 on the dev half": {
            f"{LOSSES[coarse]}, length {length:g}": [round(float(_at(r, k).mean()), 4) for k in (10, 50)]
            for (coarse, length), r in tried.items()
        },
    }
    metric = "recall@50 with the multi-grained loss over the one-to-one loss alone (points)"
    return difference(DATA, metric, ("recall@50, multi-grained", over), ("recall@50, one-to-one", under), detail)


def _trained(ranks: Sequence[NDArray[np.int64]], plain: Mapping[str, NDArray[np.int64]], coarse: bool) -> Claimed:
    detail: dict[str, Any] = {
        f"{name}: recall@10, recall@50": [round(float(_at(r, k).mean()), 4) for k in (10, 50)]
        for name, r in plain.items()
    }
    detail["trained: recall@10, recall@50"] = [round(float(_over_seeds(ranks, k).mean()), 4) for k in (10, 50)]
    detail["loss, chosen on the dev half"] = LOSSES[coarse]
    return ratio(
        DATA,
        "recall@10, trained query over the mean of paper and words (ratio)",
        ("recall@10, trained", _over_seeds(ranks, 10)),
        ("recall@10, mean of both", _at(plain["mean of both"], 10)),
        detail,
    )


def _product(study: Study) -> Claimed:
    """The library's own ranking on the same queries; keywords are kept out of its index."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    study.tell("adding the papers to a library, without their keywords")
    whole = pq.read_table(study.papers)
    wanted = {study.table["paper_id"][row] for row in Keywords.of(study, np.ones(len(study.texts), np.bool_)).rows}
    kept = whole.filter(pa.array([p in wanted for p in whole["paper_id"].to_pylist()]))
    empty = pa.array([[] for _ in range(len(kept))], kept.schema.field("keywords").type)
    kept = kept.set_column(kept.schema.get_field_index("keywords"), "keywords", empty)
    with tempfile.TemporaryDirectory(prefix="broadsheet-bench-") as scratch:
        pq.write_table(kept.drop_columns(["tldr"]), Path(scratch) / "papers.parquet")
        with broadsheet.open(Path(scratch) / "library") as library:
            library.add(Path(scratch) / "papers.parquet")
            ranks = {half: _asked(library, Side(study, study.dev == half), half) for half in (True, False)}
    by_share = {share: float(_at(found, 10).mean()) for share, found in ranks[True].items()}
    share = max(SHARES, key=lambda s: by_share[s])
    test = ranks[False]
    parts = {"recall@10, paper alone": _at(test[0.0], 10), "recall@10, words alone": _at(test[1.0], 10)}
    best = max(parts, key=lambda name: float(parts[name].mean()))
    other = min(parts, key=lambda name: float(parts[name].mean()))
    return ratio(
        DATA,
        "recall@10 of the product's mixed ranking over the better of paper alone and words alone (ratio)",
        ("recall@10, mixed", _at(test[share], 10)),
        (best, parts[best]),
        {
            other: round(float(parts[other].mean()), 4),
            "recall@50: mixed, paper alone, words alone": [
                round(float(_at(test[s], 50).mean()), 4) for s in (share, 0.0, 1.0)
            ],
            "share of the words, chosen on the dev half": share,
            "recall@10 on the dev half by share": {f"{s:g}": round(value, 4) for s, value in by_share.items()},
            "share in the product": product.WORDS,
        },
    )


def _asked(library: Library, side: Side, dev: bool) -> dict[float, NDArray[np.int64]]:
    """The rank of the best wanted paper for each query, by the share of the words (0: the paper alone)."""
    view, asked = library.snapshot(), side.asked
    names = [side.study.table["paper_id"][row] for row in side.keywords.rows]
    numbers = library.catalogue.papers.resolve_many(names)
    there = view.rows_of([numbers[name] or 0 for name in names])  # the view's row of each paper of this side
    gallery = Mask.of_rows(there[there >= 0], len(view))
    by_words, by_paper = (
        ConvexFusion(semantic=library.settings.search.semantic),
        ConvexFusion(semantic=SIMILAR_SEMANTIC),
    )
    order = sorted(
        range(len(asked.papers)), key=lambda i: zlib.crc32(f"{names[asked.papers[i]]} {asked.words[i]}".encode())
    )
    found: dict[float, list[int]] = {share: [] for share in (0.0, *SHARES, 1.0)}
    for at in order[: ASKED[dev]]:
        query = Query(asked.words[at], like=(names[asked.papers[at]],))
        papers = named_papers(library.catalogue, view, query)
        allowed = product.without(gallery, papers)
        both = product.sides(AnalyzedQuery(view, query), papers, product.CANDIDATES, allowed, by_words, by_paper)
        wanted = np.flatnonzero(np.isin(both.rows, there[asked.wanted[at]]))
        for share, ranks in found.items():
            scores = np.add(*both.mix(share))
            ranks.append(_rank(scores, wanted) if len(wanted) else len(view))
    return {share: np.array(ranks, np.int64) for share, ranks in found.items()}
