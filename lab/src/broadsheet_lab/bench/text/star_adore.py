"""STAR and ADORE: written queries and one-sentence summaries of the dev half train, the test half is reported.

The rate of ADORE was chosen of two by dev queries set apart: MRR@10 .7130 against .7120, MiniLM has .7077. Training in
all ways takes as many steps of both towers.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.report import Claimed, reciprocal
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._library import Index, Library, opened
from broadsheet_lab.bench.text._seeds import over_seeds
from broadsheet_lab.encoders.star_adore import ADORE, STAR, StarAdore

__all__ = ["SEEDS", "Runs", "claims", "learned", "of_both", "of_queries"]

DATA = "papers.parquet, 6,493 of 87,366 papers, written and tldr queries, test half"
SEEDS = (0, 1, 2)
STEPS, ADORE_STEPS = 120, 25
TOKENS = 64

Inverse = NDArray[np.float64]


class Runs:
    """Trainings on the index of a library."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.index = Index(library)
        self.learn = self.index.asked("learn")
        self.positives = [np.array([row]) for row in self.learn.wanted]
        self.queries = library.read(self.method(0).tower(), self.learn.texts, tokens=TOKENS)

    @cached_property
    def documents(self) -> Any:
        """The papers as the layers that stay leave them."""
        return self.library.read(self.method(0).tower(), self.index.texts, tokens=TOKENS)

    def method(self, seed: int, *, hard: bool = True) -> StarAdore:
        """Untrained."""
        star, adore = replace(STAR, steps=STEPS, seed=seed), replace(ADORE, steps=ADORE_STEPS, seed=seed)
        return StarAdore(star=star, adore=adore, hard=hard, tokens=TOKENS)

    def inverse(self, method: StarAdore, purpose: str) -> Inverse:
        """The reciprocal ranks of queries of a purpose."""
        asked = self.index.asked(purpose)
        queries, documents = method.encode(asked.texts), method.vectors_
        return reciprocal(self.index.ranks(lambda i: documents @ queries[i], asked.wanted))

    def train_queries(self, seed: int, purpose: str = "test") -> dict[str, Inverse]:
        """The reciprocal ranks before and after ADORE on the documents of MiniLM as it comes."""
        self.library.tell(f"training queries, seed {seed}")
        method = self.method(seed)
        method.fit_queries(self.queries, self.positives, vectors=self.index.minilm)
        return {"ADORE on the documents of MiniLM": self.inverse(method, purpose)}

    def train(self, seed: int, purpose: str = "test") -> dict[str, Inverse]:
        """The reciprocal ranks after each way of training."""
        found = {}
        for name, hard in (("in-batch negatives", False), ("STAR", True)):
            self.library.tell(f"training with {name}, seed {seed}")
            method = self.method(seed, hard=hard)
            method.adore = replace(method.adore, steps=0)
            found[name] = self.inverse(method.fit(self.queries, self.documents, self.positives), purpose)
        method.adore = replace(method.adore, steps=ADORE_STEPS)
        found["STAR then ADORE"] = self.inverse(method.fit_queries(self.queries, self.positives), purpose)
        return found

    def detail(self, found: dict[str, Inverse]) -> dict[str, Any]:
        """Figures by kind of query."""
        steps = {"steps of both towers, of the queries'": [STEPS, ADORE_STEPS]}
        return {**self.index.detail(self.index.asked("test").kinds, {**found, **self.index.rivals}), **steps}


def learned(study: Study) -> StarAdore:
    """STAR then ADORE, on the dev half."""
    runs = Runs(opened(study.tell))
    return runs.method(0).fit(runs.queries, runs.documents, runs.positives)


def of_queries(runs: Runs) -> list[Claimed]:
    """What is claimed of ADORE alone: a minute of training."""
    found, rivals = over_seeds("star_adore-queries", SEEDS, runs.train_queries, method="star_adore"), runs.index.rivals
    ((name, values),) = found.items()
    best = max(rivals, key=lambda rival: rivals[rival].mean())
    return [
        Claimed.difference(
            DATA,
            "MRR@10, ADORE on the documents of MiniLM over no training (difference)",
            (name, values),
            ("MiniLM", rivals["MiniLM"]),
            seeds=SEEDS,
            rival=(best, float(rivals[best].mean() - rivals["MiniLM"].mean())),
            detail=runs.detail(found),
        )
    ]


def of_both(runs: Runs) -> list[Claimed]:
    """What is claimed of training both towers."""
    found, rivals = over_seeds("star_adore", SEEDS, runs.train), runs.index.rivals
    detail = runs.detail(found)
    best, star, plain = "STAR then ADORE", "STAR", "in-batch negatives"

    def ratio(over: str, under: str, metric: str) -> Claimed:
        base = rivals[under] if under in rivals else found[under]
        strongest = max(rivals, key=lambda name: rivals[name].mean())
        rival = strongest, float(rivals[strongest].mean() / base.mean())
        return Claimed.ratio(DATA, metric, (over, found[over]), (under, base), seeds=SEEDS, rival=rival, detail=detail)

    return [
        ratio(best, plain, "MRR@10, STAR then ADORE over in-batch negatives (ratio)"),
        ratio(best, star, "MRR@10, STAR then ADORE over STAR (ratio)"),
        ratio(star, plain, "MRR@10, STAR over in-batch negatives (ratio)"),
        ratio(best, "MiniLM", "MRR@10, STAR then ADORE over MiniLM (ratio)"),
        ratio(best, "BM25", "MRR@10, STAR then ADORE over BM25 (ratio)"),
    ]


def claims(study: Study) -> list[Claimed]:
    """Every claim of the card."""
    runs = Runs(opened(study.tell))
    return [*of_queries(runs), *of_both(runs)]
