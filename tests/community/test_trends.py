"""The order by trend over a real library: by relevance and time while few vote, then by votes a look."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from broadsheet.community import Community
from broadsheet.community.actor import Actor, Role
from broadsheet.community.trend_signals import stars_a_day, votes_elsewhere
from broadsheet.community.trends import FORMULAS, Trends
from broadsheet.settings import Settings
from tests.catalogue.made import record
from tests.clock import NOON
from tests.community.people import change

Member = Callable[..., Actor]
NOW = NOON + timedelta(hours=3)


def with_settings(community: Community, **trending: object) -> None:
    """Change the library's settings of [trending]."""
    settings: Settings = community.library.settings
    community.library.settings = replace(settings, trending=replace(settings.trending, **trending))  # type: ignore[arg-type]


def count(community: Community, paper: int, kind: str, values: Mapping[str, int], source: str = "elsewhere") -> None:
    for day, value in values.items():
        change(community.library, "INSERT INTO paper_counts VALUES (?, ?, ?, ?, ?)", paper, source, kind, day, value)


def show(community: Community, paper: int, position: int, times: int) -> None:
    community.library.catalogue.community.trending.count_exposures({(paper, "2026-07-01", "day", position): times})


def test_while_few_vote_papers_are_ordered_by_relevance_then_newest_and_say_so(community: Community) -> None:
    count(community, 1, "votes", {"2026-06-30": 50, "2026-07-01": 150})
    found = community.trends.order([3, 1, 2, 2, 99], NOW)
    assert [trend.paper_id for trend in found] == [1, 3, 2]
    assert found[0].parts["relevance"] == 3  # 0.8 * log(151) / log(201) = 0.757
    assert found[1].parts == {"relevance": 0, "newness": pytest.approx(1 / (2 + 3 / 24), rel=1e-3)}
    assert found[0].reason == "No votes yet; 150 votes elsewhere; entered 3 hours ago."
    assert community.trends.note(NOW) == "Fewer than 10 voters a day: by relevance, then newest."
    assert community.trends.order([], NOW) == community.trends.order([99], NOW) == []


def test_with_enough_voters_papers_are_ordered_by_votes_a_look(community: Community, member: Member) -> None:
    with_settings(community, few_voters=3)
    readers = [member(name) for name in ("dora", "emil", "fay")]
    for reader in readers:
        community.votes.cast(reader, 1, "day", 1)
    for reader in readers[:2]:
        community.votes.cast(reader, 2, "day", 9)
    show(community, 1, 1, 90)
    show(community, 1, 1, 10)  # counts add up
    show(community, 2, 9, 50)  # 50 * 9^-0.6 = 13.4 looks, a little more by the curve learned
    show(community, 3, 10, 50)
    found = community.trends.order([1, 2, 3], NOW)
    assert not community.trends.has_few_voters(NOW)
    assert community.trends.note(NOW) == ""
    assert [trend.paper_id for trend in found] == [2, 1, 3]
    assert found[0].reason == "2 votes of about 14 looks, 1.9 times what is usual here; entered 3 hours ago."
    assert found[2].reason == "No votes yet of about 13 looks; entered 3 hours ago."
    assert found[0].score == pytest.approx(sum(found[0].parts.values()))
    assert set(found[0].parts) == {"votes", "relevance", "age"}
    with_settings(community, few_voters=3, formula="vote-count")
    assert [trend.paper_id for trend in Trends(community.library).order([1, 2, 3], NOW)] == [1, 2, 3]


def test_votes_a_week_ago_are_no_longer_many(community: Community, member: Member) -> None:
    with_settings(community, few_voters=1)
    community.votes.cast(member("dora"), 1)
    assert not community.trends.has_few_voters(NOW)
    assert community.trends.has_few_voters(NOW + timedelta(days=7))
    assert community.trends.has_few_voters(NOW - timedelta(days=1))


