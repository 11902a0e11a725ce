"""IDentIfy on papers: the mean of title and passages against the best passage, the whole text, and the reranker."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.report import Claimed, ratio_interval, reciprocal
from broadsheet_lab.bench.study import Queries, Study
from broadsheet_lab.encoders.interleaved import Interleaved, best_sections, merged, sections_of

__all__ = ["DEPTH", "SHARES", "claims", "learned"]

PAPERS, CHUNK, DEPTH = 4000, 500, 100
SHARES = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8)


@dataclass(frozen=True)
class _Sample:
    """The papers with a tldr and others, by a hash of their ids, in sections; row i is the same paper everywhere."""

    study: Study

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """Which rows of the study, ascending."""
        table = self.study.table
        ids, tldr = table["paper_id"], table["tldr"]
        order = sorted(range(len(ids)), key=lambda i: (not tldr[i], zlib.crc32(ids[i].encode())))
        return np.sort(np.array(order[:PAPERS]))

    @cached_property
    def parts(self) -> list[list[str]]:
        """The sections of every paper."""
        table = self.study.table
        return [sections_of(table["title"][i], table["abstract"][i] or "") for i in self.rows]

    @cached_property
    def bounds(self) -> NDArray[np.int64]:
        """Where each paper's sections begin."""
        return np.cumsum([0, *(len(p) for p in self.parts)])

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """Of the sections, one paper after the other."""
        chunks = [self.parts[i : i + CHUNK] for i in range(0, len(self.parts), CHUNK)]  # each is kept by itself
        return np.concatenate([self.study.encode([s for p in chunk for s in p]) for chunk in chunks])

    def asked(self, queries: Queries) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.bool_]]:
        """(vectors, the row each wants, whether on the dev half) of the queries that want a paper of the sample."""
        place = {int(row): i for i, row in enumerate(self.rows)}
        wanted = [place.get(int(w[0]), -1) for w in queries.wanted]
        kept = np.flatnonzero(np.array(wanted) >= 0)
        return self.study.encode(queries.texts)[kept], np.array(wanted)[kept], queries.dev[kept]

    def untitled(self) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """(sections without titles, their bounds, the dev papers with title and text, the vectors of their titles)."""
        first = self.bounds[:-1]
        keep = np.ones(len(self.vectors), np.bool_)
        keep[first] = False
        bounds = np.concatenate([[0], np.cumsum(keep)])[self.bounds]
        known = np.flatnonzero(self.study.dev[self.rows] & (np.diff(self.bounds) > 1))
        return self.vectors[keep], bounds, known, self.vectors[first[known]]


def _gains(scores: NDArray[np.float32], wanted: NDArray[np.int64]) -> NDArray[np.float64]:
    """The reciprocal rank of each query's paper by scores (m, n); on a tie the worse rank."""
    own = scores[np.arange(len(wanted)), wanted][:, None]
    return reciprocal((scores >= own).sum(axis=1).tolist())


def _single(queries: NDArray[np.float32], sample: _Sample) -> NDArray[np.float32]:
    """Of every query and paper the inner product with its best section, (m, n)."""
    return np.array([best_sections(sample.vectors @ q, sample.bounds)[0] for q in queries])


def _reranked(
    queries: NDArray[np.float32], method: Interleaved, documents: NDArray[np.float32], sample: _Sample
) -> NDArray[np.float32]:
    """The scores of the DEPTH papers nearest to each query, reranked; all others are below them, (m, n)."""
    out = np.full((len(queries), len(documents)), -np.inf, np.float32)
    for query, row, plain in zip(queries, out, queries @ documents.T, strict=True):
        near = np.argpartition(-plain, DEPTH)[:DEPTH]
        row[:] = plain - 10
        row[near] = method.rerank(query, near, sample.vectors, sample.bounds)[0]
    return out


def learned(study: Study) -> Interleaved:
    """The reranker, which learns from titles of the dev half; its share is to be chosen yet."""
    rest, bounds, known, titles = _Sample(study).untitled()
    return Interleaved().fit(titles, known, rest, bounds)


def claims(study: Study) -> list[Claimed]:  # long: flat: what is measured once, then one entry a claim of the card
    """The claims of the card: the reranker learns from titles and its share is chosen on the dev half."""
    sample = _Sample(study)
    documents = merged(sample.vectors, sample.bounds)
    rest, rest_bounds, known, titles = sample.untitled()
    study.tell(f"learning to rerank from {len(known)} titles")
    method = Interleaved().fit(titles, known, rest, rest_bounds)
    whole = study.vectors[sample.rows]
    found = []
    halves = {"tldr": sample.asked(study.tldr), "keyword": sample.asked(study.by_keywords)}
    chosen: dict[float, float] = {}
    for share in SHARES:
        method.share = share
        dev = [
            _gains(_reranked(vectors[half], method, documents, sample), wanted[half]).mean()
            for vectors, wanted, half in halves.values()
        ]
        chosen[share] = float(np.mean(dev))
    method.share = max(chosen, key=lambda s: chosen[s])
    blank = Interleaved(epochs=0, share=method.share).fit(titles, known, rest, rest_bounds)
    for name, (vectors, wanted, dev_half) in halves.items():
        data = f"papers.parquet, 4,000 papers, {name} queries, test half"
        queries, rows = vectors[~dev_half], wanted[~dev_half]
        gains = {
            "merged vector": _gains(queries @ documents.T, rows),
            "best single section": _gains(_single(queries, sample), rows),
            "whole text, cut at 256 tokens": _gains(queries @ whole.T, rows),
            "reranked": _gains(_reranked(queries, method, documents, sample), rows),
            "reranked by a reranker that learned nothing": _gains(_reranked(queries, blank, documents, sample), rows),
        }
        means = {n: float(g.mean()) for n, g in gains.items()}
        mine = gains["merged vector"]
        found += [
            Claimed(
                data,
                "MRR@10 by the merged vector over the best single section (ratio)",
                means["merged vector"] / means["best single section"],
                interval=ratio_interval(mine, gains["best single section"]),
                baseline={n: means[n] for n in ("best single section", "whole text, cut at 256 tokens")},
                detail={"merged vector": round(means["merged vector"], 4), "queries": len(queries)},
            ),
            Claimed(
                data,
                "MRR@10 with the sections reranked over the merged vector alone (ratio)",
                means["reranked"] / means["merged vector"],
                interval=ratio_interval(gains["reranked"], mine),
                baseline={n: means[n] for n in ("merged vector", "reranked by a reranker that learned nothing")},
                detail={
                    "reranked": round(means["reranked"], 4),
                    "share, chosen on the dev half": method.share,
                    "dev MRR@10 by share": {str(s): round(v, 4) for s, v in chosen.items()},
                },
            ),
        ]
    return sorted(found, key=lambda claim: "reranked" in claim.metric)
