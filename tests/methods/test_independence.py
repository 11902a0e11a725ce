"""Votes of a group count less, by hand; who belongs to whose group."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.trending.independence import Independence, branches
from tests.contract.examples import Example


def voices(votes: list[tuple[int, int]], n: int, shared: float = 0.5) -> list[float]:
    paper, group = np.array(votes, np.int64).reshape(-1, 2).T
    return list(map(float, Independence(shared=shared).voices(paper, group, n)))


def test_votes_of_one_group_share_half_of_their_variance() -> None:
    # paper 0: three groups of one; paper 1: two of a group and one; paper 2: twenty of a group
    votes = [(0, 5), (0, 6), (0, -1), (1, 5), (1, 5), (1, 7), *[(2, -1)] * 20]
    np.testing.assert_allclose(voices(votes, 4), [3, 2 / 1.5 + 1, 20 / 10.5, 0])
    assert voices(votes, 4, shared=0) == [3, 3, 20, 0]
    assert voices(votes, 4, shared=1) == [3, 2, 1, 0]
    assert voices([], 2) == [0, 0]


@given(st.lists(st.tuples(st.just(0), st.integers(-1, 5)), max_size=30), st.integers(-1, 6), st.floats(0, 1))
def test_one_more_vote_never_counts_less(votes: list[tuple[int, int]], group: int, shared: float) -> None:
    assert voices([*votes, (0, group)], 1, shared)[0] >= voices(votes, 1, shared)[0] - 1e-9


def test_a_new_account_votes_with_the_nearest_inviter_who_is_not_new() -> None:
    is_new = np.array([False, True, True, False, True, True, True, True])
    inviter = np.array([-1, 0, 1, 2, -1, 4, 7, 6])  # 4 came alone and invited 5; 6 and 7 invited each other
    assert branches(is_new, inviter).tolist() == [0, 0, 0, 3, -1, -1, -1, -1]
    assert branches(np.zeros(0, np.bool_), np.zeros(0, np.int64)).tolist() == []


EXAMPLES = {
    "plain": Example(
        make=lambda *_: Independence(),
        answer=lambda method, paper, group: method.voices(paper, group, 3),
        inputs=(np.array([0, 0, 1]), np.array([4, 4, 5])),
    )
}
