"""Results as files: what was measured, on what, with which version, and how it stands against its target."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet import __version__
from broadsheet.kit.artifacts import write_atomic

__all__ = ["Claimed", "Number", "interval", "ranks_to_metrics", "ratio_interval", "reciprocal", "write"]


@dataclass(frozen=True, slots=True)
class Number:
    """One measured figure. `limit` is its target; `at_most` says on which side of it the figure must lie."""

    what: str
    value: float
    unit: str = ""
    limit: float | None = None
    at_most: bool = True
    detail: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """As written to the result file: with the target in words, the ratio to it and whether it is met."""
        found: dict[str, Any] = {"what": self.what, "value": round(self.value, 6), "unit": self.unit}
        if self.limit is not None:
            sign = "≤" if self.at_most else "≥"
            found["target"] = f"{sign} {self.limit:,g} {self.unit}".strip()
            if self.limit:
                found["ratio_to_target"] = round(self.value / self.limit, 4)
            found["met"] = self.value <= self.limit if self.at_most else self.value >= self.limit
        if self.detail:
            found["detail"] = self.detail
        return found


@dataclass(frozen=True, slots=True)
class Claimed:
    """One claim of a card, measured: `dataset` and `metric` are the card's, letter for letter.

    `interval` holds the 95 % bootstrap bounds where the value is made of means over queries or readers; `baseline` what
    the value is set against, by name; `detail` what else a judge would ask for.
    """

    dataset: str
    metric: str
    value: float
    lower_is_better: bool = False
    interval: tuple[float, float] | None = None
    baseline: Mapping[str, float] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As written to results/<method>.json; what is empty is left out."""
        found: dict[str, Any] = {"dataset": self.dataset, "metric": self.metric, "value": float(f"{self.value:.6g}")}
        if self.lower_is_better:
            found["lower_is_better"] = True
        if self.interval:
            found["interval_95%"] = [float(f"{bound:.4g}") for bound in self.interval]
        if self.baseline:
            found["baseline"] = {name: float(f"{value:.4g}") for name, value in self.baseline.items()}
        return {**found, "detail": dict(self.detail)} if self.detail else found


def _commit() -> str:
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            capture_output=True,
            text=True,
            cwd=Path(__file__).parent,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def _processor() -> str:
    """The model's name, where the system tells it."""
    try:
        said = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in said if line.startswith("model name")]
    return names[0] if names else platform.machine()


def write(path: Path, name: str, content: dict[str, Any]) -> None:
    """Write one result file with the circumstances of the measurement."""
    around = {
        "benchmark": name,
        "version": __version__,
        "commit": _commit(),
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {
            "processor": _processor(),
            "architecture": platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, [(json.dumps({**around, **content}, indent=1, ensure_ascii=False) + "\n").encode()])


def reciprocal(ranks: Sequence[int]) -> NDArray[np.float64]:
    """1 / rank where the wanted item is among the first 10, else 0 (rank 0: not found), (n,)."""
    r = np.array(ranks, np.float64)
    return np.where((r > 0) & (r <= 10), 1 / np.maximum(r, 1), 0.0)


def ranks_to_metrics(ranks: Sequence[int]) -> dict[str, float]:
    """MRR@10, recall@10 and recall@100 from the rank of each wanted item (1 is best, 0 not found)."""
    r = np.array(ranks, np.int64)
    found = r > 0
    return {
        "mrr@10": float(reciprocal(ranks).mean()),
        "recall@10": float((found & (r <= 10)).mean()),
        "recall@100": float((found & (r <= 100)).mean()),
    }


def interval(differences: NDArray[np.float64], *, seed: int = 0, draws: int = 2000) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean of paired differences (n,)."""
    low, high = np.percentile(_means(differences[:, None], seed, draws)[:, 0], [2.5, 97.5])
    return float(low), float(high)


def ratio_interval(
    over: NDArray[np.float64], under: NDArray[np.float64], *, seed: int = 0, draws: int = 2000
) -> tuple[float, float]:
    """The 95 % bootstrap interval of mean(over) / mean(under), both (n,) and paired."""
    means = _means(np.column_stack([over, under]), seed, draws)
    low, high = np.percentile(means[:, 0] / np.maximum(means[:, 1], 1e-12), [2.5, 97.5])
    return float(low), float(high)


def _means(values: NDArray[np.float64], seed: int, draws: int) -> NDArray[np.float64]:
    """The means of `draws` samples of the rows of (n, c) with replacement, (draws, c)."""
    rng, n = np.random.default_rng(seed), len(values)
    return np.array([values[rng.integers(0, n, n)].mean(axis=0) for _ in range(draws)])
