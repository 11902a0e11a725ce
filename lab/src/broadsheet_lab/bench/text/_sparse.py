"""What the sparse methods on text are measured on: a sample with whole words in context, and lexical rankings beside.

The papers are all that have a tldr and, in the order of a hash, those with keywords, 4,000 in all: a paper's token
states take 150 kB. Methods learn from the queries of the dev papers and are chosen on a fifth of them, set apart.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import Bags, bag, find_sorted
from broadsheet.kit.select import top_k_masked
from broadsheet.kit.text import STOP_TERMS, Tokens, fold, stem, term, tokenize
from broadsheet.retrieval.bm25 import BM25, idf
from broadsheet_lab.bench.report import Claimed, ranks_to_metrics, ratio_interval, reciprocal
from broadsheet_lab.bench.study import Queries, Study
from broadsheet_lab.encoders.minilm import MiniLM, TokenStates

__all__ = ["KINDS", "SAMPLE", "Asked", "Candidates", "Found", "Sample", "Words", "claimed", "ranked", "whole_words"]

SAMPLE = 4_000
KINDS = ("tldr", "keywords")
DEPTH = 100

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class Words:
    """Whole words in context: the word at position t has the vector vectors[t]."""

    vectors: NDArray[np.float32]  # (t, 384)
    tokens: Tokens


@dataclass(frozen=True)
class Found:
    """The rank of each query's paper, 1 the best, 0 if it is not among the first hundred."""

    ranks: list[int]

    @property
    def inverse(self) -> NDArray[np.float64]:
        """Reciprocal ranks, (q,)."""
        return reciprocal(self.ranks)

    @property
    def figures(self) -> dict[str, float]:
        """MRR@10 and recalls, to four digits."""
        return {name: round(value, 4) for name, value in ranks_to_metrics(self.ranks).items()}

    def over(self, other: Found) -> tuple[float, tuple[float, float]]:
        """The ratio of the MRR@10 of both, and its interval."""
        return float(self.inverse.mean() / other.inverse.mean()), ratio_interval(self.inverse, other.inverse)


def whole_words(states: TokenStates, pieces: Sequence[str]) -> Words:
    """The words that word pieces (their strings, by id) are parts of, each the mean of its pieces; no stop words."""
    inside = np.array([p.startswith("##") for p in pieces])[states.tokens]
    text_of = np.repeat(np.arange(len(states)), np.diff(states.bounds))
    inside &= np.concatenate([[False], text_of[1:] == text_of[:-1]])
    starts = np.flatnonzero(~inside)
    ends = np.append(starts[1:], len(states.tokens))
    known: dict[tuple[int, ...], int] = {}
    terms = np.zeros(len(starts), np.uint64)
    for at, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        key = tuple(states.tokens[start:end].tolist())
        if key not in known:
            word = fold("".join(pieces[p].removeprefix("##") for p in key))
            known[key] = term(stem(word)) if word and " " not in word else 0
        terms[at] = known[key]
    kept = np.flatnonzero((terms != 0) & (find_sorted(STOP_TERMS, terms) < 0))
    vectors = np.empty((len(kept), states.vectors.shape[1]), np.float32)
    for low in range(0, len(kept), 100_000):
        chosen = kept[low : low + 100_000]
        part = np.asarray(states.vectors[starts[chosen[0]] : ends[chosen[-1]]], np.float32)
        sums = np.add.reduceat(part, np.ravel(np.column_stack([starts[chosen], ends[chosen]]))[:-1] - starts[chosen[0]])
        vectors[low : low + len(chosen)] = sums[::2] / (ends[chosen] - starts[chosen])[:, None]
    bounds = np.searchsorted(text_of[starts[kept]], np.arange(len(states) + 1)).astype(np.int64)
    return Words(vectors, Tokens(terms[kept], bounds))


def ranked(scores: Callable[[int], Scores], wanted: Sequence[int]) -> Found:
    """The ranks of the wanted rows: scores(i) (n,) are those of query i; a score of 0 is no hit."""
    ranks = []
    for i, row in enumerate(wanted):
        at = np.flatnonzero(top_k_masked(scores(i), DEPTH, floor=0.0).ids == row)
        ranks.append(int(at[0]) + 1 if len(at) else 0)
    return Found(ranks)


@dataclass(frozen=True)
class Asked:
    """Queries of one kind and purpose, with the row of the sample each asks for."""

    texts: list[str]
    wanted: list[int]


