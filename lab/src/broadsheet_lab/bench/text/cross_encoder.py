"""The claim of the cross-encoder that ships: BM25's first ten, read together with the query, against BM25.

How much the reading counts beside BM25 is chosen on the dev queries.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.hits import Hits
from broadsheet.kit.select import top_k_masked
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.search import rerank
from broadsheet.pipeline.search.excerpts import excerpts
from broadsheet.retrieval.convex_fusion import on_unit_scale
from broadsheet_lab.bench.report import Claimed, reciprocal
from broadsheet_lab.bench.search.encoded import shipped_reader
from broadsheet_lab.bench.search.methods_order import READ_OF_BM25, READING_SHARES
from broadsheet_lab.bench.study import SIZE, Study
from broadsheet_lab.bench.text._sparse import DEPTH, Asked, Sample

__all__ = ["claims"]

DATA = "papers.parquet, 12,000 papers, tldr queries, test half"


@dataclass
class _Reading:
    """Queries of one purpose: BM25's first papers for each, and what the reader says of the first of these."""

    asked: Asked
    pools: list[tuple[Hits, NDArray[np.float32]]] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)  # a candidate, of each query

    @classmethod
    def of(cls, sample: Sample, purpose: str) -> _Reading:
        """Search and read for the queries of a purpose."""
        own = cls(sample.asked("tldr", purpose))
        table, encoder = sample.study.table, pretrained.read_encoder(pretrained.ENCODER)
        scores = sample.lexical(sample.bm25, own.asked.texts)
        for i, text in enumerate(own.asked.texts):
            hits = top_k_masked(scores(i), DEPTH, floor=0.0)
            rows = [sample.rows[at] for at in hits.ids[:READ_OF_BM25]]
            first = [(table["title"][row], table["abstract"][row] or "") for row in rows]
            started = time.perf_counter()
            read = shipped_reader().scores(text, excerpts(encoder, encoder.encode([text])[0], first))
            if first:
                own.milliseconds.append(1000 * (time.perf_counter() - started) / len(first))
            own.pools.append((hits, read))
        return own

    def reciprocal(self, share: float, *, alone: bool = False) -> NDArray[np.float64]:
        """The reciprocal rank of each query's paper where reading counts so much, (q,)."""
        ranks = []
        for (hits, read), wanted in zip(self.pools, self.asked.wanted, strict=True):
            scores = on_unit_scale(hits.scores) * (not alone)
            scores[: len(read)] += np.float32(share) * rerank.centre_scores(read)
            if alone:
                scores[len(read) :] = -np.inf
            at = np.flatnonzero(hits.ids[np.argsort(-scores, kind="stable")] == wanted)
            ranks.append(int(at[0]) + 1 if len(at) else 0)
        return reciprocal(ranks)


def claims(study: Study) -> list[Claimed]:
    """BM25 with what was read added, over BM25, on the whole sample; alone, and the time of it, stand beside."""
    sample = Sample(study, size=SIZE)
    learn, choose, test = (_Reading.of(sample, purpose) for purpose in ("learn", "choose", "test"))
    dev = {
        share: float(np.concatenate([part.reciprocal(share) for part in (learn, choose)]).mean())
        for share in READING_SHARES
    }
    share = max(dev, key=lambda s: dev[s])
    times = np.array([*learn.milliseconds, *choose.milliseconds, *test.milliseconds])
    return [
        Claimed.mean(
            DATA.removesuffix(", test half"),
            "milliseconds a candidate on one core",
            times,
            statistic=np.median,
            lower_is_better=True,
        ),
        Claimed.ratio(
            DATA,
            f"MRR@10, first {READ_OF_BM25} of BM25 read, over BM25 (ratio)",
            ("reranked", test.reciprocal(share)),
            ("BM25", test.reciprocal(0.0)),
            rival=("BM25", 1.0),
            detail={
                "papers": len(sample.rows),
                "share of the reading": share,
                "dev MRR@10 by share": {f"{s:g}": round(value, 4) for s, value in dev.items()},
                "MRR@10 by the reading alone": round(float(test.reciprocal(1.0, alone=True).mean()), 4),
            },
        ),
    ]
