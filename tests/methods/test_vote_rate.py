"""The vote rate by hand, and what it must not depend on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.trending.vote_rate import VoteRate, field_rates
from tests.methods.trending_signals import example, signals


def test_a_rate_is_pulled_to_that_of_its_field() -> None:
    # 20 looks of the prior are 2.4 votes where 0.12 votes a look are usual, and 4 where 0.2 are
    scores = VoteRate(strength=20, days=5).score(
        signals([10, 2, 2], views=[50, 50, 10], age=[0, 5, 0], usual=[0.12, 0.12, 0.2])
    )
    votes = [12.4 / 70 / 0.12, 4.4 / 70 / 0.12, 6.0 / 30 / 0.2]  # 1.476, 0.524, 1
    np.testing.assert_allclose(scores.parts["votes"], np.log(votes), atol=1e-12)
    np.testing.assert_allclose(scores.parts["age"], [0, -1, 0])
    np.testing.assert_allclose(scores.total, np.log(votes) - [0, 1, 0], atol=1e-12)


def test_relevance_lifts_what_nobody_has_seen_and_looks_outweigh_it() -> None:
    few = VoteRate(relevance=0.7).score(signals([0, 0], relevance=[0, 1]))
    np.testing.assert_allclose(few.total, [0, 0.7])
    many = VoteRate(relevance=0.7).score(signals([500, 500], views=[5000, 5000], relevance=[0, 1]))
    np.testing.assert_allclose(many.total, [0, np.log((500 + 2 * np.exp(0.7)) / 502)], atol=1e-12)


def test_votes_that_are_no_voices_do_not_count() -> None:
    scores = VoteRate().score(signals([20, 0], voices=[0, 0], views=[30, 30]))
    assert scores.total[0] == scores.total[1]


def test_what_nobody_knows_is_uncertain() -> None:
    np.testing.assert_allclose(VoteRate().uncertainty(signals([0, 7], views=[0, 50])), [2**-0.5, 9**-0.5])


def test_the_rate_of_a_field_is_pulled_to_that_of_all() -> None:
    rates = field_rates(np.array([6.0, 2, 0]), np.array([100.0, 60, 20]), np.array([0, 0, 2]))
    everywhere = (8 + 1) / (180 + 20)
    np.testing.assert_allclose(rates, [(8 + 100 * everywhere) / 260, everywhere, 100 * everywhere / 120])
    assert field_rates(np.zeros(1), np.zeros(1), np.zeros(1, np.int64)).tolist() == [0.05]


@pytest.mark.parametrize("wrong", [{"strength": 0}, {"days": -1}])
def test_what_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        VoteRate(**wrong)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 400)), min_size=1, max_size=12), st.floats(0.1, 20))
def test_a_field_that_votes_more_eagerly_has_the_same_scores(papers: list[tuple[int, int]], times: float) -> None:
    votes, views = [float(v) for v, _ in papers], [float(v + n) for v, n in papers]
    eager = signals([v * times for v in votes], views=views, usual=[0.05 * times] * len(papers))
    calm = signals(votes, views=views, usual=[0.05] * len(papers))
    np.testing.assert_allclose(VoteRate().score(eager).total, VoteRate().score(calm).total, atol=1e-9)


EXAMPLES = {"plain": example(VoteRate), "another prior": example(lambda: VoteRate(strength=5, relevance=2, days=1))}
