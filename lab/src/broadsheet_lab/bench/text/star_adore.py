"""STAR and ADORE on keyword queries: the dev half trains and chooses, the test half is reported."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.report import Claimed, reciprocal
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._ranks import difference, ranks_of, ratio
from broadsheet_lab.encoders.star_adore import StarAdore

__all__ = ["BEST", "claims", "learned"]

DATA = "papers.parquet, 12,000 papers, keyword queries, test half"
SEEDS = (0, 1, 2)
EPOCHS = 6
SETTINGS = ((1e-4, 20.0), (2e-4, 20.0), (2e-4, 40.0), (5e-4, 20.0))  # rate, scale
BEST = "STAR then ADORE"
# Name: epochs with static negatives, epochs with dynamic ones, whether the static ones are hard.
WAYS = {
    "in-batch negatives": (EPOCHS, 0, False),
    "STAR": (EPOCHS, 0, True),
    "ADORE": (0, EPOCHS, True),
    BEST: (EPOCHS // 2, EPOCHS, True),
}


@dataclass(frozen=True)
class _Data:
    queries: NDArray[np.float32]
    documents: NDArray[np.float32]
    wanted: tuple[NDArray[np.int64], ...]

    def trained(self, way: str, settings: tuple[float, float], seed: int, rows: NDArray[np.int64]) -> StarAdore:
        """Trained in one of WAYS on the queries `rows`."""
        (star, adore, hard), (rate, scale) = WAYS[way], settings
        method = StarAdore(star_epochs=star, adore_epochs=adore, hard=hard, rate=rate, scale=scale, seed=seed)
        return method.fit(self.queries[rows], self.documents, [self.wanted[i] for i in rows])

    def inverse(self, queries: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """The reciprocal ranks of the queries `rows`, given as vectors."""
        return reciprocal(ranks_of(queries, self.documents, [self.wanted[i] for i in rows]))


def _data(study: Study) -> _Data:
    known = study.by_keywords
    return _Data(study.encode(known.texts), np.ascontiguousarray(study.vectors), known.wanted)


def _chosen(data: _Data, way: str, dev: NDArray[np.int64]) -> tuple[float, float]:
    """The settings of a way that do best on a fifth of the dev queries, trained on the others."""
    held, rest = dev[::5], np.setdiff1d(dev, dev[::5])
    found = {
        one: float(data.inverse(data.trained(way, one, 0, rest).encode(data.queries[held]), held).mean())
        for one in SETTINGS
    }
    return max(found, key=lambda one: found[one])


def learned(study: Study) -> StarAdore:
    """The best way, with its settings chosen, on the dev half."""
    data, dev = _data(study), np.flatnonzero(study.by_keywords.dev)
    return data.trained(BEST, _chosen(data, BEST, dev), SEEDS[0], dev)


def claims(study: Study) -> list[Claimed]:
    """Every way over the same queries, as means over three seeds."""
    known, data = study.by_keywords, _data(study)
    dev, test = np.flatnonzero(known.dev), np.flatnonzero(~known.dev)
    chosen = {way: _chosen(data, way, dev) for way in WAYS}
    found = {"no training": data.inverse(data.queries[test], test)}
    seeds: dict[str, list[float]] = {}
    for way, settings in chosen.items():
        study.tell(f"training with {way}")
        runs = [data.inverse(data.trained(way, settings, s, dev).encode(data.queries[test]), test) for s in SEEDS]
        found[way] = np.mean(runs, axis=0)
        seeds[way] = [round(float(run.mean()), 4) for run in runs]
    table = {way: round(float(values.mean()), 4) for way, values in found.items()}
    more = {"MRR@10": table, "MRR@10 by seed": seeds, "rate, scale": chosen, "epochs": WAYS}

    def named(way: str) -> tuple[str, NDArray[np.float64]]:
        return way, found[way]

    best = named(BEST)
    return [
        ratio(DATA, "MRR@10, STAR then ADORE over in-batch negatives (ratio)", best, named("in-batch negatives"), more),
        ratio(DATA, "MRR@10, STAR then ADORE over STAR (ratio)", best, named("STAR")),
        difference(DATA, "MRR@10, ADORE over no training (difference)", named("ADORE"), named("no training")),
    ]
