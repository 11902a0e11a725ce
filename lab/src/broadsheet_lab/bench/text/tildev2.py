"""The claims of TILDEv2: BM25's hundred first reranked, with and without appended words, and in 8 bits.

How many words are appended is chosen by the MRR@10 of the dev queries set apart, with both kinds of queries counting
alike; so is how much of BM25's score is added, for a figure that stands beside.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from broadsheet.kit.bag_of_words import Bags, find_sorted
from broadsheet.kit.hits import Hits, top_k
from broadsheet.kit.select import top_k_masked
from broadsheet.kit.text import tokenize
from broadsheet_lab.bench.report import Claimed
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._expansion import APPENDED, Expansion, Texts, expanded
from broadsheet_lab.bench.text._sparse import DEPTH, KINDS, Asked, Found, Sample, Words, claimed, ranked
from broadsheet_lab.ranking._impacts import without_stop_words
from broadsheet_lab.ranking.tildev2 import Impacts, TILDEv2

__all__ = ["claims", "learned"]

MIXED = (0.25, 0.5, 1.0, 2.0)  # of BM25's score


class Reranking:
    """BM25's candidates of some queries, reranked."""

    def __init__(self, sample: Sample, asked: Asked) -> None:
        scores = sample.lexical(sample.bm25, asked.texts)
        self.asked = asked
        self.bm25 = ranked(scores, asked.wanted)
        self.candidates = [top_k_masked(scores(i), DEPTH, floor=0.0) for i in range(len(asked.texts))]
        queries = without_stop_words(tokenize(asked.texts))
        self.queries = [queries.terms[queries.bounds[i] : queries.bounds[i + 1]] for i in range(len(queries))]

    def _ranked(self, score: Callable[[NDArray[np.uint64], Hits], NDArray[np.float32]]) -> Found:
        """The ranks of the papers asked for, by scores of the candidates of each query."""
        ranks = []
        for query, hits, wanted in zip(self.queries, self.candidates, self.asked.wanted, strict=True):
            at = np.flatnonzero(top_k(hits.ids, score(query, hits), len(hits)).ids == wanted)
            ranks.append(int(at[0]) + 1 if len(at) else 0)
        return Found(ranks)

    def by(self, impacts: Impacts, *, bm25: float = 0.0) -> Found:
        """By 8-bit weights, and so much of BM25's score."""
        return self._ranked(lambda query, hits: impacts.score(query, hits.ids) + np.float32(bm25) * hits.scores)

    def exactly(self, weights: Bags) -> Found:
        """By the weights before they became 8 bits."""
        by_row = csr_matrix((weights.counts, weights.columns, weights.indptr), shape=(len(weights), len(weights.terms)))

        def score(query: NDArray[np.uint64], hits: Hits) -> NDArray[np.float32]:
            at = find_sorted(weights.terms, query)
            asked = np.bincount(at[at >= 0], minlength=len(weights.terms)).astype(np.float32)
            return np.asarray(by_row[hits.ids] @ asked, np.float32)

        return self._ranked(score)

    def milliseconds(self, impacts: Impacts) -> float:
        """The median to rerank one query's candidates."""
        times = []
        for query, hits in zip(self.queries, self.candidates, strict=True):
            started = time.perf_counter()
            top_k(hits.ids, impacts.score(query, hits.ids), len(hits))
            times.append(1000 * (time.perf_counter() - started))
        return statistics.median(times)


@dataclass(frozen=True)
class Trained:
    """A trained head, and documents' weights by it, exactly and in 8 bits."""

    method: TILDEv2
    weights: Bags
    impacts: Impacts

    @classmethod
    def of(cls, sample: Sample, words: Words, **options: Any) -> Trained:
        """Taught by the queries to learn from, with the candidates of BM25 and MiniLM."""
        given = sample.candidates()
        method = TILDEv2(**options).fit(words.vectors, words.tokens, tokenize(given.texts), given.rows)
        weights = method.encode(words.vectors, words.tokens)
        return cls(method, weights, Impacts.of(weights))


