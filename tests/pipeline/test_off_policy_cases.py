"""Estimates from logs so small that every number can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from broadsheet.pipeline.feed.off_policy import Log, Support, Target, compared, estimated, reward_rates, support


def log(pages: list[int], q: list[float], looks: list[float], rewards: list[float]) -> Log:
    q_, looks_, rewards_ = (np.array(part, np.float64) for part in (q, looks, rewards))
    return Log(np.array(pages), q_, looks_, rewards_, max(pages) + 1)


def target(given: Log, looks: list[float], *, rates: float = 0.0, predicted: float = 0.0, total: float = 1.0) -> Target:
    """Of a ranking that looks at the papers of the log so much."""
    m, n = len(given.pages), given.n
    return Target(np.array(looks, np.float64), np.full(n, total), np.full(n, predicted), np.full(m, rates))


@pytest.mark.parametrize(
    ("q", "looks", "rewards", "new", "ips"),
    [
        ([1, 1], [1, 1], [1, 0], [1, 1], 0.5),  # as it was
        ([1, 1], [1, 1], [1, 0], [0.5, 1], 0.25),  # looked at half as much
        ([0.5, 1], [1, 1], [1, 0], [1, 1], 1.0),  # shown half of the time: counts twice
        ([1, 1], [0.5, 1], [1, 0], [1, 1], 1.0),  # seen half of the time: likewise
        ([0.1, 1], [0.5, 1], [1, 0], [0.5, 1], 5.0),
        ([1, 1], [1, 1], [1, 1], [0, 0], 0.0),  # not on the other's page
        ([1, 1], [1, 1], [0, 0], [1, 1], 0.0),
    ],
)
def test_a_reward_counts_by_how_likely_it_was_seen(
    q: list[float], looks: list[float], rewards: list[float], new: list[float], ips: float
) -> None:
    given = log([0, 1], q, looks, rewards)
    assert estimated(given, target(given, new))["ips"].value == pytest.approx(ips)


def test_a_model_that_is_right_makes_the_doubly_robust_estimate_exact() -> None:
    given = log([0, 0, 1, 1], [0.5, 0.5, 0.5, 0.5], [1, 1, 1, 1], [0.3, 0.3, 0.3, 0.3])
    for looks in ([1.0, 0, 0, 0], [0.0, 0, 1, 1], [1.0, 1, 1, 1]):
        exact = estimated(given, target(given, looks, rates=0.3, predicted=0.6, total=2))["dr"]
        assert exact.value == pytest.approx(0.6)
        assert exact.low < 0.6 < exact.high


def test_a_model_that_is_wrong_is_put_right_by_the_log() -> None:
    given = log([0, 1, 2, 3], [1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 0, 0])
    for predicted in (0.0, 0.2, 0.9):
        one = target(given, [1, 1, 1, 1], rates=predicted, predicted=predicted)
        assert estimated(given, one)["dr"].value == pytest.approx(0.5)


def test_a_normalised_estimate_does_not_care_for_the_size_of_propensities() -> None:
    rewards = [1.0, 0, 1, 0]
    by_q = []
    for q in (0.1, 0.5, 1.0):
        given = log([0, 1, 2, 3], [q] * 4, [1, 1, 1, 1], rewards)
        by_q.append(estimated(given, target(given, [1, 1, 1, 1]))["snips"].value)
    assert by_q == pytest.approx([0.5, 0.5, 0.5])


def test_a_difference_to_oneself_is_nothing_and_to_another_is_the_difference() -> None:
    given = log([0, 1, 2], [1, 1, 1], [1, 1, 1], [1, 0, 1])
    ours, theirs = target(given, [1, 1, 1]), target(given, [0.5, 1, 0.5])
    for name, one in compared(given, ours, ours).items():
        assert (one.value, one.low, one.high) == (0.0, 0.0, 0.0), name
    gap = compared(given, ours, theirs)["ips"]
    assert gap.value == pytest.approx(estimated(given, ours)["ips"].value - estimated(given, theirs)["ips"].value)
    back = compared(given, theirs, ours)["ips"]
    assert (back.low, back.value, back.high) == pytest.approx((-gap.high, -gap.value, -gap.low), abs=0.5)


@pytest.mark.parametrize("n", [4, 40, 400])
def test_more_pages_narrow_the_interval(n: int) -> None:
    given = log(list(range(n)), [1] * n, [1] * n, [float(i % 2) for i in range(n)])
    one = estimated(given, target(given, [1.0] * n, rates=0.5, predicted=0.5))["ips"]
    assert one.value == 0.5
    assert one.high - one.low == pytest.approx(2 * 1.96 * 0.5 / np.sqrt(n), rel=0.6)
    assert one.low < 0.5 < one.high


def test_rates_are_learned_on_pages_of_the_other_parity() -> None:
    given = log([0, 1, 2, 3], [1] * 4, [1] * 4, [1, 0, 1, 0])
    feature = np.zeros(4)
    rates, others = reward_rates(given, feature, np.zeros(2), np.array([0, 1]))
    assert rates.tolist() == [0, 1, 0, 1]  # even pages are told by odd ones, where nothing was wanted
    assert others.tolist() == [0, 1]
    nothing, none = reward_rates(log([0], [1], [1], [1]), np.zeros(1), np.empty(0), np.empty(0, np.int64))
    assert (nothing.tolist(), none.tolist()) == ([0], [])


@pytest.mark.parametrize(
    ("basis", "words"),
    [
        (Support(100, 0, 1.0, 99.0), []),
        (Support(100, 0, 0.02, 30.0), []),  # on the edge
        (Support(100, 0, 0.019, 30.0), ["the smallest propensity is 0.019"]),
        (Support(100, 0, 1.0, 29.9), ["the estimates rest on about 30 papers"]),
        (Support(1000, 1, 1.0, 99.0), ["1 of 1,000 papers of the other mix could never"]),
        (
            Support(9, 9, 1e-4, 1.0),
            ["9 of 9 papers", "the smallest propensity is 0.0001", "the estimates rest on about 1"],
        ),
        (Support(0, 0, 1.0, 0.0), ["the estimates rest on about 0 papers"]),
    ],
)
def test_warnings_are_of_what_is_doubtful(basis: Support, words: list[str]) -> None:
    assert len(basis.warnings) == len(words)
    for warning, word in zip(basis.warnings, words, strict=True):
        assert warning.startswith(word)


@pytest.mark.parametrize(
    ("looks", "q", "effective"),
    [
        ([1, 1, 1, 1], [1, 1, 1, 1], 4.0),
        ([1, 1, 0, 0], [1, 1, 1, 1], 2.0),
        ([1, 1, 1, 1], [0.5, 0.5, 0.5, 0.5], 4.0),  # all alike
        ([1, 1, 1, 1], [0.01, 1, 1, 1], 103**2 / (100**2 + 3)),  # one decides
        ([0, 0, 0, 0], [1, 1, 1, 1], 0.0),
    ],
)
def test_the_effective_size_is_that_of_even_weights(looks: list[float], q: list[float], effective: float) -> None:
    given = log([0, 0, 1, 1], q, [1, 1, 1, 1], [0, 0, 0, 0])
    basis = support(given, target(given, looks), made=[2, 2], on_log=[2, 2])
    assert basis.effective == pytest.approx(effective)
    assert (basis.papers, basis.never) == (4, 0)
    assert basis.least == (min((p for p, look in zip(q, looks, strict=True) if look), default=1.0))


def test_only_pages_without_exploration_could_never_show_a_paper() -> None:
    given = log([0, 0, 1, 1], [1, 1, 0.9, 1], [1, 1, 1, 1], [0, 0, 0, 0])
    basis = support(given, target(given, [1, 0, 1, 0]), made=[5, 5], on_log=[1, 1])
    assert (basis.papers, basis.never) == (10, 4)
