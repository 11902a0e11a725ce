"""What the vector benchmark asks of an index, ours or another library's, and the settings that all share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BEAM", "EFFORTS", "LINKS", "Engine", "Floats", "Rows", "Unsupported"]

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
LINKS, BEAM = 16, 128  # M and efConstruction of every graph
EFFORTS = (10, 20, 40, 60, 80, 120, 160, 240, 320, 480, 640, 960, 1440, 1920)  # efSearch


class Unsupported(Exception):
    """The library offers no such operation through its Python face."""


class Engine(ABC):
    """One index of one library. `efforts` are the settings that trade time for recall, the least first."""

    efforts: tuple[int, ...] = EFFORTS

    @abstractmethod
    def build(self, x: Floats) -> None:
        """Index the rows of x (n, d), numbered from 0."""

    @abstractmethod
    def search(self, q: Floats, k: int, effort: int, allowed: Any = None) -> Rows:
        """The k rows found for q (d,), best first; `allowed` comes from `prepare`."""

    @abstractmethod
    def bytes_per_vector(self) -> float:
        """What a search holds in memory by the library's own account or its layout; NaN where neither tells."""

    def prepare(self, flags: NDArray[np.bool_]) -> Any:
        """A filter in the library's own form, made outside the clock."""
        raise Unsupported(f"no filter over {len(flags):,} rows")

    def add(self, x: Floats) -> None:
        """More rows, numbered on."""
        raise Unsupported(f"no addition of {len(x):,} rows to a finished graph")

    def opened(self, folder: Path, q: Floats) -> dict[str, float]:  # noqa: ARG002  for ours
        """Milliseconds to open what was built from a file in `folder` and to answer q first."""
        raise Unsupported("not measured for peers")

    def remove(self, rows: Rows) -> None:
        """These rows are not found any more."""
        raise Unsupported(f"no removal of {len(rows):,} rows that keeps the others' numbers")
