"""Off-policy estimates find the truth of a simulated reader, and their intervals hold it."""

from __future__ import annotations

import numpy as np
import pytest

from broadsheet.pipeline.feed import off_policy
from broadsheet.pipeline.feed.exploration import explore
from broadsheet.pipeline.feed.off_policy import Log, Target

PAGES, PAPERS, K = 40, 30, 10
LOOKS = np.arange(1, K + 1) ** -0.6


def lived(seed: int) -> tuple[Log, Target, Target, float, float]:
    """(a log of pages by one ranking, that ranking, another, the rewards a page of both)."""
    rng = np.random.default_rng(seed)
    wanted = rng.beta(1, 6, (PAGES, PAPERS))
    scores = [wanted + noise * rng.standard_normal(wanted.shape) for noise in (0.15, 0.05)]
    orders = [np.argsort(-score, axis=1)[:, :K] for score in scores]
    shown = [explore(order, PAPERS, 4, seed * PAGES + page) for page, order in enumerate(orders[0])]
    papers, propensities = np.array([one.order for one in shown]), np.array([one.propensities for one in shown])
    rows = np.arange(PAGES)[:, None]
    rewards = rng.random((PAGES, K)) < LOOKS * wanted[rows, papers]
    looks = np.tile(LOOKS, PAGES)
    log = Log(np.repeat(np.arange(PAGES), K), propensities.ravel().astype(float), looks, rewards.ravel() * 1.0, PAGES)
    targets = []
    for order in orders:
        given = np.zeros((PAGES, PAPERS))
        given[rows, order] = LOOKS
        feature = scores[0]
        rates, others = off_policy.reward_rates(
            log, feature[rows, papers].ravel(), feature[rows, order].ravel(), log.pages
        )
        predicted = (others.reshape(PAGES, K) * LOOKS).sum(axis=1)
        targets.append(Target(given[rows, papers].ravel(), np.full(PAGES, LOOKS.sum()), predicted, rates))
    truths = [float((LOOKS * wanted[rows, order]).sum() / PAGES) for order in orders]
    return log, targets[0], targets[1], truths[0], truths[1]


def test_the_estimates_are_right_on_average_and_their_intervals_hold_the_truth() -> None:
    errors: dict[str, list[float]] = {"ips": [], "snips": [], "dr": []}
    held: dict[str, list[bool]] = {"ips": [], "snips": [], "dr": []}
    for seed in range(20):
        log, old, new, before, after = lived(seed)
        for name, estimate in off_policy.compared(log, new, old).items():
            errors[name].append(estimate.value - (after - before))
            held[name].append(estimate.low <= after - before <= estimate.high)
    for name, values in errors.items():
        assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(len(values)) + 0.005, name
        assert np.mean(held[name]) >= 0.8, name
    assert np.std(errors["dr"]) <= 1.1 * np.std(errors["ips"])


def test_the_logging_ranking_without_exploration_is_its_own_mean() -> None:
    log = Log(np.array([0, 0, 1, 1]), np.ones(4), np.array([1, 0.5, 1, 0.5]), np.array([1.0, 0, 0, 1]), 2)
    target = Target(log.looks, np.full(2, 1.5), np.zeros(2), np.zeros(4))
    for estimate in off_policy.estimated(log, target).values():
        assert estimate.value == pytest.approx(1.0)
        assert estimate.low <= 1 <= estimate.high
    nothing = off_policy.compared(log, target, target)
    assert {(e.value, e.low, e.high) for e in nothing.values()} == {(0.0, 0.0, 0.0)}


def test_one_page_tells_no_interval() -> None:
    log = Log(np.zeros(1, np.int64), np.ones(1), np.ones(1), np.ones(1), 1)
    estimate = off_policy.estimated(log, Target(np.ones(1), np.ones(1), np.zeros(1), np.zeros(1)))["ips"]
    assert (estimate.value, estimate.low, estimate.high) == (1.0, -2.0, 2.0)


def test_what_was_never_shown_or_seldom_is_said() -> None:
    pages = np.array([0, 0, 1, 1, 1])
    log = Log(pages, np.array([1, 1, 0.9, 0.01, 1]), np.ones(5), np.array([1.0, 0, 0, 1, 0]), 2)
    target = Target(np.array([1.0, 0, 0, 1, 0]), np.full(2, 2.0), np.zeros(2), np.zeros(5))
    basis = off_policy.support(log, target, made=[3, 2], on_log=[1, 1])
    # the two that page 0 lacks could not be there: it had no exploration; that of page 1 could
    assert (basis.papers, basis.never, basis.least) == (5, 2, 0.01)
    assert basis.effective == pytest.approx(101**2 / (1 + 100**2))
    never, least, few = basis.warnings
    assert never.startswith("2 of 5 papers of the other mix could never be on your pages (propensity 0)")
    assert least.startswith("the smallest propensity is 0.01: such a paper counts as 100 do")
    assert few == "the estimates rest on about 1 papers: too few to rely on"


def test_a_log_that_can_tell_has_no_warning() -> None:
    log = Log(np.repeat(np.arange(40), 2), np.full(80, 0.5), np.ones(80), np.zeros(80), 40)
    target = Target(np.ones(80), np.full(40, 2.0), np.zeros(40), np.zeros(80))
    basis = off_policy.support(log, target, made=[2] * 40, on_log=[1] * 40)
    assert (basis.never, basis.warnings) == (0, ())
    assert basis.effective == pytest.approx(80)
