"""Editions: what enters a day, how it closes, and what stays of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from broadsheet.community.actor import Actor, Role
from broadsheet.community.periods import Kind, period_named
from broadsheet.kit.errors import SourceError, UnknownPaper, UsageError
from tests.catalogue.made import ARTICLE, BOTH, PREPRINT
from tests.community.house import ADA, BOB, MONDAY, House


def test_a_day_is_open_until_it_closes_and_then_fixed(house: House) -> None:
    first, second = house.add("Paper 1"), house.add("Paper 2")
    house.editions.enter(first, "submission", "ada")
    house.editions.enter(second, "pick", "bob")
    edition = house.editions.latest()
    assert (edition.day, edition.is_open, house.titles(edition)) == (MONDAY.date(), True, ["Paper 1", "Paper 2"])
    house.community.votes.cast(ADA, second)
    assert house.titles(house.editions.edition(MONDAY.date())) == ["Paper 2", "Paper 1"]
    assert house.close(hours=7, minutes=59) == []
    assert house.close(minutes=1) == [MONDAY.date()]
    house.community.votes.cast(BOB, first)
    house.community.votes.cast(Actor(Role.admin, "cy"), first)
    house.add("Paper 1", title="Another title 1", version=2)
    closed = house.editions.edition(MONDAY.date())
    assert (closed.is_open, closed.closed_at) == (False, MONDAY + timedelta(hours=8))
    assert house.titles(closed) == ["Paper 2", "Paper 1"]
    assert [(e.place, e.via, e.by, e.printed.votes, e.printed.reason) for e in closed.entries] == [
        (1, "pick", "bob", 1, "1 by 18:00"),
        (2, "submission", "ada", 0, "0 by 18:00"),
    ]
    assert [(entry.change, entry.title_now) for entry in closed.entries] == [("", ""), ("renamed", "Another title 1")]
    assert house.close(hours=1) == []


def test_a_paper_is_in_one_edition(house: House) -> None:
    paper = house.add("Paper 1")
    house.editions.enter(paper, "submission", "ada")
    house.editions.enter(paper, "pick", "bob")
    house.close(days=1)
    row = house.editions.enter(paper, "pick", "bob")
    assert (row.day, row.via, row.by, row.place) == (MONDAY.date(), "submission", "ada", 1)
    assert house.editions.latest().day == MONDAY.date()
    with pytest.raises(UnknownPaper):
        house.editions.enter(999, "pick", "bob")


def test_a_pick_can_be_taken_back_while_its_day_is_open(house: House) -> None:
    picked, submitted = house.add("Paper 1"), house.add("Paper 2")
    house.editions.enter(picked, "pick", "ada")
    house.editions.enter(submitted, "submission", "ada")
    house.editions.unpick(picked, "ada")
    assert house.titles(house.editions.latest()) == ["Paper 2"]
    with pytest.raises(UsageError, match="no edition by a curator's pick"):
        house.editions.unpick(submitted, "ada")
    house.editions.enter(picked, "pick", "ada")
    house.close(days=1)
    with pytest.raises(UsageError, match="printed on 2026-11-23"):
        house.editions.unpick(picked, "ada")


def test_what_is_printed_outlives_the_paper(house: House) -> None:
    kept, deleted = house.add("Paper 1"), house.add("Paper 2")
    for paper in (kept, deleted):
        house.editions.enter(paper, "pick", "ada")
    house.close(days=1)
    house.library.delete(deleted)
    closed = house.editions.edition(MONDAY.date())
    assert [(entry.title, entry.paper_id, entry.change) for entry in closed.entries] == [
        ("Paper 1", kept, ""),
        ("Paper 2", None, "deleted"),
    ]
    assert house.titles(house.editions.week(MONDAY.date())) == ["Paper 1", "Paper 2"]


def test_a_paper_deleted_before_the_day_closes_is_not_printed(house: House) -> None:
    kept, deleted = house.add("Paper 1"), house.add("Paper 2")
    for paper in (kept, deleted):
        house.editions.enter(paper, "pick", "ada")
    number = house.library.delete(deleted)
    assert house.titles(house.editions.latest()) == ["Paper 1"]
    house.close(days=1)
    assert house.titles(house.editions.edition(MONDAY.date())) == ["Paper 1"]
    house.library.restore(number)
    assert house.editions.enter(deleted, "pick", "ada").day == date(2026, 11, 24)


def test_a_printed_paper_that_is_joined_with_another(house: House) -> None:
    preprint, article = (house.library.add(one).paper_ids[0] for one in (PREPRINT, ARTICLE))
    absorbed = max(preprint, article)
    house.editions.enter(absorbed, "pick", "ada")
    house.close(days=1)
    survivor = house.library.add(BOTH).paper_ids[0]
    assert survivor == min(preprint, article)
    [entry] = house.editions.edition(MONDAY.date()).entries
    assert (entry.title, entry.change, entry.paper_id) == (ARTICLE.paper.title, "merged", survivor)
    assert entry.title_now == house.library.paper(survivor).paper.title
    row = house.editions.enter(survivor, "pick", "bob")  # it was printed already
    assert (row.day, row.by, row.place) == (MONDAY.date(), "ada", 1)
    assert house.editions.row_of(survivor) == row


def test_a_clock_that_is_put_back_opens_no_closed_day(house: House) -> None:
    house.close(days=2)
    house.close(days=1)
    house.clock.now = MONDAY
    row = house.editions.enter(house.add("Paper 1"), "pick", "ada")
    assert row.day == date(2026, 11, 26)
    assert house.editions.close_due(house.clock.now) == []


def test_weeks_and_months_are_views_over_days(house: House) -> None:
    papers = [house.add(f"Paper {n}") for n in range(1, 4)]
    for paper in papers[:2]:
        house.editions.enter(paper, "pick", "ada")
        house.close(days=1)
    house.close(days=7)
    house.editions.enter(papers[2], "pick", "ada")
    house.community.votes.cast(ADA, papers[1])
    week = house.editions.week(date(2026, 11, 29))
    assert (week.period.name, week.is_open, house.titles(week)) == ("2026-W48", False, ["Paper 2", "Paper 1"])
    assert week.previous is None
    assert week.following == period_named(Kind.week, "2026-W49")
    month = house.editions.month(date(2026, 12, 1))
    assert (month.is_open, house.titles(month)) == (True, ["Paper 3"])
    assert month.previous == period_named(Kind.month, "2026-11")
    assert house.editions.counts(date(2026, 11, 1), date(2026, 12, 31)) == {
        date(2026, 11, 23): 1,
        date(2026, 11, 24): 1,
        date(2026, 12, 2): 1,
    }
    assert house.editions.years() == {2026: 3}
    day = house.editions.edition(date(2026, 11, 24))
    assert (day.previous, day.following) == (
        period_named(Kind.day, "2026-11-23"),
        period_named(Kind.day, "2026-12-02"),
    )


def test_an_empty_day_says_why(house: House) -> None:
    def note(day: int) -> str:
        return house.editions.edition(date(2026, 11, day)).note

    started = house.clock.now
    assert note(22) == "Editions begin on 23 November 2026."
    assert note(24) == "This day has not begun yet."
    assert note(23) == (
        "Nothing is in this edition yet; it closes at 18:00 UTC. Nobody submitted or picked a paper, and no source "
        "was asked for new ones."
    )
    house.close()
    failure = {"added": 0, "updated": 0, "messages": [str(SourceError("no answer"))]}
    house.library.catalogue.harvest.log_run("arxiv", started, failure)
    house.close(days=1)
    house.library.catalogue.harvest.log_run("arxiv", house.clock.now, {"added": 0, "updated": 0, "messages": []})
    house.close(days=1)
    house.library.catalogue.harvest.log_run("arxiv", house.clock.now, {"added": 8, "updated": 0, "messages": ["odd"]})
    house.close(days=4)
    assert note(23) == "The source arxiv could not be read: no answer."
    assert note(24) == "There were no new papers (arxiv), and nobody submitted or picked one."
    assert note(25) == "New papers came, but none was submitted, picked, or above the bar for sources."
    assert note(28) == "It was a weekend, when most sources announce nothing."
    assert house.editions.edition(date(2026, 11, 28)).previous is None


@pytest.mark.parametrize("settings", ['time_zone = "Europe/Paris"'], indirect=True)
def test_a_day_in_another_zone(house: House) -> None:
    house.clock.now = datetime(2026, 10, 25, 16, 30, tzinfo=UTC)
    house.editions.enter(house.add("Paper 1"), "pick", "ada")
    assert house.editions.today == date(2026, 10, 25)
    edition = house.editions.latest()
    assert edition.closes_at - edition.begins_at == timedelta(hours=25)
    assert house.close(minutes=29) == []
    assert house.close(minutes=1) == [date(2026, 10, 25)]


def test_the_order_of_an_open_day_is_by_trend(house: House) -> None:
    papers = [house.add(f"Paper {n}") for n in range(1, 4)]
    editions = house.community.editions
    for paper in papers:
        editions.enter(paper, "pick", "ada")
    trends = house.community.trends.order(papers, house.clock.now)
    entries = editions.latest().entries
    assert [(entry.paper_id, entry.printed.reason) for entry in entries] == [(t.paper_id, t.reason) for t in trends]
    assert all(entry.printed.reason for entry in entries)
