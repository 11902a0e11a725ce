"""Metrics, intervals and significance, worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("ranx")

from broadsheet_lab.bench.search.metrics import METRICS, bounds, means, p_values, per_query


def test_metrics_of_four_queries() -> None:
    twelfth = [*range(100, 111), 7]
    found = per_query([[7, 1], [1, 7], twelfth, []], [{7: 1}, {7: 1}, {7: 1}, {7: 1}])
    assert tuple(found) == METRICS
    assert found["mrr@10"].tolist() == [1.0, 0.5, 0.0, 0.0]
    assert found["recall@10"].tolist() == [1.0, 1.0, 0.0, 0.0]
    assert found["recall@100"].tolist() == [1.0, 1.0, 1.0, 0.0]
    assert found["ndcg@10"] == pytest.approx([1.0, 1 / math.log2(3), 0.0, 0.0])


def test_graded_relevance() -> None:
    # grades 3, 2 and 1; found: the 1 first, nothing second, the 3 third
    [value] = per_query([[30, 99, 10]], [{10: 3, 20: 2, 30: 1}])["ndcg@10"]
    ideal = 3 + 2 / math.log2(3) + 1 / 2
    assert value == pytest.approx((1 + 3 / 2) / ideal)
    assert per_query([[30, 99, 10]], [{10: 3, 20: 2, 30: 1}])["recall@10"] == pytest.approx([2 / 3])


def test_values_stay_in_the_order_of_the_queries() -> None:
    rankings = [[0] if i % 3 else [1] for i in range(120)]  # more than 9 and 99: names sort as numbers do
    found = per_query(rankings, [{0: 1}] * 120)["mrr@10"]
    assert found.tolist() == [float(i % 3 > 0) for i in range(120)]


def test_no_query_has_no_value() -> None:
    assert means(per_query([], [])) == dict.fromkeys(METRICS, 0.0)


def test_means_and_bounds_are_of_the_chosen_half() -> None:
    values = {metric: np.array([1.0, 0.0, 1.0, 1.0]) for metric in METRICS}
    half = np.array([True, True, False, False])
    assert means(values, half)["mrr@10"] == 0.5
    low, high = bounds(values, ~half)["mrr@10"]
    assert (low, high) == (1.0, 1.0)
    low, high = bounds(values, half)["mrr@10"]
    assert (low, high) == (0.0, 1.0)


def test_significance_is_the_paired_t_test() -> None:
    from scipy.stats import t

    other = {metric: np.array([0.2, 0.4, 0.1, 0.9, 0.5]) for metric in METRICS}
    gains = np.array([0.1, 0.3, 0.2, 0.0, 0.1])
    mine = {metric: values + gains for metric, values in other.items()}
    every = np.ones(5, np.bool_)
    statistic = gains.mean() / (gains.std(ddof=1) / math.sqrt(5))
    assert p_values(mine, other, every)["mrr@10"] == pytest.approx(2 * t.sf(statistic, 4), rel=0.01)
    assert p_values(other, other, every) == dict.fromkeys(METRICS, 1.0)
