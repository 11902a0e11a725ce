"""ColBERTer: what words add to the retrieval vectors, how few numbers a word needs, how many words stay.

Queries of the dev half teach, with the margins of the shipped cross-encoder; steps are what minutes of one core allow.
Words refine the 200 papers of the index whose retrieval vectors are nearest (the paper's second workflow).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.report import Claimed, reciprocal
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._lessons import READ, Lessons
from broadsheet_lab.bench.text._library import Asked, Index, Library, opened
from broadsheet_lab.bench.text._seeds import over_seeds
from broadsheet_lab.encoders.colberter import ColBERTer, Encoded

__all__ = ["REFINED", "Runs", "claims", "learned"]

DATA = "papers.parquet, 6,493 of 87,366 papers, written and tldr queries, test half"
SEEDS = (0, 1, 2)
REFINED = 200
TOKENS = 64
STAGES = (50, 70, 40)  # steps
WIDE, SINGLE, ALONE = "32 dimensions", "one dimension, equal words", "retrieval vectors alone"

Inverse = NDArray[np.float64]


class Runs:
    """Trainings on the index of a library."""

    def __init__(self, library: Library) -> None:
        self.library, self.index = library, Index(library)
        self.lessons = Lessons(self.index)
        tower = self.method(0).tower()
        self.queries = library.read(tower, self.lessons.asked.texts, tokens=TOKENS)
        self.documents = library.read(tower, self.index.texts, tokens=TOKENS)

    def method(self, seed: int) -> ColBERTer:
        """Untrained, of 32 dimensions."""
        return ColBERTer(stages=(*STAGES[:2], 0), tokens=TOKENS, seed=seed)

    @property
    def taught(self) -> tuple[Any, Any, Any, Any]:
        """What `fit` takes."""
        return self.queries, self.documents, self.lessons.candidates[:, :READ], self.lessons.read

    def ranks(self, method: ColBERTer, kept: Encoded, asked: Asked, *, refined: bool) -> Inverse:
        """The reciprocal ranks by retrieval vectors, of which the first are refined by words if wanted."""
        queries = method.encode(asked.texts, queries=True)

        def scores(i: int) -> NDArray[np.float32]:
            alone = kept.retrieval @ queries.retrieval[i]
            if not refined:
                return np.asarray(alone, np.float32)
            out = np.full(len(alone), -np.inf, np.float32)
            rows = np.sort(np.argsort(-alone, kind="stable")[:REFINED])
            out[rows] = method.score(queries.one(i), kept, rows)
            return out

        return reciprocal(self.index.ranks(scores, asked.wanted))

    def train(self, seed: int, purpose: str = "test") -> dict[str, NDArray[Any]]:
        """The reciprocal ranks of each way of ranking, and the shares of words kept."""
        self.library.tell(f"training, seed {seed}")
        asked, found = self.index.asked(purpose), {}
        wide = self.method(seed).fit(*self.taught)
        single = wide.single(*self.taught, steps=STAGES[2])
        pieces = self.documents.ids.size - 2 * len(self.documents)
        for name, method in ((WIDE, wide), (SINGLE, single)):
            kept = method.encode(self.documents)
            found[name] = self.ranks(method, kept, asked, refined=True)
            found[f"words of {name}"] = np.array([len(kept.words) / pieces])
            if method is wide:
                found[ALONE] = self.ranks(method, kept, asked, refined=False)
        return found


def learned(study: Study) -> ColBERTer:
    """Of 32 dimensions, on the dev half."""
    runs = Runs(opened(study.tell))
    return runs.method(0).fit(*runs.taught)


def claims(study: Study) -> list[Claimed]:
    """Every claim of the card."""
    runs = Runs(opened(study.tell))
    found = over_seeds("colberter", SEEDS, runs.train)
    shares = {name: found.pop(f"words of {name}")[:, 0] for name in (WIDE, SINGLE)}
    rivals = runs.index.rivals
    detail = runs.index.detail(runs.index.asked("test").kinds, {**found, **rivals})
    detail |= {"steps of the stages": STAGES, "words kept": {n: np.round(v, 3).tolist() for n, v in shares.items()}}
    more: dict[str, Any] = {"seeds": SEEDS, "detail": detail}

    def ratio(metric: str, over: str, under: str) -> Claimed:
        base = {**found, **rivals}[under]
        best = max(rivals, key=lambda name: rivals[name].mean())
        rival = best, float(rivals[best].mean() / base.mean())
        return Claimed.ratio(DATA, metric, (over, found[over]), (under, base), rival=rival, **more)

    return [
        Claimed.mean(
            DATA,
            "words kept over word pieces, 32 dimensions (ratio)",
            shares[WIDE][:, None],
            lower_is_better=True,
            **more,
        ),
        ratio("MRR@10, refined by words of 32 dimensions, over retrieval vectors alone (ratio)", WIDE, ALONE),
        ratio("MRR@10, one dimension and exact matches over 32 dimensions (ratio)", SINGLE, WIDE),
        ratio("MRR@10, 32 dimensions over BM25 (ratio)", WIDE, "BM25"),
        ratio("MRR@10, 32 dimensions over MiniLM (ratio)", WIDE, "MiniLM"),
    ]
