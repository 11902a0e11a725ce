"""The tables of reading groups: members, invitations, nominations, votes, what is shown, deletion."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime

import pytest

from broadsheet.catalogue import Catalogue, Event
from broadsheet.catalogue.community.accounts import NewAccount
from broadsheet.catalogue.community.comments import Author
from broadsheet.catalogue.community.groups import GroupTable
from broadsheet.kit.errors import UnknownPaper, UsageError
from tests.catalogue.made import record

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
TITLES = ("Otters in the morning", "Kelp and its keepers", "Tides of a small bay")


class Club:
    """A group of ada, its owner, and bo; cy is not in it."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.table: GroupTable = catalogue.community.groups
        catalogue.papers.add([record(title, "csl:a.json", str(n)) for n, title in enumerate(TITLES)])
        made = [catalogue.community.accounts.create(NewAccount(name, "hash", "reader")) for name in ("ada", "bo", "cy")]
        self.ada, self.bo, self.cy = (account.id for account in made)
        self.readers = {account.name: account.reader_id for account in made}
        self.number = self.table.create("club", "we read", self.ada)
        self.table.join(self.number, self.bo)

    def members(self) -> list[tuple[str, bool]]:
        return [(member.name, member.is_owner) for member in self.table.members(self.number)]

    def save(self, name: str, paper: int) -> None:
        self.catalogue.readers.log(self.readers[name], [Event("save", paper)])

    def say(self, account: int, paper: int, text: str) -> int:
        return self.catalogue.community.comments.add(Author(account, group_id=self.number), paper, text)


@pytest.fixture
def club(catalogue: Catalogue) -> Club:
    return Club(catalogue)


def test_a_group_has_members_of_whom_one_made_it(club: Club) -> None:
    group = club.table.get(club.number)
    assert group is not None
    assert (group.name, group.about, group.invite_key) == ("club", "we read", "")
    assert club.members() == [("ada", True), ("bo", False)]
    assert [one.id for one in club.table.of_account(club.bo)] == [club.number]
    assert (club.table.of_account(club.cy), club.table.get(99), club.table.members(99)) == ([], None, [])


def test_joining_twice_is_once_and_keeps_the_role(club: Club) -> None:
    club.table.join(club.number, club.ada)
    club.table.join(club.number, club.bo)
    assert club.members() == [("ada", True), ("bo", False)]


def test_without_an_owner_the_longest_member_is_one(club: Club) -> None:
    club.table.join(club.number, club.cy)
    club.table.leave(club.number, club.ada)
    assert club.members() == [("bo", True), ("cy", False)]
    club.table.change_member(club.number, club.cy, role="owner")
    assert club.members() == [("bo", False), ("cy", True)]
    club.catalogue.community.belongings.remove(club.readers["cy"], with_comments=False)
    assert club.members() == [("bo", True)]


def test_an_invitation_is_used_up_by_joining_declined_or_taken_back(club: Club) -> None:
    club.table.invite(club.number, club.cy)
    club.table.invite(club.number, club.cy)
    assert ([g.id for g in club.table.inviting(club.cy)], club.table.invited(club.number)) == (
        [club.number], [(club.cy, "cy")],
    )  # fmt: skip
    club.table.uninvite(club.number, club.cy)
    assert (club.table.inviting(club.cy), club.table.invited(club.number)) == ([], [])
    club.table.invite(club.number, club.cy)
    club.table.join(club.number, club.cy)
    assert club.table.inviting(club.cy) == []


def test_a_link_leads_to_the_group_that_has_its_key(club: Club) -> None:
    club.table.change(club.number, invite_key="key")
    group = club.table.of_key("key")
    assert group is not None
    assert group.id == club.number
    club.table.change(club.number, invite_key=None, name="other")
    assert club.table.of_key("key") is None
    assert club.table.of_account(club.ada)[0].name == "other"


def test_saves_and_votes_are_shown_from_the_choice_on(club: Club) -> None:
    club.save("ada", 1)
    club.catalogue.community.votes.cast(club.readers["ada"], 1)
    assert club.table.saves(club.number, LONG_AGO) == club.table.votes(club.number, LONG_AGO) == []
    club.table.change_member(club.number, club.ada, shown_since=datetime(2026, 7, 1, 13, tzinfo=UTC))
    assert club.table.saves(club.number, LONG_AGO) == []
    club.table.change_member(club.number, club.ada, shown_since=LONG_AGO)
    club.save("bo", 2)
    club.save("cy", 3)
    [(paper, name, at)] = club.table.saves(club.number, LONG_AGO)
    assert (paper, name) == (1, "ada")
    assert [row[:2] for row in club.table.votes(club.number, LONG_AGO)] == [(1, "ada")]
    assert club.table.saves(club.number, at.replace(year=2027)) == []
    club.table.change_member(club.number, club.ada, shown_since=None)
    assert club.table.saves(club.number, LONG_AGO) == []


def test_a_suspended_member_shows_nothing(club: Club) -> None:
    club.table.change_member(club.number, club.bo, shown_since=LONG_AGO)
    club.save("bo", 1)
    assert len(club.table.saves(club.number, LONG_AGO)) == 1
    club.catalogue.community.accounts.change(club.bo, suspended_at="2026-07-01T12:00:00+00:00")
    assert club.table.saves(club.number, LONG_AGO) == []


