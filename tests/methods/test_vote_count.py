"""The count of a window."""

from broadsheet.trending.vote_count import VoteCount
from tests.methods.trending_signals import example, signals


def test_votes_count_inside_the_window_alone() -> None:
    assert VoteCount().score(signals([3, 8, 5.5], age=[0, 7.01, 7])).total.tolist() == [3, 0, 5.5]
    assert VoteCount(days=8).score(signals([3, 8], age=[0, 7.01])).total.tolist() == [3, 8]


EXAMPLES = {"plain": example(VoteCount)}
