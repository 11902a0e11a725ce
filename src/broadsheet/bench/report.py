"""Results as files: what was measured, on what, with which version, and how it stands against its target."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet import __version__
from broadsheet.kit.artifacts import write_atomic

__all__ = ["Number", "interval", "ranks_to_metrics", "write"]


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
            found["ratio_to_target"] = round(self.value / self.limit, 4)
            found["met"] = self.value <= self.limit if self.at_most else self.value >= self.limit
        if self.detail:
            found["detail"] = self.detail
        return found


def _commit() -> str:
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=Path(__file__).parent, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def write(path: Path, name: str, content: dict[str, Any]) -> None:
    """Write one result file with the circumstances of the measurement."""
    around = {
        "benchmark": name,
        "version": __version__,
        "commit": _commit(),
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {"processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, [(json.dumps({**around, **content}, indent=1, ensure_ascii=False) + "\n").encode()])


def ranks_to_metrics(ranks: Sequence[int]) -> dict[str, float]:
    """MRR@10, recall@10 and recall@100 from the rank of each wanted item (1 is best, 0 not found)."""
    r = np.array(ranks, np.float64)
    found = r > 0
    inverse = np.where(found & (r <= 10), 1 / np.maximum(r, 1), 0)
    return {
        "mrr@10": float(inverse.mean()),
        "recall@10": float((found & (r <= 10)).mean()),
        "recall@100": float((found & (r <= 100)).mean()),
    }


def interval(differences: NDArray[np.float64], *, seed: int = 0, draws: int = 2000) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean of paired differences (n,)."""
    rng = np.random.default_rng(seed)
    means = [differences[rng.integers(0, len(differences), len(differences))].mean() for _ in range(draws)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