def test_a_vote_that_is_not_counted_and_a_save_by_a_voter_add_nothing(community: Community, member: Member) -> None:
    with_settings(community, few_voters=0, formula="vote-count")
    ada, dora = member("ada", "Ada Example"), member("dora")
    community.votes.cast(ada, 1)  # her own work
    community.votes.cast(dora, 3)
    community.library.act("dora", 3, "save")
    community.library.act("dora", 2, "save")
    scores = {trend.paper_id: trend.score for trend in community.trends.order([1, 2, 3], NOW)}
    assert scores == {1: 0, 2: 0.5, 3: 1}


def test_a_paper_ages_from_when_it_entered_an_edition(community: Community) -> None:
    entered = (NOON - timedelta(days=4)).isoformat(timespec="microseconds")
    change(
        community.library,
        "INSERT INTO edition_papers (paper_id, day, entered_at, via) VALUES (1, '2026-06-27', ?, 'pick')", entered,
    )  # fmt: skip
    first, last = community.trends.order([1, 2], NOW)
    assert (first.paper_id, last.paper_id) == (2, 1)
    assert "entered 4 days ago" in last.reason


def test_comments_of_others_count_for_lobsters_once_a_person(community: Community, member: Member) -> None:
    with_settings(community, few_voters=0, formula="lobsters")
    dora, emil = member("dora"), member("emil")
    insert = "INSERT INTO comments (paper_id, account_id, at, text, hidden_at) VALUES (3, ?, '', 'x', ?)"
    for account, hidden in ((dora.account_id, None), (dora.account_id, None), (emil.account_id, None), (99, "2026")):
        change(community.library, insert, account, hidden)
    change(community.library, "INSERT INTO submissions (paper_id, account_id, at) VALUES (3, ?, '')", emil.account_id)
    community.votes.cast(member("fay"), 3)
    assert community.trends.order([3], NOW)[0].parts["comments"] == pytest.approx(np.log10(2.5 / 2))


def test_what_is_near_to_what_the_community_likes_comes_first(community: Community, member: Member) -> None:
    dora = member("dora")
    community.votes.cast(dora, 1)
    community.votes.cast(dora, 2)
    found = {trend.paper_id: trend for trend in community.trends.order([1, 2, 3], NOW)}
    assert all(np.isfinite(trend.score) for trend in found.values())
    assert found[1].score > found[3].score  # one on deep kelp, one on kelp, and one vote each


@pytest.mark.parametrize("formula", sorted(FORMULAS))
def test_every_formula_can_be_chosen(community: Community, formula: str) -> None:
    with_settings(community, few_voters=0, formula=formula)
    found = community.trends.order([1, 2, 3], NOW)
    assert [trend.paper_id for trend in found] == [3, 2, 1]  # no votes: the newest first
    assert json.dumps([dict(trend.parts) for trend in found])


def test_stars_are_those_of_the_last_week_and_votes_the_latest_of_each_place() -> None:
    today = date(2026, 7, 1)
    counts = {
        ("hf", "votes"): [("2026-06-01", 5), ("2026-07-01", 9)],
        ("other", "votes"): [("2026-06-20", 2)],
        ("hf", "stars"): [("2026-06-01", 0), ("2026-06-21", 100), ("2026-06-30", 145), ("2026-07-01", 150)],
        ("other", "stars"): [("2026-06-30", 90)],
    }
    assert votes_elsewhere(counts) == 11
    assert stars_a_day(counts, today) == 5  # 50 in ten days
    assert stars_a_day({("other", "stars"): [("2026-06-30", 90)]}, today) == 3
    assert stars_a_day({("x", "stars"): [("2026-06-30", 9), ("2026-07-01", 4)]}, today) == 0
    assert stars_a_day({}, today) == 0


