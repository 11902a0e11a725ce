"""An open day is composed once for all who look at it, and again as soon as something of it has changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from broadsheet.community.open_day import OpenDay
from broadsheet.community.trend_statistics import CommunityStatistics
from tests.community.house import ADA, BOB, House
from tests.community.people import change


class Counting:
    """Orders by number and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, ids: Sequence[int], now: datetime) -> list[tuple[int, str]]:
        self.times += 1
        return [(paper_id, f"ordered {self.times} times") for paper_id in sorted(ids)]


def test_an_open_day_is_composed_again_when_something_has_changed(house: House) -> None:
    first, second = house.add("Paper 1"), house.add("Paper 2")
    for paper in (first, second):
        house.editions.enter(paper, "pick", "ada")
    order = Counting()
    day = OpenDay(house.library, house.community.fields, order)

    def seen() -> tuple[int, list[tuple[str, int, int]]]:
        today = house.editions.today
        entries = day.entries(house.library.catalogue.community.editions.papers(today, today))
        return order.times, [(one.title, one.printed.votes, one.printed.comments) for one in entries]

    assert seen() == seen() == (1, [("Paper 1", 0, 0), ("Paper 2", 0, 0)])
    house.community.votes.cast(ADA, second)
    assert seen() == seen() == (2, [("Paper 1", 0, 0), ("Paper 2", 1, 0)])
    house.community.votes.withdraw(ADA, second)
    house.community.votes.cast(BOB, first)
    assert seen() == (3, [("Paper 1", 1, 0), ("Paper 2", 0, 0)])
    house.add("Paper 2", title="Another title", version=2)
    assert seen() == (4, [("Paper 1", 1, 0), ("Another title", 0, 0)])
    house.clock.now += timedelta(seconds=30)
    assert seen()[0] == 4
    house.clock.now += timedelta(seconds=1)
    assert seen()[0] == 5


def test_a_day_without_papers_asks_for_no_order(house: House) -> None:
    order = Counting()
    assert (list(OpenDay(house.library, house.community.fields, order).entries([])), order.times) == ([], 0)


def test_votes_of_all_papers_are_counted_again_after_a_minute_or_many_new_votes(house: House) -> None:
    paper = house.add("Paper 1")
    now = house.clock.now
    statistics = CommunityStatistics(house.library, lambda _: "")
    assert statistics.busiest_day(now) == 0
    house.community.votes.cast(ADA, paper)
    assert statistics.busiest_day(now) == 1  # each of the first hundred votes is many
    change(house.library, "UPDATE votes SET id = 500")
    assert statistics.busiest_day(now) == 1
    house.community.votes.cast(BOB, paper)
    assert statistics.busiest_day(now) == 1  # one more than 500 is not
    assert statistics.busiest_day(now + timedelta(minutes=1)) == 1
    assert statistics.busiest_day(now + timedelta(minutes=1, seconds=1)) == 2
