"""Hacker News' formula by hand."""

import numpy as np
import pytest

from broadsheet.trending.hacker_news import HackerNews
from tests.methods.trending_signals import example, signals


def test_votes_over_a_power_of_the_age() -> None:
    scores = HackerNews().score(signals([1, 32, 32, 0], age=[0, 0, 1, 3]))
    # 2^-1.8 = 0.287175; 32^0.8 = 2^4 = 16; 26^-1.8 = 0.0028382
    np.testing.assert_allclose(scores.total, [0.287175, 4.594793, 0.0454115, 0], rtol=1e-4)
    np.testing.assert_allclose(scores.parts["votes"], [1, 16, 16, 0])
    np.testing.assert_allclose(scores.total, scores.parts["votes"] * scores.parts["age"])


def test_gravity_says_how_fast_papers_fall() -> None:
    assert HackerNews(gravity=1).score(signals([1], age=[0.25])).total[0] == pytest.approx(1 / 8)


EXAMPLES = {"plain": example(HackerNews)}
