"""Binary paragraph vectors: codes of unseen papers among learned ones, judged by shared keywords."""

from __future__ import annotations

import zlib
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import bag
from broadsheet.kit.text import STOP_TERMS, tokenize
from broadsheet.kit.unit import unit_rows
from broadsheet_lab.bench.report import Claimed, ratio_interval
from broadsheet_lab.bench.study import LEAST_KEYWORDS, Study
from broadsheet_lab.encoders.binary_pv import BinaryParagraphVectors
from broadsheet_lab.encoders.lsa import LSA

__all__ = ["claims"]

Floats = NDArray[np.float64]
Scores = NDArray[np.floating]

_DATASET = "papers.parquet, papers with keywords, unseen ones asking for those that share one, test half"
_QUERIES = 6  # one paper of so many is a query and is not learned from
_LISTED = 200


@dataclass(frozen=True)
class _Task:
    """Queries and the learned papers each should find."""

    learned: list[str]
    queries: list[str]
    wanted: list[NDArray[np.int64]]
    dev: NDArray[np.bool_]
    rows: tuple[NDArray[np.int64], NDArray[np.int64]]  # of the learned and of the queries in the study

    @classmethod
    def of(cls, study: Study) -> _Task:
        words = [{w.lower().strip() for w in k or ()} for k in study.table["keywords"]]
        known = [i for i, k in enumerate(words) if len(k) >= LEAST_KEYWORDS]
        asking = [i for i in known if _drawn(study.table["paper_id"][i])]
        learned = sorted(set(known) - set(asking))
        having: dict[str, set[int]] = defaultdict(set)
        for row, i in enumerate(learned):
            for word in words[i]:
                having[word].add(row)
        sharing = {i: set().union(*(having[w] for w in words[i])) for i in asking}
        asking = [i for i in asking if sharing[i]]
        return cls(
            [study.texts[i] for i in learned],
            [study.texts[i] for i in asking],
            [np.array(sorted(sharing[i])) for i in asking],
            study.dev[asking],
            (np.array(learned), np.array(asking)),
        )

    def average_precision(self, scores: Scores) -> Floats:
        """Of each query, ties by row."""
        found = []
        for row, wanted in zip(scores, self.wanted, strict=True):
            hit = np.isin(np.argsort(-row, kind="stable"), wanted)
            found.append(float((np.cumsum(hit) / np.arange(1, len(hit) + 1))[hit].mean()))
        return np.array(found)

    def ndcg(self, scores: Scores, k: int = 10) -> Floats:
        """nDCG@k of each query, every shared keyword alike."""
        discounts = 1 / np.log2(np.arange(2, k + 2))
        found = []
        for row, wanted in zip(scores, self.wanted, strict=True):
            hit = np.isin(np.argsort(-row, kind="stable")[:k], wanted)
            found.append(float((hit * discounts).sum() / discounts[: len(wanted)].sum()))
        return np.array(found)

    def tf_idf(self) -> tuple[Scores, Scores]:
        """(scores by cosine, scores by 128 random signs)."""
        from scipy.sparse import csr_matrix, diags

        bags = bag(tokenize([*self.learned, *self.queries]), skip=STOP_TERMS)
        n = len(self.learned)
        shape = (len(bags), len(bags.terms))
        counts = csr_matrix((np.log1p(bags.counts), bags.columns, bags.indptr), shape=shape)
        weighted = counts @ diags(np.log(len(bags) / np.maximum(bags.document_frequency(), 1)))
        norms = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        weighted = diags(1 / np.maximum(norms, 1e-12)) @ weighted
        return (weighted[n:] @ weighted[:n].T).toarray(), _signed(weighted, n)


def _drawn(paper: str) -> bool:
    """Whether the paper is a query: by bits of its hash that say nothing about its half."""
    return zlib.crc32(paper.encode()) // 256 % _QUERIES == 0


