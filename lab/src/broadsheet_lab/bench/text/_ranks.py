"""Exact searches of a study's papers, and the figures its claims are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.report import Claimed, interval, ratio_interval

__all__ = ["difference", "ranks_of", "ratio"]


def ranks_of(
    queries: NDArray[np.float32], documents: NDArray[np.float32], wanted: Sequence[NDArray[np.int64]]
) -> list[int]:
    """The rank of the best wanted row for each query by inner product, 1 the first; ties count against it."""
    found = []
    for start in range(0, len(queries), 256):
        scores = queries[start : start + 256] @ documents.T
        for row, rows in zip(scores, wanted[start : start + 256], strict=False):
            found.append(int((row >= row[rows].max()).sum()) - int((row[rows] == row[rows].max()).sum()) + 1)
    return found


def ratio(
    data: str,
    metric: str,
    over: tuple[str, NDArray[np.float64]],
    under: tuple[str, NDArray[np.float64]],
    detail: Mapping[str, Any] | None = None,
) -> Claimed:
    """mean(over) / mean(under), each named and with one value a query."""
    bounds = ratio_interval(over[1], under[1])
    return _claimed(data, metric, float(over[1].mean() / under[1].mean()), bounds, over, under, detail)


def difference(
    data: str,
    metric: str,
    over: tuple[str, NDArray[np.float64]],
    under: tuple[str, NDArray[np.float64]],
    detail: Mapping[str, Any] | None = None,
) -> Claimed:
    """mean(over) - mean(under), each named and with one value a query."""
    bounds = interval(over[1] - under[1])
    return _claimed(data, metric, float(over[1].mean() - under[1].mean()), bounds, over, under, detail)


def _claimed(
    data: str,
    metric: str,
    value: float,
    bounds: tuple[float, float],
    over: tuple[str, NDArray[np.float64]],
    under: tuple[str, NDArray[np.float64]],
    detail: Mapping[str, Any] | None,
) -> Claimed:
    return Claimed(
        data,
        metric,
        value,
        interval=bounds,
        baseline={under[0]: float(under[1].mean())},
        detail={over[0]: round(float(over[1].mean()), 4), "queries": len(over[1]), **(detail or {})},
    )
