"""The claims of inference-free sparse retrieval: what each of its two ideas gives, and what it costs beside BM25.

The penalty is chosen by the MRR@10 of the dev queries set apart, with both kinds of queries counting alike.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.inverted import Inverted, PostingBlock, SparseQuery
from broadsheet.kit.bag_of_words import Bags, bag, find_sorted
from broadsheet.kit.text import STOP_TERMS, tokenize
from broadsheet.retrieval.bm25 import BM25
from broadsheet_lab.bench.report import Claimed
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._sparse import KINDS, Asked, Found, Sample, Words, claimed, ranked
from broadsheet_lab.encoders.inference_free_sparse import InferenceFreeSparse, Lessons, ensemble

__all__ = ["claims", "learned"]

PENALTIES = (0.002, 0.008, 0.032)


@dataclass(frozen=True)
class Engine:
    """Documents in an index and queries as weighted words."""

    index: Inverted
    queries: Bags
    entries: float  # a paper

    @classmethod
    def of(cls, documents: Bags, queries: Bags) -> Engine:
        """With 8-bit impacts."""
        block = PostingBlock.of(documents.terms, documents.indptr, documents.columns, documents.counts)
        return cls(Inverted([block]), queries, len(documents.counts) / len(documents))

    def query(self, i: int) -> SparseQuery:
        """Query i."""
        part = slice(self.queries.indptr[i], self.queries.indptr[i + 1])
        return SparseQuery(self.queries.terms[self.queries.columns[part]], self.queries.counts[part])

    def found(self, asked: Asked) -> Found:
        """The ranks of the papers asked for."""
        return ranked(lambda i: self.index.scores(self.query(i)), asked.wanted)

    def milliseconds(self) -> list[float]:
        """To search each query for ten, the best of three."""
        times = []
        for i in range(len(self.queries)):
            runs = []
            for _ in range(3):
                started = time.perf_counter()
                self.index.search(self.query(i), 10)
                runs.append(1000 * (time.perf_counter() - started))
            times.append(min(runs))
        return times


@dataclass(frozen=True)
class Trained:
    """A fitted encoder and the sample as it encodes it."""

    method: InferenceFreeSparse
    documents: Bags

    def engine(self, asked: Asked) -> Engine:
        """For some queries."""
        return Engine.of(self.documents, self.method.query(tokenize(asked.texts)))


class Runs:
    """Trainings on one sample."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.words: Words = sample.words(sample.texts)
        self.given = sample.candidates()

    def train(self, teachers: Sequence[NDArray[np.float32]] = (), **options: Any) -> Trained:
        """With both teachers, if none is named."""
        found = ensemble(teachers or (self.given.lexical, self.given.dense))
        lessons = Lessons(tokenize(self.given.texts), self.given.rows, found)
        method = InferenceFreeSparse(**options).fit(self.words.vectors, self.words.tokens, lessons)
        return Trained(method, method.encode(self.words.vectors, self.words.tokens))

    def chosen_on(self, trained: Trained) -> float:
        """MRR@10 of the dev queries set apart."""
        asked = [self.sample.asked(kind, "choose") for kind in KINDS]
        return float(np.mean([trained.engine(a).found(a).inverse.mean() for a in asked]))

    def chosen(self) -> tuple[float, Trained, dict[float, float]]:
        """(the best penalty, what is trained with it, MRR@10 of the dev queries set apart by penalty)."""
        tried = {penalty: self.train(penalty=penalty) for penalty in PENALTIES}
        curve = {p: round(self.chosen_on(t), 4) for p, t in tried.items()}
        penalty = max(curve, key=lambda p: curve[p])
        return penalty, tried[penalty], curve


def learned(study: Study) -> InferenceFreeSparse:
    """With the penalty chosen, on the dev half."""
    return Runs(Sample(study)).chosen()[1].method


def _bm25(sample: Sample, asked: Asked) -> Engine:
    """In the same index."""
    documents = Bags(sample.bags.terms, sample.bags.indptr, sample.bags.columns, sample.bm25)
    counted = bag(tokenize(asked.texts), skip=STOP_TERMS)
    engine = Engine.of(documents, counted)
    frequencies = engine.index.frequencies(counted.terms)[counted.columns]
    weights = BM25().query(counted.counts, frequencies, len(documents))
    return Engine.of(documents, Bags(counted.terms, counted.indptr, counted.columns, weights))