def _signed(x: NDArray[np.float32], n: int, bits: int = 128) -> Scores:
    """Agreement of the signs of random projections of the first n rows with those of the others."""
    drawn = np.random.default_rng(0).standard_normal((x.shape[1], bits)).astype(np.float32)
    return _agreement(x @ drawn > 0, n)


def _agreement(bits: NDArray[np.bool_], n: int) -> Scores:
    signs = 2 * bits.astype(np.float32) - 1
    return np.asarray(signs[n:] @ signs[:n].T)


def _cosine(queries: NDArray[np.float32], learned: NDArray[np.float32]) -> Scores:
    q, x = (unit_rows(v) for v in (queries, learned))
    return np.asarray(q @ x.T)


def _learned(task: _Task, encoder: BinaryParagraphVectors) -> tuple[Scores, Scores, dict[str, float]]:
    """(scores by bits, scores by real vectors, what the bits are like)."""
    encoder.fit(task.learned)
    codes, reals = encoder.infer(task.queries)
    bits = np.unpackbits(np.concatenate([encoder.codes_, codes]), axis=1) > 0
    means = bits[: len(task.learned)].mean(axis=0)
    like = {"least mean of a bit": round(float(means.min()), 3), "greatest mean of a bit": round(float(means.max()), 3)}
    return _agreement(bits, len(task.learned)), _cosine(reals, encoder.reals_), like


def _ratio(metric: str, over: Floats, under: Floats, baseline: dict[str, float], **detail: object) -> Claimed:
    value = float(over.mean() / under.mean())
    return Claimed(_DATASET, metric, value, interval=ratio_interval(over, under), baseline=baseline, detail=detail)


def claims(study: Study) -> list[Claimed]:
    """Codes of 32 and 128 bits against signs of projections; a list by bits ordered by the real vector."""
    task = _Task.of(study)
    test, n = ~task.dev, len(task.learned)
    cosine, hashed = task.tf_idf()
    learned, asking = task.rows
    lsa = LSA(dimensions=128).fit(task.learned)
    others = np.concatenate([lsa.encode(task.learned), lsa.encode(task.queries)])
    baseline = {
        "tf-idf, 128 random signs": hashed,
        "LSA, 128 signs": _agreement(others > others[:n].mean(axis=0), n),
        "MiniLM, 128 random signs": _signed(study.vectors[np.concatenate([learned, asking])], n),
        "tf-idf, cosine": cosine,
    }
    maps = {name: task.average_precision(scores)[test] for name, scores in baseline.items()}
    means = {f"MAP, {name}": float(value.mean()) for name, value in maps.items()}
    found = []
    for bits in (32, 128):
        by_bits, _, like = _learned(task, BinaryParagraphVectors(bits=bits))
        precision = task.average_precision(by_bits)
        found.append(
            _ratio(
                f"MAP of {bits} bits over signs of random projections of tf-idf, 128 bits (ratio)",
                precision[test],
                maps["tf-idf, 128 random signs"],
                means,
                MAP=round(float(precision[test].mean()), 4),
                MAP_dev=round(float(precision[task.dev].mean()), 4),
                papers=n,
                queries=int(test.sum()),
                **like,
            )
        )
    by_bits, by_real, _ = _learned(task, BinaryParagraphVectors(bits=32, real=300))
    order = np.argsort(-by_bits, axis=1, kind="stable")[:, _LISTED:]
    listed = by_real.copy()
    np.put_along_axis(listed, order, -np.inf, axis=1)
    both, alone, bare = (task.ndcg(scores)[test] for scores in (listed, by_real, by_bits))
    metric = "nDCG@10 of 200 found by 32 bits, ordered by the real vector, over the real vector alone (ratio)"
    nearest = {"nDCG@10, real vector alone": float(alone.mean()), "nDCG@10, bits alone": float(bare.mean())}
    found.append(_ratio(metric, both, alone, nearest, ndcg_10=round(float(both.mean()), 4)))
    return found
