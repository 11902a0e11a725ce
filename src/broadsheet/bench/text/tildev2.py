"""The claims of TILDEv2: BM25's hundred first reranked, with and without appended words, and in 8 bits.

How many words are appended is chosen by the MRR@10 of the dev queries set apart, with both kinds of queries counting
alike; so is how much of BM25's score is added, for a figure that stands beside.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from broadsheet.bench.report import Claimed
from broadsheet.bench.study import Study
from broadsheet.bench.text._sparse import DEPTH, KINDS, Asked, Found, Sample, Words, claimed, ranked
from broadsheet.kit.bags import Bags, bag, locate
from broadsheet.kit.hits import Hits, top_k
from broadsheet.kit.select import best
from broadsheet.kit.text import STOP_TERMS, Tokens, spans, stem, term, tokenize
from broadsheet.ranking._impacts import without_stop_words
from broadsheet.ranking.tildev2 import Impacts, TILDEv2, appended, likely

__all__ = ["claims"]

APPENDED = (5, 10, 20)  # words
MOST = max(APPENDED)
RIDGE = 3.0
FOLDS = 5
MIXED = (0.25, 0.5, 1.0, 2.0)  # of BM25's score

Ints = NDArray[np.int64]


def surfaces(texts: list[str]) -> dict[int, str]:
    """The commonest form of every stem, by its hash."""
    counts = Counter(word for text in texts for _, _, word in spans(text))
    return {term(stem(word)): word for word, _ in sorted(counts.items(), key=lambda kv: kv[1])}


@dataclass(frozen=True)
class Texts:
    """Documents' words in context, and the words appended to them, best first, in theirs."""

    own: Words
    more: Words
    rank: Ints  # of every word of `more` among those appended

    def with_appended(self, most: int) -> Words:
        """The documents with the first `most` of their appended words."""
        kept = np.flatnonzero(self.rank < most)
        ahead, behind = self.own.tokens, self.more.tokens
        rows = [np.repeat(np.arange(len(t)), np.diff(t.bounds)) for t in (ahead, behind)]
        text_of = np.concatenate([rows[0], rows[1][kept]])
        order = np.argsort(text_of, kind="stable")
        bounds = np.searchsorted(text_of[order], np.arange(len(ahead) + 1)).astype(np.int64)
        terms = np.concatenate([ahead.terms, behind.terms[kept]])[order]
        return Words(np.concatenate([self.own.vectors, self.more.vectors[kept]])[order], Tokens(terms, bounds))


def expanded(sample: Sample) -> Texts:
    """Every document with the words that those who want it likely ask with, as the queries to learn from have it."""
    asked = [sample.asked(kind, "learn") for kind in KINDS]
    queries = bag(tokenize([t for a in asked for t in a.texts]), skip=STOP_TERMS)
    wanted = np.array([w for a in asked for w in a.wanted])
    b = sample.bags
    at = locate(b.terms, queries.terms)[queries.columns]
    known = at >= 0
    rows = np.searchsorted(sample.learned_rows, np.repeat(wanted, np.diff(queries.indptr))[known])
    shape = (len(sample.learned_rows), len(b.terms))
    targets = csr_matrix((np.ones(len(rows), np.float32), (rows, at[known])), shape=shape)
    targets.data[:] = 1  # asked with once or often
    vectors = np.column_stack([sample.study.vectors[sample.rows], np.ones(len(sample.rows))]).astype(np.float32)
    likelihood = vectors @ likely(vectors[sample.learned_rows], targets, ridge=RIDGE)
    fold = np.arange(len(sample.learned_rows)) % FOLDS
    for f in range(FOLDS):  # what is appended to a paper to learn from must not come from its own queries
        inside, outside = sample.learned_rows[fold == f], sample.learned_rows[fold != f]
        likelihood[inside] = vectors[inside] @ likely(vectors[outside], targets[fold != f], ridge=RIDGE)
    chosen = b.terms[appended(likelihood, b, MOST)]  # (n, MOST)
    words = surfaces([*sample.texts, *(t for a in asked for t in a.texts)])
    titles = [sample.study.table["title"][i] for i in sample.rows]
    more = sample.words(
        [f"{title}. {' '.join(words.get(int(t), '') for t in row)}" for title, row in zip(titles, chosen, strict=True)]
    )
    text_of = np.repeat(np.arange(len(more.tokens)), np.diff(more.tokens.bounds))
    same = more.tokens.terms[:, None] == chosen[text_of]  # (t, MOST)
    rank = np.where(same.any(axis=1), same.argmax(axis=1), MOST)
    return Texts(sample.words(sample.texts), more, rank)


class Reranking:
    """BM25's candidates of some queries, reranked."""

    def __init__(self, sample: Sample, asked: Asked) -> None:
        scores = sample.lexical(sample.bm25, asked.texts)
        self.asked = asked
        self.bm25 = ranked(scores, asked.wanted)
        self.candidates = [best(scores(i), DEPTH, floor=0.0) for i in range(len(asked.texts))]
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
            at = locate(weights.terms, query)
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
    """Documents' weights by a trained head, exactly and in 8 bits."""

    weights: Bags
    impacts: Impacts

    @classmethod
    def of(cls, sample: Sample, words: Words, **options: Any) -> Trained:
        """Taught by the queries to learn from, with the candidates of BM25 and MiniLM."""
        given = sample.candidates()
        method = TILDEv2(**options).fit(words.vectors, words.tokens, tokenize(given.texts), given.rows)
        weights = method.encode(words.vectors, words.tokens)
        return cls(weights, Impacts.of(weights))


def _both(apart: list[Reranking], impacts: Impacts, *, bm25: float = 0.0) -> float:
    """MRR@10, both kinds of queries counting alike."""
    return round(float(np.mean([r.by(impacts, bm25=bm25).inverse.mean() for r in apart])), 4)


def claims(study: Study) -> list[Claimed]:
    """Reranked over BM25 on both kinds of queries, expanded over not, in 8 bits over exactly, and the time it takes."""
    sample = Sample(study)
    texts = expanded(sample)
    apart = [Reranking(sample, sample.asked(kind, "choose")) for kind in KINDS]
    tried = {most: Trained.of(sample, texts.with_appended(most)) for most in (0, *APPENDED)}
    curve = {most: _both(apart, t.impacts) for most, t in tried.items()}
    most = max(APPENDED, key=lambda m: curve[m])
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
