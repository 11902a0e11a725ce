"""New accounts vote with whoever answers for them, until they have been there for some time."""

from __future__ import annotations

from datetime import datetime, timedelta

from broadsheet.catalogue.community.trending import Membership
from broadsheet.community.voter_groups import groups, in_lockstep
from tests.clock import NOON

OLD = NOON - timedelta(days=300)


def member(number: int, joined: datetime | None, invited_by: int | None = None) -> Membership:
    """The account `number` of the reader 100 + number."""
    return Membership(number, 100 + number, joined, invited_by)


def test_a_new_account_votes_with_the_member_who_answers_for_it() -> None:
    new = NOON - timedelta(days=1)
    members = [
        member(1, OLD), member(2, OLD, 1), member(3, new, 2), member(4, new, 3), member(5, new), member(6, new, 99),
    ]  # fmt: skip
    assert groups(members, NOON) == {101: 101, 102: 102, 103: 102, 104: 102, 105: 0, 106: 0}
    assert set(groups(members, NOON + timedelta(days=14)).values()) == {101, 102, 103, 104, 105, 106}


def test_the_founders_are_never_new() -> None:
    members = [member(1, NOON - timedelta(days=3)), member(2, NOON), member(3, None)]
    assert groups(members, NOON + timedelta(days=1)) == {101: 101, 102: 102, 103: 103}
    assert groups([], NOON) == {}


def test_those_who_vote_together_again_are_named_by_paper_and_reader() -> None:
    readers = [(paper, 10 * paper + n) for paper in range(3, 20) for n in range(10)]
    ring = {(paper, reader) for paper in (1, 2) for reader in range(1, 9)}
    assert in_lockstep([*readers, *sorted(ring), (1, 9)]) == ring
    assert in_lockstep([]) == frozenset()
