"""How well vectors find papers: dev queries that nothing was trained on, and two collections of other fields.

Each figure stands twice: by the vectors alone, and by the sum of both z-scores with BM25.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["Trial", "bm25_scores", "classic", "known", "reciprocal", "summed"]

Floats = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Floats]
_DEPTH = 10


@dataclass(frozen=True)
class Trial:
    """Queries, the texts they are asked among, and the rows each should find with their grades."""

    name: str
    queries: tuple[str, ...]
    relevant: tuple[Mapping[int, float], ...]


def classic(folder: Path) -> tuple[list[str], Trial]:
    """(texts of the papers, the queries) of a collection with judgments."""
    lines = {
        name: [json.loads(x) for x in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
        for name in ("papers", "queries", "qrels")
    }
    row = {p["paper_id"]: i for i, p in enumerate(lines["papers"])}
    relevant: dict[str, dict[int, float]] = {q["query_id"]: {} for q in lines["queries"]}
    for judgment in lines["qrels"]:
        if judgment["paper_id"] in row and judgment["query_id"] in relevant:
            relevant[judgment["query_id"]][row[judgment["paper_id"]]] = judgment["grade"]
    asked = [q for q in lines["queries"] if relevant[q["query_id"]]]
    texts = [f"{p['title']}. {p['abstract']}" for p in lines["papers"]]
    return texts, Trial(folder.name, tuple(q["query"] for q in asked), tuple(relevant[q["query_id"]] for q in asked))


def bm25_scores(texts: Sequence[str], queries: Sequence[str]) -> Floats:
    """The BM25 score of every text for every query, (q, n), by bm25s as it comes."""
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("english")

    def tokens(of: Sequence[str]) -> list[list[str]]:
        return list(bm25s.tokenize(list(of), stopwords="en", stemmer=stemmer, show_progress=False, return_ids=False))

    engine = bm25s.BM25()
    engine.index(tokens(texts), show_progress=False)
    found = np.zeros((len(queries), len(texts)), np.float32)
    for i, query in enumerate(tokens(queries)):
        known = [word for word in query if word in engine.vocab_dict]
        if known:
            found[i] = engine.get_scores(known)
    return found


def summed(words: Floats, meaning: Floats, pool: int = 100) -> Floats:
    """The sum of the z-scores of both over the best of each, (q, n); elsewhere less than any."""
    out = np.full(words.shape, -1e9, np.float32)
    for i, (a, b) in enumerate(zip(words, meaning, strict=True)):
        rows = np.union1d(np.argpartition(-a, pool)[:pool], np.argpartition(-b, pool)[:pool])
        x, y = a[rows], b[rows]
        out[i, rows] = (x - x.mean()) / (x.std() + 1e-9) + (y - y.mean()) / (y.std() + 1e-9)
    return out


def reciprocal(scores: Floats, rows: Sequence[int]) -> NDArray[np.float64]:
    """1 / rank of one row a query, 0 beyond the tenth."""
    own = scores[np.arange(len(rows)), list(rows)][:, None]
    rank = 1 + (scores > own).sum(axis=1)
    return np.where(rank <= _DEPTH, 1 / rank, 0.0)


def ndcg(scores: Floats, relevant: Sequence[Mapping[int, float]]) -> float:
    """The mean nDCG@10."""
    discount = 1 / np.log2(np.arange(2, _DEPTH + 2))
    values = []
    for row, grades in zip(scores, relevant, strict=True):
        top = np.argsort(-row, kind="stable")[:_DEPTH]
        gains = np.array([grades.get(int(i), 0.0) for i in top])
        best = np.sort(np.array(list(grades.values()), np.float64))[::-1][:_DEPTH]
        values.append((gains * discount[: len(gains)]).sum() / (best * discount[: len(best)]).sum())
    return float(np.mean(values))


def known(scores: Floats, words: Floats, rows: Sequence[int], kinds: Sequence[str]) -> dict[str, tuple[float, float]]:
    """MRR@10 of every kind of query: (by the vectors, summed with BM25)."""
    alone, both = reciprocal(scores, rows), reciprocal(summed(words, scores), rows)
    of = np.array(kinds)
    return {k: (round(float(alone[of == k].mean()), 4), round(float(both[of == k].mean()), 4)) for k in sorted(set(kinds))}


def judged(scores: Floats, words: Floats, trial: Trial) -> tuple[float, float]:
    """nDCG@10: (by the vectors, summed with BM25)."""
    return round(ndcg(scores, trial.relevant), 4), round(ndcg(summed(words, scores), trial.relevant), 4)
