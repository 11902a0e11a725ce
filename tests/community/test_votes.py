"""One vote a reader and work; an author's own is kept and not counted; the number is a count of rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from broadsheet.community import Community
from broadsheet.community.actor import VISITOR, Actor, Role
from broadsheet.community.votes import Ballot
from broadsheet.kit.errors import UnknownPaper, UsageError
from broadsheet.kit.paper import Person
from tests.catalogue.made import ARTICLE
from tests.community.people import change, claim, query

Member = Callable[..., Actor]


def test_a_vote_is_cast_once_and_withdrawn_without_a_trace(community: Community, member: Member) -> None:
    dora, emil = member("dora"), member("emil")
    assert community.votes.cast(dora, 3, "front", 4) == Ballot(1, 0, may_vote=True, is_mine=True)
    assert community.votes.cast(dora, 3, "other", 1) == Ballot(1, 0, may_vote=True, is_mine=True)
    assert community.votes.cast(emil, 3) == Ballot(2, 0, may_vote=True, is_mine=True)
    assert community.votes.counts([1, 3, 99]) == {1: 0, 3: 2, 99: 0}
    assert community.votes.ballots(VISITOR, [3]) == {3: Ballot(2)}
    (mine,) = community.votes.mine(dora)
    assert (mine.reader, mine.paper_id, mine.page, mine.position, mine.counted) == ("dora", 3, "front", 4, True)
    assert community.votes.withdraw(dora, 3) == Ballot(1, 0, may_vote=True, is_mine=False)
    assert community.votes.withdraw(dora, 3) == Ballot(1, 0, may_vote=True, is_mine=False)
    assert community.votes.mine(dora) == []
    assert query(community.library, "SELECT reader_id, counted FROM votes") == [(2, 1)]


def test_who_may_not_vote_and_for_what_nobody_may(community: Community, member: Member) -> None:
    with pytest.raises(UsageError, match="sign in to vote"):
        community.votes.cast(VISITOR, 3)
    with pytest.raises(UnknownPaper, match="no paper has the number 99"):
        community.votes.cast(member("dora"), 99)
    assert community.votes.cast(member("emil"), 3, "p" * 1000, -4).is_mine
    assert query(community.library, "SELECT length(page), position FROM votes") == [(200, None)]


@pytest.mark.parametrize("name", ["Ada Example", "example, ADA", "Ada Éxample"])
def test_an_authors_own_vote_is_a_bookmark(community: Community, member: Member, name: str) -> None:
    ada = member("ada", name)
    assert community.votes.cast(ada, 1) == Ballot(0, 0, may_vote=True, is_mine=True, why_not="own work")
    assert community.votes.cast(ada, 3) == Ballot(1, 0, may_vote=True, is_mine=True)
    assert [(vote.paper_id, vote.counted, vote.why_not) for vote in community.votes.mine(ada)] == [
        (3, True, ""),
        (1, False, "own work"),
    ]


def test_a_claim_counts_once_it_is_confirmed(community: Community, member: Member) -> None:
    cy = member("cy")
    claim(community.library, cy.account_id, "Cy Otherwise", "pending")
    assert community.votes.cast(cy, 3).votes == 1
    change(community.library, "UPDATE author_claims SET state = 'confirmed'")
    community.votes.names_changed("cy")
    assert community.votes.ballots(cy, [3])[3] == Ballot(0, 0, may_vote=True, is_mine=True, why_not="own work")


def test_what_an_administrator_decides_outlives_the_vote(community: Community, member: Member) -> None:
    dora, root = member("dora"), member("root", role=Role.admin)
    community.votes.cast(dora, 3)
    with pytest.raises(UsageError, match="only an administrator"):
        community.votes.decide(dora, 3, "dora", counted=False, reason="because")
    with pytest.raises(UsageError, match="give a reason"):
        community.votes.decide(root, 3, "dora", counted=False, reason=" ")
    community.votes.decide(root, 3, "dora", counted=False, reason="a ring")
    assert community.votes.ballots(dora, [3])[3] == Ballot(0, 0, may_vote=True, is_mine=True, why_not="a ring")
    community.votes.withdraw(dora, 3)
    assert community.votes.cast(dora, 3) == Ballot(0, 0, may_vote=True, is_mine=True, why_not="a ring")
    community.votes.decide(root, 3, "dora", counted=True, reason="no ring after all")
    assert community.votes.counts([3]) == {3: 1}
    votes, decisions = community.votes.record(root, 3)
    assert [(vote.reader, vote.counted) for vote in votes] == [("dora", True)]
    assert [(one.counted, one.reason, one.by) for one in decisions] == [(True, "no ring after all", "root")]
    assert query(community.library, "SELECT actor, act, target, detail FROM audit_log") == [
        ("root", "leave a vote out", "reader 1, paper 3", "a ring"),
        ("root", "count a vote", "reader 1, paper 3", "no ring after all"),
    ]
    with pytest.raises(UsageError, match="only an administrator"):
        community.votes.record(dora, 3)


def test_voters_are_named_if_they_agreed(community: Community, member: Member) -> None:
    for name, agreed in (("dora", 1), ("emil", 0), ("finn", None), ("gita", 1)):
        community.votes.cast(member(name, show_votes=agreed), 3)
    community.votes.cast(member("cy", "Cy Otherwise", show_votes=1), 3)
    assert community.votes.voters(3) == ["dora", "gita"]
    assert community.votes.counts([3]) == {3: 4}


def test_votes_of_other_places_stand_apart(community: Community) -> None:
    rows = (("hf", "votes", "2026-06-01", 3), ("hf", "votes", "2026-06-02", 5), ("x", "votes", "2026-05-01", 2))
    for source, kind, day, value in (*rows, ("hf", "stars", "2026-06-02", 100)):
        change(community.library, "INSERT INTO paper_counts VALUES (3, ?, ?, ?, ?)", source, kind, day, value)
    assert community.votes.ballots(VISITOR, [3, 1]) == {3: Ballot(0, 7), 1: Ballot()}


def test_the_rule_follows_the_authors_of_a_paper(community: Community, member: Member) -> None:
    bo = member("bo", "Bo Sample")
    assert community.votes.cast(bo, 2).votes == 1  # by B. Sample, which may be another
    full = replace(ARTICLE, paper=replace(ARTICLE.paper, authors=(Person("Bo Sample"),)))
    community.library.catalogue.papers.add([full])
    assert community.votes.ballots(bo, [2])[2] == Ballot(0, 0, may_vote=True, is_mine=True, why_not="own work")
