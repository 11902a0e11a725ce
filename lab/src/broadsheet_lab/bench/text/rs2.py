"""RS2: accuracy and time of training on a fresh tenth an epoch, against all data and a fixed tenth."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.report import Claimed, ratio_interval, reciprocal
from broadsheet_lab.bench.study import Study
from broadsheet_lab.encoders.rs2 import RS2, Resample

__all__ = ["EPOCHS", "RATES", "RATIO", "claims", "ranks_of"]

_DATASET = "papers.parquet, sample of 12,000, titles asking for abstracts, tldr queries, test half"
EPOCHS = 100
_LOOKED = (1, 2, 4, 8, 10, 16, 32, 64, 100)  # after how many epochs it is searched
RATIO = 0.1
RATES = (0.8, 1.6)
_ENOUGH = 0.95  # of the MRR@10 of all data


def ranks_of(study: Study, encoder: RS2) -> list[int]:
    """The rank of the paper that each tldr query wants, 1 the first; ties count against it."""
    wanted = np.array([rows[0] for rows in study.tldr.wanted])
    scores = encoder.encode(study.tldr.texts) @ encoder.encode(study.texts).T
    own = scores[np.arange(len(scores)), wanted]
    found: list[int] = (scores >= own[:, None]).sum(axis=1).tolist()
    return found


@dataclass
class _Run:
    """One training: seconds spent and reciprocal ranks found now and then, search not counted."""

    study: Study
    seconds: list[float] = field(default_factory=list)
    inverse: list[NDArray[np.float64]] = field(default_factory=list)

    def train(self, encoder: RS2) -> _Run:
        table = self.study.table
        begun = time.process_time()

        def watch(trained: RS2) -> None:
            nonlocal begun
            if len(trained.losses_) not in _LOOKED:
                return
            self.seconds.append(time.process_time() - begun + (self.seconds[-1] if self.seconds else 0.0))
            self.inverse.append(reciprocal(ranks_of(self.study, trained)))
            begun = time.process_time()

        encoder.fit(table["title"], [a or "" for a in table["abstract"]], watch=watch)
        return self

    @property
    def test(self) -> NDArray[np.float64]:
        return self.inverse[-1][~self.study.tldr.dev]

    def mrr(self, at: int = -1) -> float:
        return float(self.inverse[at][~self.study.tldr.dev].mean())

    def until(self, target: float) -> float:
        """Seconds to the first search that reaches the target; inf if none does."""
        reached = [seconds for at, seconds in enumerate(self.seconds) if self.mrr(at) >= target]
        return reached[0] if reached else float("inf")


def _run(study: Study, ratio: float, resample: Resample, epochs: int = EPOCHS) -> _Run:
    """Of the rates the one that ends best on the dev half: short training wants a greater one."""
    runs = [_Run(study).train(RS2(ratio=ratio, resample=resample, epochs=epochs, rate=rate)) for rate in RATES]
    return max(runs, key=lambda run: float(run.inverse[-1][study.tldr.dev].mean()))


def claims(study: Study) -> list[Claimed]:
    """All data, a tenth an epoch drawn three ways, and all data for as few steps as the tenth takes."""
    runs = {
        "all data": _run(study, 1.0, "without"),
        "10 % an epoch, without replacement": _run(study, RATIO, "without"),
        "10 % an epoch, with replacement": _run(study, RATIO, "with"),
        "a fixed 10 %": _run(study, RATIO, "never"),
        "all data, as many steps as 10 % takes": _run(study, 1.0, "without", max(1, round(RATIO * EPOCHS))),
    }
    every, rs2, fixed = (runs[k] for k in ("all data", "10 % an epoch, without replacement", "a fixed 10 %"))
    target = _ENOUGH * every.mrr()
    untrained = RS2(ratio=1e-9, epochs=1, rate=1e-12)
    start = _Run(study).train(untrained).mrr()
    baseline = {f"MRR@10, {name}": run.mrr() for name, run in runs.items()} | {"MRR@10, untrained": start}
    seconds = {name: round(run.seconds[-1], 2) for name, run in runs.items()}
    reached = {name: round(run.until(target), 2) for name, run in runs.items() if run.until(target) < float("inf")}

    def ratio(metric: str, under: _Run) -> Claimed:
        return Claimed(
            _DATASET,
            metric,
            rs2.mrr() / under.mrr(),
            interval=ratio_interval(rs2.test, under.test),
            baseline=baseline,
            detail={"epochs": EPOCHS, "seconds of training": seconds, "queries": len(rs2.test)},
        )

    return [
        ratio("MRR@10 at 10 % an epoch over all data for as many epochs (ratio)", every),
        ratio("MRR@10 at 10 % an epoch over a fixed random 10 % (ratio)", fixed),
        Claimed(
            _DATASET,
            "seconds of training to 95 % of the MRR@10 of all data, all data over 10 % an epoch (ratio)",
            every.until(target) / rs2.until(target),
            baseline={f"seconds, {name}": value for name, value in reached.items()},
            detail={"MRR@10 to reach": round(target, 4), "seconds of training": seconds},
        ),
    ]