def test_a_paper_is_nominated_once_and_voted_for_once_a_member(club: Club) -> None:
    club.table.nominate(club.number, 2, club.ada, "short")
    club.table.nominate(club.number, 2, club.bo, "again")
    for _ in range(2):
        club.table.vote(club.number, 2, club.bo)
    club.table.vote(club.number, 2, club.cy)  # who is not in it is not counted
    [one] = club.table.nominations(club.number)
    assert (one.paper_id, one.by, one.account_id, one.why, one.read_on) == (2, "ada", club.ada, "short", None)
    assert one.voters == frozenset({club.bo})
    club.table.unvote(club.number, 2, club.bo)
    assert club.table.nominations(club.number)[0].voters == frozenset()
    with pytest.raises(UnknownPaper):
        club.table.nominate(club.number, 99, club.ada, "")


def test_a_nomination_gets_a_day_loses_it_and_goes_with_its_votes(club: Club) -> None:
    for paper in (3, 1):
        club.table.nominate(club.number, paper, club.ada, "")
    club.table.vote(club.number, 1, club.bo)
    club.table.read_on(club.number, 1, date(2026, 12, 10))
    assert [(one.paper_id, one.read_on) for one in club.table.nominations(club.number)] == [
        (3, None), (1, date(2026, 12, 10)),
    ]  # fmt: skip
    club.table.read_on(club.number, 1, None)
    club.table.withdraw(club.number, 1)
    assert [one.paper_id for one in club.table.nominations(club.number)] == [3]
    club.table.nominate(club.number, 1, club.bo, "")
    assert club.table.nominations(club.number)[1].voters == frozenset()


def test_what_is_discussed_is_counted_without_what_is_deleted(club: Club) -> None:
    first, _, third = club.say(club.ada, 1, "one"), club.say(club.bo, 1, "two"), club.say(club.bo, 3, "three")
    comments = club.catalogue.community.comments
    assert list(club.table.discussed(club.number).items()) == [(3, 1), (1, 2)]
    comments.delete(first)
    comments.delete(third)
    assert club.table.discussed(club.number) == {1: 1}
    assert club.table.discussing([club.number, 99], 1) == {club.number: 1}
    assert (club.table.discussing([], 1), club.table.discussing([club.number], 2)) == ({}, {})
    assert comments.counts([1, 3]) == {}
    assert comments.of_paper(1) == []
    assert [one.text for one in comments.in_group(1, club.number)] == ["", "two"]


def test_a_deleted_group_is_nowhere_and_comes_back_whole(club: Club) -> None:
    club.table.change(club.number, invite_key="key")
    club.table.invite(club.number, club.cy)
    club.table.nominate(club.number, 1, club.ada, "")
    club.say(club.ada, 1, "@bo")
    deletion = club.table.delete(club.number, club.readers["ada"])
    assert (club.table.get(club.number), club.table.of_key("key"), club.table.members(club.number)) == (None, None, [])
    assert (club.table.of_account(club.bo), club.table.inviting(club.cy)) == ([], [])
    assert club.catalogue.papers.owner_of_deletion(deletion) == ("group", club.readers["ada"])
    [listed] = club.catalogue.papers.deletions()
    assert (listed.kind, listed.label) == ("group", f"group {club.number}")
    assert club.catalogue.papers.restore(deletion) == []
    assert club.members() == [("ada", True), ("bo", False)]
    assert len(club.table.nominations(club.number)) == 1
    with pytest.raises(UsageError, match="restored already"):
        club.catalogue.papers.restore(deletion)


@pytest.mark.parametrize("alone", [True, False])
def test_a_group_that_is_deleted_for_good_leaves_nothing(club: Club, alone: bool) -> None:
    other = club.table.create("other", "", club.bo)
    club.table.nominate(club.number, 1, club.ada, "")
    club.table.vote(club.number, 1, club.ada)
    club.say(club.ada, 1, "gone with it")
    deletion = club.table.delete(club.number, club.readers["ada"])
    assert club.catalogue.papers.purge(deletion if alone else None) == 1
    with closing(sqlite3.connect(club.catalogue.path)) as raw:
        for table in ("group_members", "group_nominations", "group_votes", "comments"):
            assert raw.execute(f"SELECT count(*) FROM {table} WHERE group_id = ?", (club.number,)).fetchone() == (0,)
    assert [one.id for one in club.table.of_account(club.bo)] == [other]


def test_purging_another_deletion_leaves_a_deleted_group_restorable(club: Club) -> None:
    deletion = club.table.delete(club.number, club.readers["ada"])
    paper = club.catalogue.papers.delete(3)
    assert club.catalogue.papers.purge(paper) == 1
    club.catalogue.papers.restore(deletion)
    assert club.members() == [("ada", True), ("bo", False)]


def test_a_mention_in_a_group_is_of_its_members_while_they_are_in_it(club: Club) -> None:
    comments = club.catalogue.community.comments
    comments.add(Author(club.ada, group_id=club.number), 1, "@bo", mentions=[club.bo])
    assert (comments.unseen_mentions(club.bo), len(comments.mentions_of(club.bo))) == (1, 1)
    club.table.leave(club.number, club.bo)
    assert (comments.unseen_mentions(club.bo), comments.mentions_of(club.bo)) == (0, [])
    club.table.join(club.number, club.bo)
    deletion = club.table.delete(club.number, club.readers["ada"])
    assert comments.unseen_mentions(club.bo) == 0
    club.catalogue.papers.restore(deletion)
    assert comments.unseen_mentions(club.bo) == 1


def test_what_is_said_in_a_group_counts_for_no_trend_and_no_author(club: Club) -> None:
    club.say(club.ada, 1, "quiet")
    club.catalogue.community.comments.add(Author(reader_id=club.readers["bo"]), 1, "a note")
    attention = club.catalogue.community.trending.attention([1])
    assert attention.commenters == {}
    club.catalogue.community.comments.add(Author(club.bo), 1, "aloud")
    assert club.catalogue.community.trending.attention([1]).commenters == {1: 1}
