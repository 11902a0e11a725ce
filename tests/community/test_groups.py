"""Groups: their limits, their owners, what members show, and every query of comments that is not theirs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

import broadsheet
from broadsheet.catalogue.dialects import sql
from broadsheet.community import Community, group_reading, groups
from broadsheet.community.actor import VISITOR, Actor, Role
from broadsheet.community.comments import Audience
from broadsheet.kit.errors import RateLimited, UsageError
from broadsheet.kit.paper import Paper, Record
from tests.clock import ticking
from tests.community.people import change, join

PRIVATE = {"COMMENT", "COMMENTS_IN_GROUP", "NOTES_OF_READER", "PAPERS_WITH_NOTES", "MENTIONED_IN", "COMMENTED_IN_GROUP"}


@pytest.fixture
def community(tmp_path: Path) -> Iterator[Community]:
    """A community with four papers."""
    (tmp_path / "broadsheet.toml").write_text('[community]\nmode = "community"\n')
    with broadsheet.open(tmp_path, clock=ticking()) as library:
        library.add(*(Record(Paper(f"On {name}"), "made", name, "made") for name in ("rye", "oats", "tides", "bees")))
        yield Community(library)


@pytest.fixture
def member(community: Community) -> Callable[[str], Actor]:
    """Makes members."""
    return lambda name: join(community.library, name)


def test_every_query_of_comments_says_whom_it_is_for() -> None:
    """Public by construction: who adds a query that counts or lists comments says what it does about groups."""
    queries = {name: text for name, text in vars(sql).items() if name.isupper() and re.search(r"\bcomments\.", text)}
    generic = {name for name, text in queries.items() if "UNION" in text}  # of all tables with rows of a paper
    silent = {name for name, text in queries.items() if "comments.group_id IS NULL" not in text} - generic
    of_groups = {
        name for name in silent if "comments.group_id =" in queries[name] or "comments.group_id IN" in queries[name]
    }
    assert silent - of_groups - PRIVATE <= {"SAME_COMMENT", "VERSIONS_OF_COMMENT"}, silent


def test_owners_invite_make_owners_and_remove(community: Community, member: Callable[[str], Actor]) -> None:
    ada, bo, cy = member("ada"), member("bo"), member("cy")
    own = community.groups
    number = own.create(ada, "  Club\x00 ", "read *it*")
    assert own.get(ada, "Club").group.name == "Club"
    with pytest.raises(UsageError, match="no member is called 'nobody'"):
        own.invite(ada, number, "nobody")
    own.invite(ada, number, " Bo ")
    assert ([g.name for g in own.inviting(bo)], own.invited(ada, number)) == (["Club"], ["bo"])
    own.accept(bo, number)
    with pytest.raises(UsageError, match="does not invite you"):
        own.accept(cy, number)
    with pytest.raises(UsageError, match="in the group already"):
        own.invite(ada, number, "bo")
    with pytest.raises(UsageError, match="only an owner"):
        own.change(bo, number, "Mine", "")
    with pytest.raises(UsageError, match="last owner"):
        own.make_owner(ada, number, "ada", is_owner=False)
    own.make_owner(ada, number, "bo")
    own.make_owner(bo, number, "ada", is_owner=False)
    with pytest.raises(UsageError, match="leave the group yourself"):
        own.remove(bo, number, "bo")
    own.remove(bo, number, "ada")
    assert ([m.name for m in own.get(bo, number).members], own.of(ada)) == (["bo"], [])
    own.invite(bo, number, "cy")
    own.uninvite(bo, number, "cy")
    own.invite(bo, number, "cy")
    own.decline(cy, number)
    assert own.inviting(cy) == []


def test_two_groups_of_one_name_are_told_apart_by_number(community: Community, member: Callable[[str], Actor]) -> None:
    ada = member("ada")
    first, second = (community.groups.create(ada, "Club") for _ in range(2))
    with pytest.raises(UsageError, match="name one by its number"):
        community.groups.get(ada, "Club")
    assert community.groups.get(ada, str(second)).group.id == second == first + 1


def test_who_may_not_is_told_nothing(community: Community, member: Callable[[str], Actor]) -> None:
    ada, cy = member("ada"), member("cy")
    number = community.groups.create(ada, "Club")
    for act in (
        lambda: community.groups.get(cy, number),
        lambda: community.group_reading.week(cy, number),
        lambda: community.group_reading.nominate(cy, number, 1),
        lambda: community.comments.add(cy, 1, "hello", audience=Audience(number)),
        lambda: community.comments.thread(cy, 1, Audience(number)),
        lambda: community.comments.thread(VISITOR, 1, Audience(number)),
    ):
        with pytest.raises(UsageError, match=f"there is no group {number} of yours|sign in"):
            act()
    with pytest.raises(UsageError, match="sign in"):
        community.groups.create(VISITOR, "Club")
    change(community.library, "UPDATE accounts SET suspended_at = '2026-01-01' WHERE id = ?", ada.account_id)
    for change_it in (lambda: community.groups.create(ada, "x"), lambda: community.groups.open_link(ada, number)):
        with pytest.raises(UsageError, match="suspended"):
            change_it()


def test_limits(community: Community, member: Callable[[str], Actor], monkeypatch: pytest.MonkeyPatch) -> None:
    ada, bo, cy = member("ada"), member("bo"), member("cy")
    for name, limit in (("MOST_GROUPS", 1), ("MOST_MEMBERS", 2)):
        monkeypatch.setattr(groups, name, limit)
    monkeypatch.setattr(group_reading, "MOST_OPEN", 1)
    number = community.groups.create(ada, "Club")
    with pytest.raises(UsageError, match="1 groups at most"):
        community.groups.create(ada, "Other")
    path = community.groups.open_link(ada, number)
    key = path.rpartition("/")[2]
    community.groups.join_by_link(bo, key)
    with pytest.raises(UsageError, match="2 members at most"):
        community.groups.join_by_link(cy, key)
    community.group_reading.nominate(ada, number, 1)
    with pytest.raises(UsageError, match="1 papers are nominated"):
        community.group_reading.nominate(bo, number, 2)
    community.group_reading.nominate(bo, number, 1)  # a second nomination is a vote
    assert len(community.group_reading.agenda(ada, number).nominated[0].voters) == 2
    for text, refused in (("", "needs a name"), ("x" * 81, "at most 80")):
        with pytest.raises(UsageError, match=refused):
            community.groups.change(ada, number, text, "")
    monkeypatch.setattr(groups, "_AN_HOUR", 1)
    with pytest.raises(RateLimited):
        community.groups.invite(ada, number, "cy")


def test_equal_votes_go_to_the_first_nominated_and_past_days_are_history(
    community: Community, member: Callable[[str], Actor]
) -> None:
    ada, bo = member("ada"), member("bo")
    number, reading = community.groups.create(ada, "Club"), community.group_reading
    community.groups.invite(ada, number, "bo")
    community.groups.accept(bo, number)
    for paper in (3, 1, 2):
        reading.nominate(ada, number, paper)
    reading.vote(bo, number, 1)
    reading.vote(bo, number, 1)
    today = community.library.now().date()
    assert reading.pick(ada, number, today) == 1
    assert reading.pick(ada, number, today + timedelta(days=7)) == 3
    agenda = reading.agenda(bo, number)
    assert ([n.paper_id for n in agenda.next], [n.paper_id for n in agenda.nominated]) == ([1, 3], [2])
    change(community.library, "UPDATE group_nominations SET read_on = '2020-01-01' WHERE paper_id = 1")
    assert [(n.paper_id, n.read_on) for n in reading.agenda(bo, number).earlier] == [(1, date(2020, 1, 1))]
    assert reading.news("bo", number)[0][0] == 3
    assert reading.news("cy", number) == []


def test_what_is_shown_is_of_after_the_choice_and_of_members_alone(
    community: Community, member: Callable[[str], Actor]
) -> None:
    ada, bo = member("ada"), member("bo")
    number, library = community.groups.create(ada, "Club"), community.library
    library.act("ada", 1, "save")
    change(library, "UPDATE reader_papers SET saved_at = '2020-01-01T00:00:00.000000+00:00'")
    community.groups.show_mine(ada, number, shown=True)
    library.act("ada", 2, "save")
    library.act("bo", 3, "save")
    community.votes.cast(ada, 2)
    assert [(one.paper_id, one.savers, one.voters) for one in community.group_reading.week(ada, number)] == [
        (2, ["ada"], ["ada"])
    ]
    library.act("ada", 2, "unsave")
    assert [(one.paper_id, one.savers) for one in community.group_reading.week(ada, number)] == [(2, [])]
    community.groups.show_mine(ada, number, shown=False)
    assert community.group_reading.week(ada, number) == []
    assert community.group_reading.of_reader(bo.reader) == []


def test_where_there_are_no_accounts_there_are_no_groups(tmp_path: Path) -> None:
    with broadsheet.open(tmp_path / "alone") as library:
        alone = Community(library)
        assert alone.groups.of(Actor(Role.admin, "me")) == alone.groups.inviting(Actor(Role.admin, "me")) == []
        with pytest.raises(UsageError, match="one reader"):
            alone.groups.create(Actor(Role.admin, "me"), "x")
