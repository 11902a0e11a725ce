"""Results as files: what was measured, on what, with which source, and how it stands against its target."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet import __version__
from broadsheet.kit.artifacts import write_atomic
from broadsheet.kit.errors import UsageError
from broadsheet.methods import methods
from broadsheet_lab import provenance
from broadsheet_lab.bench import datasets
from broadsheet_lab.methods_page import lab_methods

__all__ = [
    "Claimed",
    "Number",
    "interval",
    "ranks_to_metrics",
    "ratio_interval",
    "reciprocal",
    "write",
    "write_claims",
]

Values = NDArray[np.float64]  # one a query, (q,); one a training seed and query, (s, q)
Named = tuple[str, Values]
Statistic = Callable[[Values], Any]


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

    `interval` holds the 95 % bounds over `n` queries (readers, pairs) and the training `seeds`: without them there is
    no verdict. `baseline` is what the value is set against, by name; `rival` the strongest honest rival and what it
    reaches in this very metric, to be read beside the value; `detail` what else a judge would ask for.
    """

    dataset: str
    metric: str
    value: float
    lower_is_better: bool = False
    interval: tuple[float, float] | None = None
    baseline: Mapping[str, float] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
    n: int = 0
    seeds: tuple[int, ...] = ()  # empty where nothing is trained
    rival: tuple[str, float] | None = None

    @classmethod
    def mean(cls, dataset: str, metric: str, values: Values, *, statistic: Statistic = np.mean, **more: Any) -> Claimed:
        """The mean (or another statistic) of values, with its interval."""
        more = {"n": values.shape[-1], "seeds": _seeds(values), **more}
        bounds = interval(values, statistic=statistic)
        return cls(dataset, metric, float(statistic(values)), interval=bounds, **more)

    @classmethod
    def ratio(
        cls, dataset: str, metric: str, over: Named, under: Named, *, statistic: Statistic = np.mean, **more: Any
    ) -> Claimed:
        """The mean of `over` by the mean of `under`, both named, on the same queries."""
        top, base = float(statistic(over[1])), float(statistic(under[1]))
        bounds = ratio_interval(over[1], under[1], statistic=statistic)
        return cls(dataset, metric, top / max(base, _LEAST), interval=bounds, **_beside(over, under, top, base, more))

    @classmethod
    def difference(cls, dataset: str, metric: str, over: Named, under: Named, **more: Any) -> Claimed:
        """The mean of `over` less the mean of `under`, both named, on the same queries."""
        top, base = float(over[1].mean()), float(under[1].mean())
        bounds = interval(over[1] - under[1])
        return cls(dataset, metric, top - base, interval=bounds, **_beside(over, under, top, base, more))

    @classmethod
    def exact(cls, dataset: str, metric: str, value: float, **more: Any) -> Claimed:
        """A count or a size, with no chance in it: the interval is the value."""
        return cls(dataset, metric, value, interval=(value, value), **more)

    def to_json(self) -> dict[str, Any]:
        """As written to results/<method>.json; what is empty is left out."""
        found: dict[str, Any] = {"dataset": self.dataset, "metric": self.metric, "value": float(f"{self.value:.6g}")}
        if self.lower_is_better:
            found["lower_is_better"] = True
        if self.interval:
            found["interval"] = [float(f"{bound:.6g}") for bound in self.interval]
        if self.n:
            found["n"] = self.n
        if self.seeds:
            found["seeds"] = list(self.seeds)
        if self.baseline:
            found["baseline"] = {name: float(f"{value:.4g}") for name, value in self.baseline.items()}
        if self.rival:
            found["rival"] = {"name": self.rival[0], "value": float(f"{self.rival[1]:.6g}")}
        return {**found, "detail": dict(self.detail)} if self.detail else found


def _beside(over: Named, under: Named, top: float, base: float, more: dict[str, Any]) -> dict[str, Any]:
    """What a comparison of two says beside its value; what the caller says of it goes before."""
    detail = {over[0]: round(top, 4), **more.pop("detail", {})}
    told = {"baseline": {under[0]: base}, "n": over[1].shape[-1], "seeds": _seeds(over[1]) or _seeds(under[1])}
    return {**told, **more, "detail": detail}


def _seeds(values: Values) -> tuple[int, ...]:
    return tuple(range(len(values))) if values.ndim == 2 else ()


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


def write_claims(
    out: Path,
    method: str,
    bench: str | Sequence[str],
    claims: Sequence[Claimed],
    *,
    data: Mapping[str, Path],
    started: float,
    more: Mapping[str, Any] | None = None,
) -> Path:
    """Write `<method>.json` into `out`: what the modules named by `bench` measured of a method's claims.

    `data` are the files it was measured on, by name; `started` is `time.perf_counter()` as it began. Raises
    UsageError for a method there is not.
    """
    modules = [bench] if isinstance(bench, str) else list(bench)
    path = next((m.path for m in (*methods(), *lab_methods()) if m.name == method), None)
    if path is None:
        raise UsageError(f"no method {method!r}: a result belongs to a card")
    content = {
        "bench": modules,
        "sources": provenance.sources(path, modules),
        "clean": provenance.is_clean(list(provenance.files_of(path, modules).values())),
        "data": {name: datasets.digest(file) for name, file in data.items()},
        "seeds": sorted({seed for claim in claims for seed in claim.seeds}),
        "claims": [claim.to_json() for claim in claims],
        "seconds": round(time.perf_counter() - started, 1),
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    write(out / f"{method}.json", method, {**content, **(more or {})})
    return out / f"{method}.json"


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


_LEAST = 1e-12


def interval(
    values: Values, *, seed: int = 0, draws: int = 2000, statistic: Statistic = np.mean
) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean of values (q,), or (s, q): queries and training seeds are drawn anew."""
    low, high = np.percentile(_resampled([values], seed, draws, statistic)[:, 0], [2.5, 97.5])
    return float(low), float(high)


def ratio_interval(
    over: Values, under: Values, *, seed: int = 0, draws: int = 2000, statistic: Statistic = np.mean
) -> tuple[float, float]:
    """The 95 % bootstrap interval of mean(over) / mean(under), paired by query; each (q,), or (s, q) by seed."""
    drawn = _resampled([over, under], seed, draws, statistic)
    low, high = np.percentile(drawn[:, 0] / np.maximum(drawn[:, 1], _LEAST), [2.5, 97.5])
    return float(low), float(high)


def _resampled(columns: Sequence[Values], seed: int, draws: int, statistic: Statistic) -> Values:
    """A statistic of `draws` samples with replacement of each column's queries and seeds, (draws, columns).

    The same queries, and the same of several seeds, are drawn for every column.
    """
    rng, of_seeds = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    parts = [np.atleast_2d(column) for column in columns]
    n, most = parts[0].shape[1], max(len(part) for part in parts)
    found = np.empty((draws, len(parts)))
    for draw in range(draws):
        queries, seeds = rng.integers(0, n, n), of_seeds.integers(0, most, most)
        for at, part in enumerate(parts):
            rows = part if len(part) == 1 else part[seeds]
            found[draw, at] = statistic(rows[:, queries])
    return found