class Sample:
    """The sampled papers of a study; row i of everything is the same paper."""

    def __init__(self, study: Study, *, size: int = SAMPLE) -> None:
        self.study = study
        self.size = size

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """The rows of the study, ascending."""
        told = {int(w[0]) for w in self.study.tldr.wanted}
        papers = self.study.table["paper_id"]
        others = sorted(
            {int(w[0]) for w in self.study.by_keywords.wanted} - told, key=lambda i: zlib.crc32(papers[i].encode())
        )
        return np.array(sorted([*told, *others][: self.size]), np.int64)

    @cached_property
    def texts(self) -> list[str]:
        """Title and abstract."""
        return [self.study.texts[i] for i in self.rows]

    @cached_property
    def dev(self) -> NDArray[np.bool_]:
        """The papers to learn from and choose on, (n,)."""
        return self.study.dev[self.rows]

    def words(self, texts: Sequence[str]) -> Words:
        """The words of any texts in context."""
        tokenizer = MiniLM().tokenizer
        pieces: list[str] = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
        return whole_words(self.study.states(texts), pieces)

    @cached_property
    def bags(self) -> Bags:
        """The terms of the texts."""
        return bag(tokenize(self.texts), skip=STOP_TERMS)

    @cached_property
    def idf(self) -> Scores:
        """By term of the bags."""
        return idf(self.bags.document_frequency(), len(self.bags))

    def asked(self, kind: str, purpose: str) -> Asked:
        """Queries of a kind (tldr, keywords) to learn from, to choose on or to report: learn, choose, test."""
        queries: Queries = self.study.tldr if kind == "tldr" else self.study.by_keywords
        at = {int(row): i for i, row in enumerate(self.rows)}
        texts, wanted = [], []
        for text, rows in zip(queries.texts, queries.wanted, strict=True):
            row = at.get(int(rows[0]), -1)
            if row >= 0 and self._purpose(row) == purpose:
                texts.append(text)
                wanted.append(row)
        return Asked(texts, wanted)

    def _purpose(self, row: int) -> str:
        if not self.dev[row]:
            return "test"
        name: str = self.study.table["paper_id"][self.rows[row]]
        return "choose" if zlib.crc32(f"choose {name}".encode()) % 5 == 0 else "learn"

    @cached_property
    def learned_rows(self) -> NDArray[np.int64]:
        """The papers whose queries are learned from."""
        return np.array([i for i in range(len(self.rows)) if self._purpose(i) == "learn"], np.int64)

    @cached_property
    def bm25(self) -> Scores:
        """BM25's weight of every entry of the bags."""
        lengths = self.bags.totals()
        return BM25().fit(lengths).document(self.bags, lengths)

    @cached_property
    def tfidf(self) -> Scores:
        """log(1 + tf) of every entry of the bags; queries weigh by idf."""
        return np.log1p(self.bags.counts)

    def lexical(self, weights: Scores, texts: Sequence[str]) -> Callable[[int], Scores]:
        """Scores of every paper for each of the texts, by idf times the weights of the entries of the bags."""
        from scipy.sparse import csr_matrix

        b = self.bags
        by_term = csr_matrix((weights, b.columns, b.indptr), shape=(len(b), len(b.terms))).tocsc()
        asked = bag(tokenize(list(texts)), skip=STOP_TERMS)
        at = find_sorted(b.terms, asked.terms)[asked.columns]

        def scores(i: int) -> Scores:
            part = slice(asked.indptr[i], asked.indptr[i + 1])
            known = at[part] >= 0
            columns = at[part][known]
            return np.asarray(by_term[:, columns] @ (asked.counts[part][known] * self.idf[columns]), np.float32)

        return scores

    def dense(self, texts: Sequence[str]) -> Callable[[int], Scores]:
        """MiniLM's cosine of every paper with each of the texts."""
        queries, vectors = self.study.encode(texts), self.study.vectors[self.rows]
        return lambda i: np.asarray(vectors @ queries[i] + 1, np.float32)

    def candidates(self, most: int = 24) -> Candidates:
        """Of all queries to learn from: the first `most` / 3 of BM25 and of MiniLM, the rest by chance."""
        asked = [self.asked(kind, "learn") for kind in KINDS]
        texts, wanted = [t for a in asked for t in a.texts], [w for a in asked for w in a.wanted]
        parts = [(self.lexical(self.bm25, a.texts), self.dense(a.texts), len(a.texts)) for a in asked]
        rng = np.random.default_rng(0)
        rows, lexical, dense = [], [], []
        for i, (by_word, by_vector) in enumerate((lex(j), den(j)) for lex, den, n in parts for j in range(n)):
            others = self.learned_rows[self.learned_rows != wanted[i]]
            tops = [others[np.argpartition(-s[others], most // 3)[: most // 3]] for s in (by_word, by_vector)]
            hard = np.union1d(*tops)
            chance = rng.choice(np.setdiff1d(others, hard), most - 1 - len(hard), replace=False)
            rows.append(np.concatenate([[wanted[i]], hard, chance]))
            lexical.append(by_word[rows[-1]])
            dense.append(by_vector[rows[-1]])
        return Candidates(texts, np.array(rows), np.array(lexical), np.array(dense))


@dataclass(frozen=True)
class Candidates:
    """Queries to learn from, the rows each may find, the wanted one first, and what two teachers score them."""

    texts: list[str]
    rows: NDArray[np.int64]  # (q, m)
    lexical: Scores  # (q, m) BM25
    dense: Scores  # (q, m) MiniLM


def claimed(kind: str, metric: str, mine: Found, other: Found, name: str, **detail: Any) -> Claimed:
    """The MRR@10 of one ranking of the test queries of a kind over another's."""
    value, bounds = mine.over(other)
    return Claimed(
        f"papers.parquet, {'keyword' if kind == 'keywords' else kind} queries, test half",
        metric,
        value,
        interval=bounds,
        baseline={f"MRR@10, {name}": other.figures["mrr@10"]},
        detail={"papers": SAMPLE, "queries": len(mine.ranks), **mine.figures, **detail},
    )
