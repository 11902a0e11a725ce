"""Rankings of the known-item queries, halved into queries to choose on and queries to report on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.datasets import Known
from broadsheet_lab.bench.report import Claimed, reciprocal

__all__ = ["PAPERS", "TLDR", "Halves", "Rows", "places", "rounded"]

PAPERS = "papers.parquet, 87,366 papers"
TLDR = f"{PAPERS}, tldr queries, test half"

Rows = NDArray[np.int64]


def _place(rows: Rows, wanted: int) -> int:
    """The rank of the wanted row, 1 the best; 0 if it is not there."""
    at = np.flatnonzero(rows == wanted)
    return int(at[0]) + 1 if len(at) else 0


def places(found: Sequence[Rows], wanted: Sequence[int]) -> list[int]:
    """The rank of the wanted row in each ranking."""
    return [_place(rows, row) for rows, row in zip(found, wanted, strict=True)]


@dataclass(frozen=True)
class Halves:
    """MRR@10 of one ranking of all queries, as figures a claim is made of."""

    inverse: NDArray[np.float64]  # (q,) reciprocal ranks
    dev: NDArray[np.bool_]

    @classmethod
    def of(cls, known: Known, ranks: Sequence[int]) -> Halves:
        """From the rank of each query's paper."""
        return cls(reciprocal(ranks), known.dev)

    @property
    def test(self) -> NDArray[np.float64]:
        """The reciprocal ranks of the test half."""
        return self.inverse[~self.dev]

    def over(self, other: Halves, metric: str, name: str, rival: tuple[str, Halves] | None = None) -> Claimed:
        """This MRR over another's, both measured on the same queries; the other is the rival where none is given."""
        beside = (name, 1.0) if rival is None else (rival[0], float(rival[1].test.mean() / other.test.mean()))
        dev = rounded(self.inverse[self.dev].mean() / other.inverse[self.dev].mean())
        return Claimed.ratio(
            TLDR,
            metric,
            ("MRR@10", self.test),
            (f"MRR@10, {name}", other.test),
            rival=beside,
            detail={"value on the dev half": dev},
        )


def rounded(value: float | np.floating[Any]) -> float:
    """To four digits after the point, for details that are read and not computed with."""
    return round(float(value), 4)
