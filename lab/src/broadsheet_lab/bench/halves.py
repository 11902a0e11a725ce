"""Rankings of the known-item queries, halved into queries to choose on and queries to report on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.datasets import Known
from broadsheet_lab.bench.report import Claimed, ratio_interval, reciprocal

__all__ = ["TLDR", "Halves", "Rows", "places", "rounded"]

TLDR = "papers.parquet, tldr queries, test half"

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

    def over(self, other: Halves, metric: str, name: str) -> Claimed:
        """This MRR over another's, both measured on the same queries."""
        return Claimed(
            TLDR,
            metric,
            float(self.test.mean() / other.test.mean()),
            interval=ratio_interval(self.test, other.test),
            baseline={f"MRR@10, {name}": float(other.test.mean())},
            detail={
                "MRR@10": rounded(self.test.mean()),
                "queries": len(self.test),
                "value on the dev half": rounded(self.inverse[self.dev].mean() / other.inverse[self.dev].mean()),
            },
        )


def rounded(value: float | np.floating[Any]) -> float:
    """To four digits after the point, for details that are read and not computed with."""
    return round(float(value), 4)