def ring(community: Community, member: Member, paper: int, position: int | None, joined: str = "") -> list[Actor]:
    """Twelve accounts that vote for a paper from one position."""
    accounts = [member(f"ring{n}") for n in range(12)]
    for account in accounts:
        community.votes.cast(account, paper, "day" if position else "api", position)
    change(community.library, "UPDATE accounts SET joined_at = ? WHERE id > 1", joined)
    return accounts


def honest(community: Community, member: Member) -> None:
    """A member of long standing, and papers that were shown."""
    member("founder")
    change(community.library, "UPDATE accounts SET joined_at = '2025-01-01T00:00:00.000000+00:00'")
    with_settings(community, few_voters=0)
    for paper, position, times in ((1, 1, 400), (2, 2, 80), (3, 9, 30)):
        show(community, paper, position, times)


def test_votes_of_a_ring_that_signed_up_yesterday_count_as_one_or_two(community: Community, member: Member) -> None:
    honest(community, member)
    accounts = ring(community, member, 1, 1, joined="2026-06-30T12:00:00.000000+00:00")
    (first,) = (trend for trend in community.trends.order([1, 2, 3], NOW) if trend.paper_id == 1)
    assert "votes of new accounts that belong together count as one or two: 12 as 1.8" in first.reason
    together = community.trends.groups_of_voters(1, NOW)
    assert len(together) == 12
    assert set(together.values()) == {0}
    admin = member("root", role=Role.admin)
    community.votes.decide(admin, 1, accounts[0].reader, counted=True, reason="I know them")
    again = Trends(community.library)
    assert len(again.groups_of_voters(1, NOW)) == 11
    (first,) = (trend for trend in again.order([1, 2, 3], NOW) if trend.paper_id == 1)
    assert "12 as 2.8" in first.reason


@pytest.mark.parametrize(("position", "left"), [(9, 0), (None, 0), (4, 0)])
def test_votes_from_where_few_look_do_not_make_a_paper_first(
    community: Community, member: Member, position: int | None, left: int
) -> None:
    """From far down the page, from no page, and from a position where the paper never stood."""
    honest(community, member)
    for name in ("dora", "emil", "fay", "gus"):
        community.votes.cast(member(name), 2, "day", 2)
    ring(community, member, 3, position)
    found = community.trends.order([1, 2, 3], NOW)
    assert found[0].paper_id == 2
    (third,) = (trend for trend in found if trend.paper_id == 3)
    assert f"{12 - left} more than so few looks account for, which do not count for the order" in third.reason


def test_members_who_vote_together_for_paper_after_paper_count_as_one_or_two(
    community: Community, member: Member
) -> None:
    honest(community, member)
    catalogue = community.library.catalogue
    catalogue.papers.add([record(f"Coral {n} of {n * 37}", "made", f"c{n}") for n in range(17)])
    others = [member(f"other{n}") for n in range(12)]
    for n in range(72):  # six votes of each of twelve other people, for papers 4 to 20
        catalogue.community.votes.cast(catalogue.readers.get(others[n // 6].reader).id, 4 + n // 6 + n % 6, "day", 1)
    accounts = ring(community, member, 1, 1)
    assert community.trends.groups_of_voters(1, NOW) == {}
    for account in accounts[:8]:
        community.votes.cast(account, 2, "day", 2)
    again = Trends(community.library)
    assert set(again.groups_of_voters(1, NOW).values()) == {-1}
    assert len(again.groups_of_voters(1, NOW)) == len(again.groups_of_voters(2, NOW)) == 8
    reasons = {trend.paper_id: trend.reason for trend in again.order([1, 2, 3], NOW)}
    assert "votes of accounts that vote together for paper after paper count as one or two: 12 as 5.8" in reasons[1]
    assert "count as one or two: 8 as 1.8" in reasons[2]
    community.votes.decide(member("root", role=Role.admin), 1, accounts[0].reader, counted=True, reason="I know them")
    assert len(Trends(community.library).groups_of_voters(1, NOW)) == 7
