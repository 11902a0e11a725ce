"""What a system's rankings are worth: metrics and paired significance by ranx, intervals by the bootstrap."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.report import interval

__all__ = ["METRICS", "PerQuery", "bounds", "means", "means_over_kinds", "p_values", "per_query"]

METRICS = ("mrr@10", "ndcg@10", "recall@10", "recall@100")

PerQuery = dict[str, NDArray[np.float64]]  # metric -> one value a query
_NOTHING = {"nothing": 0.0}  # an empty ranking; ranx wants one document at least


def per_query(
    rankings: Sequence[Sequence[int]], relevant: Sequence[Mapping[int, int]], metrics: Sequence[str] = METRICS
) -> PerQuery:
    """The metrics for every query: `rankings` are row numbers, best first; `relevant` rows with their grades."""
    if not rankings:
        return {metric: np.empty(0) for metric in metrics}
    with warnings.catch_warnings():
        from numba.core.errors import NumbaWarning

        warnings.simplefilter("ignore", NumbaWarning)  # ranx's own code, compiled when it is first called
        from ranx import Qrels, Run, evaluate

        names = [f"{i:08d}" for i in range(len(rankings))]  # ranx gives values in the order of the names
        qrels = Qrels(
            {name: {str(row): int(g) for row, g in found.items()} for name, found in zip(names, relevant, strict=True)}
        )
        run = Run(
            {
                name: {str(row): 1.0 / (1 + at) for at, row in enumerate(rows)} or dict(_NOTHING)
                for name, rows in zip(names, rankings, strict=True)
            }
        )
        found = {metric: evaluate(qrels, run, metric, return_mean=False) for metric in metrics}
    return {metric: np.asarray(values, np.float64) for metric, values in found.items()}


def means(values: PerQuery, at: NDArray[np.bool_] | None = None) -> dict[str, float]:
    """The mean of every metric over the queries chosen by `at`."""
    return {m: round(float((v if at is None else v[at]).mean()), 5) if len(v) else 0.0 for m, v in values.items()}


def bounds(values: PerQuery, at: NDArray[np.bool_]) -> dict[str, list[float]]:
    """The 95 % bootstrap interval of every mean."""
    return {m: [round(b, 5) for b in interval(v[at])] for m, v in values.items() if at.any()}


def p_values(values: PerQuery, baseline: PerQuery, at: NDArray[np.bool_]) -> dict[str, float]:
    """Two-sided paired Student's t-test against the baseline's values for the same queries, one p a metric.

    1 where the two differ on no query, 0 where they differ by the same on every one.
    """
    from ranx.statistical_tests import paired_student_t_test

    found = {}
    for metric in METRICS:
        mine, other = values[metric][at], baseline[metric][at]
        if len(mine) < 2 or np.ptp(mine - other) == 0:  # no spread, which the test divides by
            found[metric] = float(np.array_equal(mine, other))
        else:
            found[metric] = float(f"{paired_student_t_test(other, mine)[0]:.3g}")
    return found


def means_over_kinds(sets: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """The figure to raise: system -> the mean over the kinds of query, each by its objective.

    Systems that answered every kind but that of similar papers; every kind counts the same, however many its queries.
    """
    kinds = {name: found for name, found in sets.items() if name != "similar"}
    systems = [list(found["systems"]) for found in kinds.values()]
    return {
        name: {
            "kinds": len(kinds),
            "test": _mean([found["systems"][name][found["objective"]] for found in kinds.values()]),
            "dev": _mean([found["systems"][name]["dev"][found["objective"]] for found in kinds.values()]),
        }
        for name in (systems[0] if systems else ())
        if all(name in answered for answered in systems)
    }


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 5)
