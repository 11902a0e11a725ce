"""RS2: what MiniLM gains from a fresh tenth of the data an epoch, against all data and a fixed tenth.

Keyword queries of the dev half ask for their papers, at one rate for every way. Without replacement RS2 sees the same
examples as a short training on all data does.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.report import Claimed, reciprocal
from broadsheet_lab.bench.study import Queries, Study
from broadsheet_lab.bench.text._ranks import ranks_of
from broadsheet_lab.bench.text._seeds import over_seeds
from broadsheet_lab.encoders.rs2 import RS2

if TYPE_CHECKING:
    from broadsheet_lab.networks import Network
    from broadsheet_lab.towers import Read, Tower

__all__ = ["BATCH", "EPOCHS", "LOWER", "RATE", "TRAINED", "WAYS", "begun", "claims"]

_DATASET = "papers.parquet, 2,632 papers, keyword queries, test half"
_CHOSEN = "papers.parquet, 600 papers, keyword queries, dev half"
_SEEDS = (0, 1, 2)
EPOCHS, RATIO = 10, 0.1
TRAINED, CHOSEN = 500, 600  # pairs to train on, queries (and their papers) to choose by
BATCH, TOKENS, RANK, LOWER, RATE = 25, 32, 16, 4, 5e-4
_LOOKED = (1, 2, 3, 4, 5, 6, 8, 10)  # epochs of all data after which the dev half is searched

Values = NDArray[np.float64]


def begun() -> Network:
    """What training begins with: MiniLM, with corrections."""
    from broadsheet_lab.networks import Network

    return Network.minilm(tokens=TOKENS, rank=RANK)


@dataclass(frozen=True)
class _Pool:
    """Queries that each ask for one of the papers, also as the layers that stay leave them."""

    queries: list[str]
    papers: list[str]
    read: tuple[Read, Read]

    @classmethod
    def of(cls, study: Study, queries: Queries, at: NDArray[np.int64], tower: Tower) -> _Pool:
        asked = [queries.texts[i] for i in at.tolist()]
        papers = [study.texts[queries.wanted[i][0]] for i in at.tolist()]
        return cls(asked, papers, (tower.read(asked), tower.read(papers)))

    def inverse(self, tower: Tower) -> Values:
        """The reciprocal ranks of the papers asked for, (q,)."""
        wanted = [np.array([i]) for i in range(len(self.papers))]
        asked, papers = (tower.encode(read) for read in self.read)
        return reciprocal(ranks_of(asked, papers, wanted))


WAYS: dict[str, dict[str, Any]] = {
    "all data": {"ratio": 1.0, "resample": "without"},
    "10 % an epoch": {"ratio": RATIO, "resample": "without"},
    "a fixed 10 %": {"ratio": RATIO, "resample": "never"},
    "10 % an epoch, with replacement": {"ratio": RATIO, "resample": "with"},
}


class _Ways:
    """Trainings on the same pairs."""

    def __init__(self, study: Study) -> None:
        from broadsheet_lab.towers import Tower

        known = study.by_keywords
        dev = np.random.default_rng(0).permutation(np.flatnonzero(known.dev))
        tower = Tower(begun(), lower=LOWER)
        self.tell = study.tell
        self.train = _Pool.of(study, known, dev[:TRAINED], tower)
        self.chosen = _Pool.of(study, known, dev[TRAINED : TRAINED + CHOSEN], tower)
        self.test = _Pool.of(study, known, np.flatnonzero(~known.dev), tower)
        self.untrained = self.test.inverse(tower)

    def of(self, seed: int) -> dict[str, Values]:
        """Of every way the reciprocal ranks at its end on both halves and the seconds; of all data now and then too."""
        found: dict[str, Values] = {}
        looks: list[Values] = []
        for name, how in WAYS.items():
            self.tell(f"{name}, seed {seed}")
            method = RS2(begun(), epochs=EPOCHS, rate=RATE, batch=BATCH, lower=LOWER, seed=seed, **how)
            watch = self._watch(looks) if name == "all data" else None
            method.fit(self.train.queries, self.train.papers, read=self.train.read, watch=watch)
            tower = method.tower()
            found[f"test {name}"], found[f"dev {name}"] = self.test.inverse(tower), self.chosen.inverse(tower)
            found[f"seconds {name}"] = np.array(method.course_.seconds)  # those of all data with the looks
        return {**found, "looks": np.stack(looks)}

    def _watch(self, looks: list[Values]) -> Callable[[RS2], None]:
        epochs = itertools.count(1)

        def watch(trained: RS2) -> None:
            if next(epochs) in _LOOKED:
                looks.append(self.chosen.inverse(trained.tower()))

        return watch


def _examples_until(curve: Values, target: float) -> float:
    """How many passes over all data the curve (looks,) needs to reach the target; one more than there are if never."""
    reached = np.flatnonzero(curve >= target)
    return float(_LOOKED[reached[0]]) if len(reached) else float(EPOCHS + 1)


def _time_to_accuracy(curves: Values, ends: Values) -> tuple[float, tuple[float, float]]:
    """(examples of all data until what RS2 ends with, over those of RS2; its interval over queries and seeds).

    From reciprocal ranks (seeds, looks, q) of all data, and (seeds, q) of RS2 at its end.
    """
    own = EPOCHS * RATIO  # passes over all data that RS2 takes

    def ratio(seeds: NDArray[np.int64], queries: NDArray[np.int64]) -> float:
        curve = curves[seeds][:, :, queries].mean(axis=(0, 2))
        return _examples_until(curve, float(ends[seeds][:, queries].mean())) / own

    rng = np.random.default_rng(0)
    s, q = (int(n) for n in ends.shape)
    drawn = [ratio(rng.integers(0, s, s), rng.integers(0, q, q)) for _ in range(2000)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return ratio(np.arange(s), np.arange(q)), (float(low), float(high))


def claims(study: Study) -> list[Claimed]:
    """All data, a tenth an epoch drawn two ways, and all data for as few steps as the tenth takes."""
    ways = _Ways(study)

    def measured(seed: int) -> dict[str, Values]:
        return ways.of(seed)

    runs = over_seeds("rs2", _SEEDS, measured)
    start = ways.untrained
    mrr = {name: runs[f"test {name}"] for name in WAYS}
    detail = {
        "MRR@10": {"MiniLM": round(float(start.mean()), 4)}
        | {name: round(float(values.mean()), 4) for name, values in mrr.items()},
        "pairs": TRAINED,
        "epochs": EPOCHS,
        "seconds of training": {name: round(float(runs[f"seconds {name}"].mean())) for name in WAYS},
    }
    gained = {name: values - start for name, values in mrr.items()}
    replaced = gained["10 % an epoch, with replacement"]

    def over(metric: str, under: str) -> Claimed:
        return Claimed.ratio(
            _DATASET,
            metric,
            ("gain, 10 % an epoch", gained["10 % an epoch"]),
            (f"gain, {under}", gained[under]),
            rival=("with replacement", float(replaced.mean()) / max(float(gained[under].mean()), 1e-12)),
            detail=detail,
        )

    curve = [round(float(value), 4) for value in runs["looks"].mean(axis=(0, 2))]
    value, bounds = _time_to_accuracy(runs["looks"], runs["dev 10 % an epoch"])
    return [
        over("MRR@10 above MiniLM's, 10 % an epoch over all data for as many epochs (ratio)", "all data"),
        over("MRR@10 above MiniLM's, 10 % an epoch over a fixed random 10 % (ratio)", "a fixed 10 %"),
        Claimed(
            _CHOSEN,
            "examples until the MRR@10 that 10 % an epoch ends with, all data over 10 % an epoch (ratio)",
            value,
            interval=bounds,
            n=CHOSEN,
            seeds=_SEEDS,
            rival=("a training on all data that is as short from the start", 1.0),
            detail={"dev MRR@10 of all data by epoch": dict(zip(map(str, _LOOKED), curve, strict=True))},
        ),
    ]