def _both(apart: list[Reranking], impacts: Impacts, *, bm25: float = 0.0) -> float:
    """MRR@10, both kinds of queries counting alike."""
    return round(float(np.mean([r.by(impacts, bm25=bm25).inverse.mean() for r in apart])), 4)


def _tried(sample: Sample, texts: Texts, apart: list[Reranking]) -> tuple[int, dict[int, Trained], dict[int, float]]:
    """(how many words are best appended, what is trained with each number and none, MRR@10 on dev by number)."""
    tried = {most: Trained.of(sample, texts.with_appended(most)) for most in (0, *APPENDED)}
    curve = {most: _both(apart, t.impacts) for most, t in tried.items()}
    return max(APPENDED, key=lambda m: curve[m]), tried, curve


def learned(study: Study) -> tuple[TILDEv2, Expansion, int]:
    """(the head, what is appended, how many words of it), chosen on the dev half."""
    sample = Sample(study)
    apart = [Reranking(sample, sample.asked(kind, "choose")) for kind in KINDS]
    most, tried, _ = _tried(sample, expanded(sample), apart)
    return tried[most].method, Expansion.of(sample), most


def claims(study: Study) -> list[Claimed]:  # long: flat: what is measured once, then one entry a claim of the card
    """Reranked over BM25 on both kinds of queries, expanded over not, in 8 bits over exactly, and the time it takes."""
    sample = Sample(study)
    texts = expanded(sample)
    apart = [Reranking(sample, sample.asked(kind, "choose")) for kind in KINDS]
    most, tried, curve = _tried(sample, texts, apart)
    mine, bare = tried[most], tried[0]
    mixed = {part: _both(apart, mine.impacts, bm25=part) for part in MIXED}
    part = max(mixed, key=lambda m: mixed[m])
    keywords, tldr = (Reranking(sample, sample.asked(kind, "test")) for kind in ("keywords", "tldr"))
    found, told = keywords.by(mine.impacts), tldr.by(mine.impacts)
    plain, plain_told = keywords.by(bare.impacts), tldr.by(bare.impacts)
    asked = tldr.asked
    tfidf = ranked(sample.lexical(sample.tfidf, asked.texts), asked.wanted)
    unaware = Trained.of(sample, texts.own, rarity=False)
    common = {"appended words": most, "dev MRR@10 by appended words": curve}
    return [
        claimed(
            "keywords",
            "MRR@10, reranked over BM25 (ratio)",
            found,
            keywords.bm25,
            "BM25",
            **common,
            **{
                "BM25": keywords.bm25.figures,
                f"{part:g} of BM25's score added": keywords.by(mine.impacts, bm25=part).figures,
            },
        ),
        claimed(
            "tldr",
            "MRR@10, reranked over BM25 (ratio)",
            told,
            tldr.bm25,
            "BM25",
            **common,
            **{"without appended words": plain_told.figures},
            **{"BM25": tldr.bm25.figures, f"{part:g} of BM25's score added": tldr.by(mine.impacts, bm25=part).figures},
        ),
        claimed(
            "keywords",
            "MRR@10, expanded over not (ratio)",
            found,
            plain,
            "without appended words",
            **common,
            **{"without idf as input, without appended words": keywords.by(unaware.impacts).figures},
        ),
        Claimed(
            "papers.parquet, keyword queries",
            "median ms to rerank 100 candidates",
            keywords.milliseconds(mine.impacts),
            lower_is_better=True,
            detail={"bytes a paper": round((5 * len(mine.impacts.columns)) / len(sample.rows), 1)},
        ),
        claimed(
            "keywords",
            "MRR@10, 8 bits over exact (ratio)",
            found,
            keywords.exactly(mine.weights),
            "exact weights",
        ),
        claimed("tldr", "MRR@10 over log tf times idf (ratio)", told, tfidf, "log tf times idf"),
    ]
