"""Which votes the looks account for, by hand."""

import numpy as np

from broadsheet.trending.plausibility import Plausibility
from tests.contract.examples import Example


def plausible(*cells: tuple[float, float], usual: float = 0.1) -> float:
    """Of one paper with these (votes, looks) at positions."""
    votes, looks = np.array(cells, np.float64).reshape(-1, 2).T
    return float(Plausibility().plausible(np.zeros(len(cells), np.int64), votes, looks, np.array([usual]))[0])


def test_a_limit_is_four_times_what_is_usual_two_deviations_and_a_vote() -> None:
    # 40 looks at 0.1 votes each: 16 + 2 * 4 + 1; no looks account for nothing, half a look for half a vote more
    limit = Plausibility().limit(np.array([40.0, 0, 0.5]), np.array([0.1, 0.1, 0.1]))
    np.testing.assert_allclose(limit, [25, 0, 0.2 + 2 * 0.2**0.5 + 0.5])


def test_votes_of_people_count_and_those_of_a_ring_from_far_down_are_taken_as_usual() -> None:
    assert plausible((12, 40), (0, 30), (2, 10)) == 14
    assert plausible((20, 15)) == 1.5  # the limit is 6 + 2 * 2.45 + 1
    assert plausible((20, 15), (5, 40)) == 6.5  # votes from elsewhere are not touched
    assert plausible((20, 0)) == 0  # from a position where it never stood
    assert plausible() == 0


def test_papers_are_measured_by_their_own_fields() -> None:
    paper, votes, looks = np.array([0, 1, 1]), np.array([9.0, 9, 1]), np.array([10.0, 10, 5])
    found = Plausibility().plausible(paper, votes, looks, np.array([0.2, 0.02]))
    np.testing.assert_allclose(found, [9, 0.2 + 1])


EXAMPLES = {
    "plain": Example(
        make=lambda *_: Plausibility(),
        answer=lambda method, paper, votes, looks, usual: method.plausible(paper, votes, looks, usual),
        inputs=(np.array([0, 1]), np.array([9.0, 1]), np.array([5.0, 5]), np.array([0.1, 0.2])),
    )
}
