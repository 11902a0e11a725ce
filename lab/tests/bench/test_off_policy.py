"""The simulated reading: its truth is exact, and the product's estimates come near it."""

from __future__ import annotations

import numpy as np

from broadsheet_lab.bench.off_policy import LOOKS, PAPERS, K, Setting, lived, summary


def test_a_life_has_a_log_three_rankings_and_their_truths() -> None:
    log, targets, truths = lived(Setting(30, 0.2), 1)
    assert len(log.rewards) == 30 * K
    assert truths["better"] > truths["log"] > truths["worse"]
    explored = log.propensities.reshape(30, K)
    assert (np.isclose(explored, 4 / (PAPERS - K)).sum(axis=1) == 4).all()
    assert (explored[:, : K // 2] == 1).all()
    for target in targets.values():
        np.testing.assert_allclose(target.total, LOOKS.sum())
    own = targets["log"].looks.reshape(30, K)
    assert (own[:, : K // 2] == LOOKS[: K // 2]).all()
    assert (np.count_nonzero(own, axis=1) == K - 4).all()


def test_a_summary_has_every_figure_and_little_bias() -> None:
    figures = summary(Setting(30, 0.4), 12)
    assert set(figures) == {"better", "worse"}
    for by_estimator in figures.values():
        assert set(by_estimator) == {"ips", "snips", "dr"}
        for row in by_estimator.values():
            assert abs(row["bias"]) <= 3 * row["rmse"] / 12**0.5 + 0.02
            assert 0 <= row["interval holds the truth"] <= 1