def _rarity(sample: Sample, documents: Bags) -> float:
    """The mean idf of the entries of encoded documents."""
    at = find_sorted(sample.bags.terms, documents.terms)
    return float(np.where(at >= 0, sample.idf[at], sample.idf.max())[documents.columns].mean())


def claims(study: Study) -> list[Claimed]:  # long: flat: what is measured once, then one entry a claim of the card
    """Idf or none, two teachers or one, what a query costs, and lexical rankings beside."""
    sample = Sample(study)
    runs = Runs(sample)
    penalty, best, curve = runs.chosen()
    study.tell(f"penalty {penalty:g} of {curve}; training without idf and with one teacher")
    alike = runs.train(penalty=penalty, idf_aware=False)
    single = [runs.train([teacher], penalty=penalty) for teacher in (runs.given.lexical, runs.given.dense)]
    one = max(single, key=runs.chosen_on)
    keywords, tldr = (sample.asked(kind, "test") for kind in ("keywords", "tldr"))
    mine, told = best.engine(keywords), best.engine(tldr)
    lexical = _bm25(sample, keywords)
    ours, theirs = mine.milliseconds(), lexical.milliseconds()
    common: dict[str, Any] = {
        "entries a paper": round(mine.entries, 1),
        "penalty": penalty,
        "dev MRR@10 by penalty": curve,
    }
    found, found_told = mine.found(keywords), told.found(tldr)
    flat = alike.engine(keywords)
    start = runs.train(steps=0)
    return [
        claimed(
            "keywords",
            "MRR@10, idf-aware over not (ratio)",
            found,
            flat.found(keywords),
            "all words weighed alike in training and queries",
            **common,
            **{"entries a paper, weighed alike": round(flat.entries, 1)},
            **{
                "mean idf of entries": round(_rarity(sample, best.documents), 3),
                "weighed alike": round(_rarity(sample, alike.documents), 3),
            },
            **{"MRR@10 on tldr, weighed alike": alike.engine(tldr).found(tldr).figures["mrr@10"]},
        ),
        claimed(
            "keywords",
            "MRR@10, two teachers over one (ratio)",
            found,
            one.engine(keywords).found(keywords),
            f"taught by {'BM25' if one is single[0] else 'MiniLM'} alone",
            **{
                f"MRR@10 on {kind}, taught by {name} alone": t.engine(asked).found(asked).figures["mrr@10"]
                for kind, asked in (("keywords", keywords), ("tldr", tldr))
                for name, t in zip(("BM25", "MiniLM"), single, strict=True)
            },
        ),
        Claimed(
            "papers.parquet, keyword queries",
            "median latency over BM25's (ratio)",
            statistics.median(ours) / statistics.median(theirs),
            lower_is_better=True,
            baseline={"BM25, median ms": statistics.median(theirs)},
            detail={"median ms": round(statistics.median(ours), 4), **common, "BM25's": round(lexical.entries, 1)},
        ),
        claimed(
            "keywords",
            "MRR@10 over BM25 (ratio)",
            found,
            lexical.found(keywords),
            "BM25",
            **{
                "before the steps": start.engine(keywords).found(keywords).figures,
                "entries a paper before the steps": round(start.engine(keywords).entries, 1),
                "BM25": lexical.found(keywords).figures,
                "log tf times idf": ranked(sample.lexical(sample.tfidf, keywords.texts), keywords.wanted).figures,
                "MiniLM": ranked(sample.dense(keywords.texts), keywords.wanted).figures,
            },
        ),
        claimed(
            "tldr",
            "MRR@10 over log tf times idf (ratio)",
            found_told,
            ranked(sample.lexical(sample.tfidf, tldr.texts), tldr.wanted),
            "log tf times idf",
            **{
                "BM25": _bm25(sample, tldr).found(tldr).figures,
                "MiniLM": ranked(sample.dense(tldr.texts), tldr.wanted).figures,
            },
        ),
    ]
