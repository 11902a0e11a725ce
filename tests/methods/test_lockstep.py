"""Who votes together for paper after paper, by hand."""

import numpy as np
import pytest

from broadsheet.trending.lockstep import Lockstep, joined
from tests.contract.examples import Example

Votes = list[tuple[int, int]]
RING = range(100, 110)


def together(votes: Votes, **settings: float) -> Votes:
    """Those of these votes, each a paper and a reader, that belong together."""
    paper, reader = np.array(votes, np.int64).reshape(-1, 2).T
    found = Lockstep(**settings).together(paper, reader)  # type: ignore[arg-type]
    return sorted(vote for vote, one in zip(votes, found.tolist(), strict=True) if one)


def crowd(papers: int = 20, readers: int = 100) -> Votes:
    """Reader r votes for the papers r, r + 1 and r + 3 of a circle: 15 votes a paper by the numbers given."""
    return [((reader + step) % papers, reader) for reader in range(readers) for step in (0, 1, 3)]


def test_accounts_that_meet_again_are_a_group_on_both_papers_and_others_are_none() -> None:
    # 320 votes. Of the 10 who voted for 50, each with 2 votes, 2 * 10 / 320 would vote for 51: 0.625 in all, not 10
    ring = [(paper, reader) for paper in (50, 51) for reader in RING]
    assert together(crowd()) == []
    assert together([*crowd(), *ring]) == ring
    assert together([*crowd(), *ring[:10]]) == []  # the first time nothing gives them away


def test_only_those_who_voted_for_both_are_the_group() -> None:
    ring = [(paper, reader) for paper in (50, 51) for reader in RING]
    assert together([*crowd(), *ring, (50, 7), (51, 8), (52, 100)]) == ring


@pytest.mark.parametrize(("size", "is_group"), [(4, False), (5, True)])
def test_four_are_a_circle_of_friends(size: int, is_group: bool) -> None:
    ring = [(paper, reader) for paper in (50, 51) for reader in RING[:size]]
    assert together([*crowd(), *ring]) == (ring if is_group else [])


def test_readers_who_vote_for_nearly_everything_meet_by_chance() -> None:
    # 10 readers vote for all of 6 papers: each is expected to vote for each, 6 * 10 / 60 = 1
    everything = [(paper, reader) for paper in range(6) for reader in RING]
    assert together(everything) == []


def test_groups_that_share_a_member_are_one_on_that_paper_only() -> None:
    paper, group = np.array([0, 0, 0, 0, 1, 1]), np.array([5, 5, 6, 7, 5, 6])
    together = np.array([True, False, True, False, False, False])
    assert joined(paper, group, together, -1).tolist() == [-1, -1, -1, 7, 5, 6]
    assert joined(paper[:0], group[:0], together[:0], -1).tolist() == []


@pytest.mark.parametrize(("papers", "alone", "is_group"), [(60, 6, True), (200, 25, False)])
def test_among_many_papers_chance_goes_further(papers: int, alone: int, is_group: bool) -> None:
    """Five readers meet on two papers, 4.37 and 4.35 deviations above chance; the limits are 4.06 and 4.61.

    Of 340 votes: expected 5 * 8 * 5 / 340 = 0.588, its variance 0.519; (5 - 0.588) / sqrt(1.019) = 4.37.
    Of 1135: 5 * 27 * 5 / 1135 = 0.595 and 0.524. 2 * sqrt(log(62)) = 4.06, 2 * sqrt(log(202)) = 4.61.
    """
    votes = [(paper, 5 * paper + n) for paper in range(papers) for n in range(5)]  # each of five others
    ring = range(2000, 2005)
    votes += [(5000 + alone * reader + n, reader) for reader in ring for n in range(alone)]  # nobody else voted there
    met = [(paper, reader) for paper in (500, 501) for reader in ring]
    assert together([*votes, *met]) == (met if is_group else [])


def test_how_far_above_chance_decides() -> None:
    # 320 votes: expected 0.625, its variance 0.625 - 10 * (2 / 32)^2 = 0.586; (10 - 0.625) / sqrt(1.086) = 8.997
    votes = [*crowd(), *((paper, reader) for paper in (50, 51) for reader in RING)]
    assert len(together(votes, deviations=8.99)) == 20
    assert len(together(votes, deviations=9.0)) == 0
    assert together([]) == []


EXAMPLES = {
    "plain": Example(
        make=lambda *_: Lockstep(),
        answer=lambda method, paper, reader: method.together(paper, reader),
        inputs=(np.repeat([0, 1, 2], [6, 6, 40]), np.concatenate([np.arange(6), np.arange(6), np.arange(10, 50)])),
    )
}
