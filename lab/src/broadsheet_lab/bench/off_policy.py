"""Off-policy estimates of the product in a simulated reading, where the truth is known.

A reader wants each of 120 papers a day with a probability of its own, looks at places by the default curve, and gets
pages of 20 from a ranking that knows these probabilities badly, with exploration as the product does it. From the log
the product estimates how much more a better ranking, and a worse one, would bring; both are known exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.pipeline.feed.exploration import explore
from broadsheet.pipeline.feed.off_policy import Log, Target, compared, reward_rates
from broadsheet.trending.examination import default_curve
from broadsheet_lab.bench.report import write

__all__ = ["SETTINGS", "Setting", "lived", "measure", "summary"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
PAPERS, K, SEEDS = 120, 20, 60
LOOKS = default_curve(np.arange(1, K + 1))
NOISE = {"log": 0.12, "better": 0.04, "worse": 0.3}  # of the rankings' scores, beside the wish of sd 0.08


@dataclass(frozen=True, slots=True)
class Setting:
    """How much there is to learn from."""

    pages: int
    exploration: float  # share of a page


SETTINGS = tuple(Setting(pages, share) for pages in (100, 500) for share in (0.05, 0.2, 0.4))


def lived(setting: Setting, seed: int) -> tuple[Log, dict[str, Target], dict[str, float]]:
    """(the log, what each ranking does with it, the wanted papers a page of each)."""
    rng = np.random.default_rng(seed)
    n, rows = setting.pages, np.arange(setting.pages)[:, None]
    wanted = rng.beta(1.2, 10, (n, PAPERS))
    scores = {name: wanted + noise * rng.standard_normal(wanted.shape) for name, noise in NOISE.items()}
    orders = {name: np.argsort(-score, axis=1)[:, :K] for name, score in scores.items()}
    n_random = round(setting.exploration * K)
    shown = [explore(order, PAPERS, n_random, seed * n + page) for page, order in enumerate(orders["log"])]
    papers = np.array([one.order for one in shown])
    rewards = rng.random((n, K)) < LOOKS * wanted[rows, papers]
    log = Log(
        pages=np.repeat(np.arange(n), K),
        propensities=np.concatenate([one.propensities for one in shown]).astype(np.float64),
        looks=np.tile(LOOKS, n),
        rewards=rewards.ravel().astype(np.float64),
        n=n,
    )
    targets = {name: _target(log, order, papers, scores["log"]) for name, order in orders.items()}
    truths = {name: float((LOOKS * wanted[rows, order]).sum() / n) for name, order in orders.items()}
    return log, targets, truths


def _target(log: Log, order: Ints, papers: Ints, scores: Floats) -> Target:
    rows = np.arange(len(order))[:, None]
    given = np.zeros(scores.shape)
    given[rows, order] = LOOKS
    rates, others = reward_rates(log, scores[rows, papers].ravel(), scores[rows, order].ravel(), np.repeat(rows, K))
    predicted = (others.reshape(order.shape) * LOOKS).sum(axis=1)
    return Target(given[rows, papers].ravel(), np.full(len(order), LOOKS.sum()), predicted, rates)


def summary(setting: Setting, seeds: int) -> dict[str, dict[str, dict[str, float]]]:
    """By ranking and estimator: the true difference to the logging ranking, and how estimates of it do."""
    rows: dict[str, dict[str, list[tuple[float, float, float, float]]]] = {"better": {}, "worse": {}}
    for seed in range(seeds):
        log, targets, truths = lived(setting, seed)
        for name, by_estimator in rows.items():
            truth = truths[name] - truths["log"]
            for estimator, one in compared(log, targets[name], targets["log"]).items():
                by_estimator.setdefault(estimator, []).append((one.value, one.low, one.high, truth))
    result: dict[str, dict[str, dict[str, float]]] = {}
    for name, by_estimator in rows.items():
        result[name] = {}
        for estimator, values in by_estimator.items():
            value, low, high, truth = np.array(values).T
            result[name][estimator] = {
                "truth": float(truth.mean()),
                "bias": float((value - truth).mean()),
                "rmse": float(np.sqrt(((value - truth) ** 2).mean())),
                "interval holds the truth": float(((low <= truth) & (truth <= high)).mean()),
                "right sign": float((np.sign(value) == np.sign(truth)).mean()),
                "shown by the interval": float((((low > 0) & (truth > 0)) | ((high < 0) & (truth < 0))).mean()),
            }
    return result


def measure(out: Path, tell: Callable[[str], None]) -> list[Path]:
    """Estimate in every setting, and write results/off-policy.json."""
    settings = {}
    for setting in SETTINGS:
        label = f"{setting.pages} pages, {setting.exploration:.0%} exploration"
        settings[label] = summary(setting, SEEDS)
        for name, by_estimator in settings[label].items():
            for estimator, figures in by_estimator.items():
                tell(f"{label}, {name}, {estimator}: " + ", ".join(f"{k} {v:.3f}" for k, v in figures.items()))
    data = {"papers": PAPERS, "page": K, "logs": SEEDS, "noise of the rankings": NOISE}
    path = out / "off-policy.json"
    write(path, "off-policy", {"data": data, "settings": settings})
    return [path]
