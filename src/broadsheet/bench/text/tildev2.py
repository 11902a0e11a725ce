"""The claims of TILDEv2: BM25's hundred first reranked, with and without appended words, and in 8 bits.

How many words are appended is chosen by the MRR@10 of the dev queries set apart, with
both kinds of queries counting alike.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from broadsheet.bench.report import Claimed
from broadsheet.bench.study import Study
from broadsheet.bench.text._sparse import DEPTH, KINDS, Asked, Found, Sample, Words, claimed, ranked
from broadsheet.kit.bags import bag, locate
from broadsheet.kit.hits import top_k
from broadsheet.kit.select import best
from broadsheet.kit.text import STOP_TERMS, Tokens, spans, stem, term, tokenize
from broadsheet.ranking._impacts import without_stop_words
from broadsheet.ranking.tildev2 import Impacts, TILDEv2, appended, likely

__all__ = ["claims"]

APPENDED = (5, 10, 20)  # words
MOST = max(APPENDED)
RIDGE = 3.0
FOLDS = 5

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
        self.candidates = [best(scores(i), DEPTH, floor=0.0).ids for i in range(len(asked.texts))]
        queries = without_stop_words(tokenize(asked.texts))
        self.queries = [queries.terms[queries.bounds[i] : queries.bounds[i + 1]] for i in range(len(queries))]

    def by(self, impacts: Impacts) -> tuple[Found, list[float]]:
        """The ranks of the papers asked for, and milliseconds a query."""
        ranks, times = [], []
        for query, rows, wanted in zip(self.queries, self.candidates, self.asked.wanted, strict=True):
            started = time.perf_counter()
            order = top_k(rows, impacts.score(query, rows), len(rows)).ids
            times.append(1000 * (time.perf_counter() - started))
            at = np.flatnonzero(order == wanted)
            ranks.append(int(at[0]) + 1 if len(at) else 0)
        return Found(ranks), times

    def exactly(self, method: TILDEv2, words: Words) -> Found:
        """By the weights before they became 8 bits."""
        found = method.encode(words.vectors, words.tokens)
        by_row = csr_matrix((found.counts, found.columns, found.indptr), shape=(len(found), len(found.terms)))
        ranks = []
        for query, rows, wanted in zip(self.queries, self.candidates, self.asked.wanted, strict=True):
            at = locate(found.terms, query)
            asked = np.bincount(at[at >= 0], minlength=len(found.terms)).astype(np.float32)
            order = top_k(rows, np.asarray(by_row[rows] @ asked, np.float32), len(rows)).ids
            place = np.flatnonzero(order == wanted)
            ranks.append(int(place[0]) + 1 if len(place) else 0)
        return Found(ranks)


@dataclass(frozen=True)
class Trained:
    """A head, the documents it weighs, and their weights."""

    method: TILDEv2
    words: Words
    impacts: Impacts

    @classmethod
    def of(cls, sample: Sample, words: Words, **options: Any) -> Trained:
        """Taught by the queries to learn from, with the candidates of BM25 and MiniLM."""
        given = sample.candidates()
        method = TILDEv2(**options).fit(words.vectors, words.tokens, tokenize(given.texts), given.rows)
        return cls(method, words, Impacts.of(method.encode(words.vectors, words.tokens)))


def claims(study: Study) -> list[Claimed]:
    """Reranked over BM25 on both kinds of queries, expanded over not, in 8 bits over exactly, and the time it takes."""
    sample = Sample(study)
    texts = expanded(sample)
    apart = [Reranking(sample, sample.asked(kind, "choose")) for kind in KINDS]
    tried = {most: Trained.of(sample, texts.with_appended(most)) for most in (0, *APPENDED)}
    curve = {
        most: round(float(np.mean([r.by(t.impacts)[0].inverse.mean() for r in apart])), 4) for most, t in tried.items()
    }
    most = max(APPENDED, key=lambda m: curve[m])
    mine, bare = tried[most], tried[0]
    keywords, tldr = (Reranking(sample, sample.asked(kind, "test")) for kind in ("keywords", "tldr"))
    (found, times), (told, _) = keywords.by(mine.impacts), tldr.by(mine.impacts)
    plain, plain_told = keywords.by(bare.impacts)[0], tldr.by(bare.impacts)[0]
    asked = tldr.asked
    tfidf = ranked(sample.lexical(sample.tfidf, asked.texts), asked.wanted)
    unaware = Trained.of(sample, texts.own, rarity=False)
    common = {"appended words": most, "dev MRR@10 by appended words": curve}
    return [
        claimed("keywords", "MRR@10, reranked over BM25 (ratio)", found, keywords.bm25, "BM25", **common),
        claimed(
            "tldr",
            "MRR@10, reranked over BM25 (ratio)",
            told,
            tldr.bm25,
            "BM25",
            **common,
            **{"without appended words": plain_told.figures},
        ),
        claimed(
            "keywords",
            "MRR@10, expanded over not (ratio)",
            found,
            plain,
            "without appended words",
            **common,
            **{"without idf as input, without appended words": keywords.by(unaware.impacts)[0].figures},
        ),
        Claimed(
            "papers.parquet, keyword queries",
            "median ms to rerank 100 candidates",
            statistics.median(times),
            lower_is_better=True,
            detail={"bytes a paper": round((5 * len(mine.impacts.columns)) / len(sample.rows), 1)},
        ),
        claimed(
            "keywords",
            "MRR@10, 8 bits over exact (ratio)",
            found,
            keywords.exactly(mine.method, mine.words),
            "exact weights",
        ),
        claimed("tldr", "MRR@10 over log tf times idf (ratio)", told, tfidf, "log tf times idf"),
    ]
