"""Reddit's hot by hand."""

import numpy as np

from broadsheet.trending.reddit_hot import RedditHot
from tests.methods.trending_signals import example, signals


def test_ten_times_the_votes_are_worth_twelve_and_a_half_hours() -> None:
    scores = RedditHot().score(signals([10, 100, 0, 1], age=[0, 12.5 / 24, 0, 1]))
    np.testing.assert_allclose(scores.total, [1, 1, 0, -1.92])
    np.testing.assert_allclose(scores.parts["votes"], [1, 2, 0, 0])
    np.testing.assert_allclose(scores.parts["age"], [0, -1, 0, -1.92])


EXAMPLES = {"plain": example(RedditHot)}
