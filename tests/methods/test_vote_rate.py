"""The vote rate by hand, and what it must not depend on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.trending.vote_rate import VoteRate, field_rates, gamma_quantile
from tests.methods.trending_signals import example, signals


def mean_like(shape: float) -> float:
    """The median of Gamma(shape, 1) by Wilson and Hilferty."""
    return shape * (1 - 1 / (9 * shape)) ** 3


def test_a_rate_is_pulled_to_that_of_its_field() -> None:
    # field 1: 12 votes of 100 looks, so 20 looks of the prior are 2.4 votes; field 2: 2 of 10
    scores = VoteRate(strength=20, days=5).score(
        signals([10, 2, 2], views=[50, 50, 10], age=[0, 5, 0], field=[1, 1, 2])
    )
    votes = [mean_like(12.4) / 70 / 0.12, mean_like(4.4) / 70 / 0.12, mean_like(6.0) / 30 / 0.2]
    np.testing.assert_allclose(scores.parts["votes"], np.log(votes))
    np.testing.assert_allclose(scores.parts["age"], [0, -1, 0])
    np.testing.assert_allclose(scores.total, np.log(votes) - [0, 1, 0])


def test_relevance_lifts_what_nobody_has_seen_and_votes_outweigh_it() -> None:
    few = VoteRate(relevance=0.7).score(signals([0, 0, 30], views=[0, 0, 100], relevance=[0, 1, 0]))
    assert few.total[1] - few.total[0] == pytest.approx(0.7, abs=0.1)  # the median of a small Gamma lies lower
    many = VoteRate(relevance=0.7).score(signals([10, 10, 300], views=[5000, 5000, 9000], relevance=[0, 1, 0]))
    assert many.total[1] - many.total[0] < 0.15


def test_a_vote_from_nowhere_says_nothing() -> None:
    """Twenty votes that no page accounts for leave a paper at the rate of its field."""
    given = signals([50, 20, 0], views=[500, 0, 0], unseen=[0, 20, 0])
    scores = VoteRate().score(given)
    assert field_rates(given).tolist() == [0.1, 0.1, 0.1]
    assert abs(scores.total[1]) < 0.02  # 22 votes of 220 looks
    assert scores.total[0] == pytest.approx(np.log(mean_like(52) / 520 / 0.1))


def test_a_field_without_votes_has_the_rate_of_all() -> None:
    given = signals([6, 0, 0], views=[50, 50, 20], field=[1, 1, 2])
    np.testing.assert_allclose(field_rates(given), [0.06, 0.06, 0.05])
    assert field_rates(signals([0, 0])).tolist() == [0.001, 0.001]
    assert VoteRate().score(signals([])).total.tolist() == []


def test_the_quantile_of_a_gamma() -> None:
    # exact: median of Gamma(2) 1.678347, of Gamma(10) 9.668715; its quantile at -1.2816, the tenth, 6.221305
    np.testing.assert_allclose(gamma_quantile(np.array([2.0, 10.0]), 0), [1.678347, 9.668715], rtol=4e-3)
    np.testing.assert_allclose(gamma_quantile(np.array([10.0]), -1.2815516), [6.221305], rtol=2e-3)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 400)), min_size=2, max_size=12), st.floats(1.5, 20))
def test_a_field_that_votes_more_eagerly_has_the_same_order(papers: list[tuple[int, int]], times: float) -> None:
    """Each field is measured by itself: a hundred papers of an eager field beside it change nothing."""
    votes, views = [float(v) for v, _ in papers], [float(v + n) for v, n in papers]
    alone = VoteRate().score(signals([*votes, 1], views=[*views, 50])).total[:-1]
    beside = signals(
        [*votes, 1, *[30 * times] * 100], views=[*views, 50, *[100] * 100], field=[0] * (len(papers) + 1) + [1] * 100
    )
    np.testing.assert_allclose(VoteRate().score(beside).total[: len(papers)], alone)


EXAMPLES = {"plain": example(VoteRate), "cautious": example(lambda: VoteRate(z=-1.28, strength=5))}
