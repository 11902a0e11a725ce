"""The claim of the cross-encoder that ships: BM25's first ten, read together with the query, against BM25.

How much the reading counts beside BM25 is chosen on the dev queries.
"""

from __future__ import annotations

import time

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
from broadsheet_lab.bench.text._sparse import DEPTH, Sample

__all__ = ["claims"]

DATA = "papers.parquet, 12,000 papers, tldr queries, test half"


def claims(study: Study) -> list[Claimed]:
    """BM25 with what was read added, over BM25, on the whole sample; alone, and the time of it, stand beside."""
    sample = Sample(study, size=SIZE)
    table = study.table
    papers = [(table["title"][i], table["abstract"][i] or "") for i in sample.rows]
    encoder = pretrained.read_encoder(pretrained.ENCODER)
    halves = [sample.asked("tldr", purpose) for purpose in ("learn", "choose", "test")]
    pools: list[list[tuple[Hits, NDArray[np.float32]]]] = []
    milliseconds = []
    for asked in halves:
        scores = sample.lexical(sample.bm25, asked.texts)
        pools.append([])
        for i, text in enumerate(asked.texts):
            found = top_k_masked(scores(i), DEPTH, floor=0.0)
            first = [papers[row] for row in found.ids[:READ_OF_BM25]]
            started = time.perf_counter()
            read = shipped_reader().scores(text, excerpts(encoder, encoder.encode([text])[0], first))
            if first:
                milliseconds.append(1000 * (time.perf_counter() - started) / len(first))
            pools[-1].append((found, read))

    def ranks(part: int, share: float, *, alone: bool = False) -> list[int]:
        found = []
        for (hits, read), wanted in zip(pools[part], halves[part].wanted, strict=True):
            scores = on_unit_scale(hits.scores) * (not alone)
            scores[: len(read)] += np.float32(share) * rerank.centre_scores(read)
            if alone:
                scores[len(read) :] = -np.inf
            at = np.flatnonzero(hits.ids[np.argsort(-scores, kind="stable")] == wanted)
            found.append(int(at[0]) + 1 if len(at) else 0)
        return found

    dev = {share: float(reciprocal([*ranks(0, share), *ranks(1, share)]).mean()) for share in READING_SHARES}
    share = max(dev, key=lambda s: dev[s])
    times = np.array(milliseconds)
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
            ("reranked", reciprocal(ranks(2, share))),
            ("BM25", reciprocal(ranks(2, 0.0))),
            rival=("BM25", 1.0),
            detail={
                "papers": len(papers),
                "share of the reading": share,
                "dev MRR@10 by share": {f"{s:g}": round(value, 4) for s, value in dev.items()},
                "MRR@10 by the reading alone": round(float(reciprocal(ranks(2, 1.0, alone=True)).mean()), 4),
            },
        ),
    ]
