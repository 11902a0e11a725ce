"""BM25 under many settings at once: the dev queries over a grid of k1, b and how often the title counts.

Only the postings of the queries' terms are weighed, so a setting takes a fraction of a second and no index is built.
The formula and the tokens are bm25s's own, so what is chosen here is what bm25s then does.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix

from broadsheet.kit.select import top_k_masked
from broadsheet.retrieval.bm25 import idf, saturate
from broadsheet_lab.bench.search.metrics import means, per_query
from broadsheet_lab.bench.search.query_set import Doc, QuerySet
from broadsheet_lab.kit.jit import jit

__all__ = [
    "GRID_B",
    "GRID_K1",
    "REPEATED",
    "Setting",
    "Words",
    "bm25s_scores",
    "chosen",
    "counted",
    "known_terms",
    "rankings",
    "tokenized",
]

GRID_K1 = (0.9, 1.5, 2.5, 4.0)
GRID_B = (0.2, 0.4, 0.5, 0.6, 0.75, 0.9)
REPEATED = (2, 3)  # how often the title is in the text, where it is repeated
_DEPTH = 10


@dataclass(frozen=True, slots=True)
class Setting:
    """Of BM25."""

    k1: float = 1.5
    b: float = 0.75
    titles: int = 1


def tokenized(texts: Sequence[str]) -> list[list[str]]:
    """The terms of every text: English stop words out, stemmed, by bm25s itself."""
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("english")
    return list(bm25s.tokenize(list(texts), stopwords="en", stemmer=stemmer, show_progress=False, return_ids=False))


def known_terms(engine: Any, text: str) -> list[str]:
    """The terms of a query that a bm25s index knows."""
    [terms] = tokenized([text])
    return [term for term in terms if term in engine.vocab_dict]


def bm25s_scores(engine: Any, text: str) -> NDArray[np.float32]:
    """The score of every text of a bm25s index for a query, (n,)."""
    known = known_terms(engine, text)
    if not known:
        return np.zeros(int(engine.scores["num_docs"]), np.float32)
    return np.asarray(engine.get_scores(known), np.float32)


@dataclass(frozen=True)
class Words:
    """The terms of every paper: those of its title, and those of its abstract and keywords."""

    titles: list[list[str]]
    rest: list[list[str]]
    seconds: float  # that took

    @classmethod
    def of(cls, docs: Sequence[Doc]) -> Words:
        """Of the papers."""
        started = time.perf_counter()
        titles = tokenized([d.title for d in docs])
        rest = tokenized([f"{d.abstract}\n{', '.join(d.keywords)}" for d in docs])
        return cls(titles, rest, time.perf_counter() - started)

    def texts(self, titles: int) -> list[list[str]]:
        """The terms of every paper, with its title so often."""
        return [title * titles + rest for title, rest in zip(self.titles, self.rest, strict=True)]


@dataclass(frozen=True)
class Counts:
    """How often each term of the queries is in each title and in each rest, and how long those are."""

    titles: csc_matrix  # (n, v)
    rest: csc_matrix  # (n, v)
    title_lengths: NDArray[np.float32]
    rest_lengths: NDArray[np.float32]
    queries: tuple[NDArray[np.int64], ...]  # columns, one for every occurrence


def _matrix(texts: list[list[str]], columns: dict[str, int]) -> tuple[csc_matrix, NDArray[np.float32]]:
    rows = [[columns[word] for word in words if word in columns] for words in texts]
    indptr = np.cumsum([0, *map(len, rows)])
    flat = np.fromiter((c for row in rows for c in row), np.int32, indptr[-1])
    counts = csr_matrix((np.ones(len(flat), np.float32), flat, indptr), shape=(len(texts), len(columns)))
    counts.sum_duplicates()
    return counts.tocsc(), np.array([len(words) for words in texts], np.float32)


def counted(words: Words, queries: Sequence[str]) -> Counts:
    """What every setting needs to know."""
    asked = tokenized(queries)
    columns = {word: at for at, word in enumerate(dict.fromkeys(w for terms in asked for w in terms))}
    titles, title_lengths = _matrix(words.titles, columns)
    rest, rest_lengths = _matrix(words.rest, columns)
    found = tuple(np.array([columns[w] for w in terms], np.int64) for terms in asked)
    return Counts(titles, rest, title_lengths, rest_lengths, found)


def _weights(counts: Counts, setting: Setting) -> csc_matrix:
    """(n, v): the finished weight of every posting, idf included."""
    joined = (counts.titles * np.float32(setting.titles) + counts.rest).tocsc()
    lengths = counts.title_lengths * setting.titles + counts.rest_lengths
    average, frequencies = max(float(lengths.mean()), 1e-9), np.diff(joined.indptr).astype(np.int64)
    weights = saturate(joined.data, lengths[joined.indices], average, setting.k1, setting.b)
    weights = weights * np.repeat(idf(frequencies, len(lengths)), frequencies)
    return csc_matrix((weights.astype(np.float32), joined.indices, joined.indptr), shape=joined.shape)


@jit
def _add(
    columns: NDArray[np.int64],
    indptr: NDArray[np.int32],
    rows: NDArray[np.int32],
    weights: NDArray[np.float32],
    scores: NDArray[np.float32],
) -> None:
    for c in columns:
        for i in range(indptr[c], indptr[c + 1]):
            scores[rows[i]] += weights[i]


def rankings(counts: Counts, setting: Setting, depth: int = _DEPTH) -> list[list[int]]:
    """The best rows for every query."""
    weights = _weights(counts, setting)
    found = []
    for columns in counts.queries:
        scores = np.zeros(weights.shape[0], np.float32)
        _add(columns, weights.indptr, weights.indices, weights.data, scores)
        found.append([int(row) for row in top_k_masked(scores, depth, floor=0.0).ids])
    return found


def chosen(words: Words, dev: QuerySet, titles: Sequence[int] = (1,)) -> tuple[Setting, dict[str, float]]:
    """The setting that is best on the queries given, and what every setting reached there.

    Of settings alike the first in the order of the grid is taken, so that nothing is chosen by chance.
    """
    counts = counted(words, dev.texts)
    reached = {}
    for often, k1, b in product(titles, GRID_K1, GRID_B):
        setting = Setting(k1, b, often)
        values = per_query(rankings(counts, setting), dev.relevant, [dev.objective])
        reached[setting] = means(values)[dev.objective]
    top = max(reached, key=lambda s: reached[s])
    return top, {f"k1={s.k1:g} b={s.b:g} titles={s.titles}": round(v, 4) for s, v in reached.items()}
