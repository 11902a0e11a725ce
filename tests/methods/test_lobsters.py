"""Lobsters' hotness by hand."""

import numpy as np

from broadsheet.trending.lobsters import Lobsters
from tests.methods.trending_signals import example, signals


def test_votes_and_comments_fall_by_one_in_22_hours() -> None:
    scores = Lobsters().score(signals([9, 99, 0, 2], comments=[0, 0, 8, 100], age=[0, 22 / 24, 0, 0]))
    # the comments of the last count as much as its two votes: log10(3 + 2)
    np.testing.assert_allclose(scores.total, [1, 1, 0, np.log10(5)], atol=1e-12)
    np.testing.assert_allclose(sum(scores.parts.values()), scores.total)
    np.testing.assert_allclose(scores.parts["comments"], [0, 0, 0, np.log10(5 / 3)], atol=1e-12)


EXAMPLES = {"plain": example(Lobsters)}
