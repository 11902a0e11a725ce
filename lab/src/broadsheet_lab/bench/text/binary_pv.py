"""Binary paragraph vectors: codes of unseen papers among learned ones, judged by shared keywords."""

from __future__ import annotations

import time
import zlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import bag
from broadsheet.kit.text import STOP_TERMS, tokenize
from broadsheet.kit.unit import unit_rows
from broadsheet_lab.bench._cached import cached
from broadsheet_lab.bench.report import Claimed
from broadsheet_lab.bench.study import LEAST_KEYWORDS, Study
from broadsheet_lab.encoders import _binary_kernels, binary_pv
from broadsheet_lab.encoders.binary_pv import CARD, BinaryParagraphVectors
from broadsheet_lab.encoders.lsa import LSA

__all__ = ["claims"]

Floats = NDArray[np.float64]
Scores = NDArray[np.floating]

_DATASET = CARD.claims[0].dataset
SEEDS = (0, 1, 2)
_QUERIES = 6  # one paper of so many is a query and is not learned from
_LISTED = 200
_READ = 100  # words of a text that MiniLM reads


@dataclass(frozen=True)
class _Task:
    """Queries and the learned papers each should find."""

    learned: list[str]
    queries: list[str]
    wanted: list[NDArray[np.int64]]
    dev: NDArray[np.bool_]

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
    """Agreement of the signs of random projections of the first n rows with those of the others.

    The mean of the first is taken off, and the projections are orthogonal where there are dimensions enough.
    """
    drawn = np.random.default_rng(0).standard_normal((x.shape[1], bits)).astype(np.float32)
    if x.shape[1] <= 2048:
        drawn, x = np.linalg.qr(drawn)[0], x - x[:n].mean(axis=0)
    return _agreement(np.asarray(x @ drawn) > 0, n)


def _agreement(bits: NDArray[np.bool_], n: int) -> Scores:
    signs = 2 * bits.astype(np.float32) - 1
    return np.asarray(signs[n:] @ signs[:n].T)


def _cosine(queries: NDArray[np.float32], learned: NDArray[np.float32]) -> Scores:
    q, x = (unit_rows(v) for v in (queries, learned))
    return np.asarray(q @ x.T)


def _found(task: _Task, seed: int, **choices: Any) -> dict[str, Any]:
    """Average precision of all queries by bits, nDCG@10 of several ways, and what the bits are like; cached."""

    def make(_: Path) -> dict[str, Any]:
        started = time.perf_counter()
        encoder = BinaryParagraphVectors(seed=seed, **choices).fit(task.learned)
        codes, reals = encoder.infer(task.queries)
        bits, n = np.unpackbits(np.concatenate([encoder.codes_, codes]), axis=1) > 0, len(task.learned)
        by_bits, by_real = _agreement(bits, n), _cosine(reals, encoder.reals_)
        listed = by_real.copy()
        order = np.argsort(-by_bits, axis=1, kind="stable")[:, _LISTED:]
        np.put_along_axis(listed, order, -np.inf, axis=1)
        means = bits[:n].mean(axis=0)
        return {
            "precision": task.average_precision(by_bits),
            "listed": task.ndcg(listed),
            "real": task.ndcg(by_real),
            "bits": task.ndcg(by_bits),
            "means": [means.min(), means.max()],
            "minutes": (time.perf_counter() - started) / 60,
        }

    how = (seed, sorted(choices.items()), len(task.learned), len(task.queries))
    return cached("binary-pv", how, (_binary_kernels, binary_pv), make)


def _over_seeds(task: _Task, name: str, **choices: Any) -> NDArray[np.float64]:
    """One figure of every test query and seed, (seeds, q)."""
    return np.stack([_found(task, seed, **choices)[name][~task.dev] for seed in SEEDS])


def claims(study: Study, *, models: bool = True) -> list[Claimed]:
    """Codes of 32 and 128 bits against signs of other vectors; with `models` distributed memory and lists, too."""
    task = _Task.of(study)
    test, n = ~task.dev, len(task.learned)
    cosine, hashed = task.tf_idf()
    shortened = [" ".join(text.split()[:_READ]) for text in (*task.learned, *task.queries)]
    lsa = LSA(dimensions=128).fit(task.learned)
    others = np.concatenate([lsa.encode(task.learned), lsa.encode(task.queries)])
    baseline = {
        "tf-idf, 128 random signs": hashed,
        "LSA, 128 signs": _agreement(others > others[:n].mean(axis=0), n),
        "MiniLM, 128 signs": _signed(study.encode(shortened), n),
        "tf-idf, cosine": cosine,
    }
    maps = {name: task.average_precision(scores)[test] for name, scores in baseline.items()}
    study.tell("learning codes of 128 and 32 bits with three seeds")
    long, short = (_over_seeds(task, "precision", bits=bits) for bits in (128, 32))
    one = _found(task, 0, bits=128)
    detail = {
        **{f"MAP, {name}": round(float(value.mean()), 4) for name, value in maps.items()},
        "MAP, 32 bits": round(float(short.mean()), 4),
        "papers": n,
        "least and greatest mean of a bit": [round(float(mean), 3) for mean in one["means"]],
        "minutes of a training": round(float(one["minutes"]), 1),
    }
    metrics, mine = [claim.metric for claim in CARD.claims], ("128 bits", long)
    lsa_signs, minilm = (maps[name] for name in ("LSA, 128 signs", "MiniLM, 128 signs"))
    best = float(minilm.mean())

    def ratio(claim: int, name: str, under: NDArray[np.float64], **more: Any) -> Claimed:
        rival = ("MiniLM, 128 signs", best / float(under.mean()))
        return Claimed.ratio(_DATASET, metrics[claim], mine, (name, under), rival=rival, **more)

    found = [
        ratio(0, "LSA, 128 signs", lsa_signs, detail=detail),
        ratio(1, "MiniLM, 128 signs", minilm),
        ratio(2, "32 bits", short),
    ]
    if models:
        found += [ratio(3, "distributed memory", _over_seeds(task, "precision", bits=128, model="dm")), _listed(task)]
    return found


def _listed(task: _Task) -> Claimed:
    """A list found by 32 bits and ordered by the real vector they come from."""
    listed, real, bare = (_over_seeds(task, name, bits=32, real=300) for name in ("listed", "real", "bits"))
    return Claimed.ratio(
        _DATASET,
        CARD.claims[4].metric,
        ("200 found by 32 bits, then the real vector", listed),
        ("the real vector alone", real),
        rival=("32 bits alone", float(bare.mean() / real.mean())),
    )
