"""Papers of sources that enter a day by themselves."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.community.house import ADA, MONDAY, House
from tests.community.people import change

SOURCES = pytest.mark.parametrize("settings", ['sources = ["arxiv"]\nsize = 3'], indirect=True)
BAR = pytest.mark.parametrize("settings", ['sources = ["arxiv"]\nbar = 5\nsize = 3'], indirect=True)


@SOURCES
def test_papers_of_sources_enter_by_themselves(house: House) -> None:
    house.close()  # the first edition begins
    numbers = [house.add(f"Paper {n}", "arxiv") for n in range(1, 6)]
    house.add("Paper 9", "rss:elsewhere")
    house.add("Paper 8", "arxiv", submitted=date(2026, 11, 1))  # beyond the window
    picked = house.add("Paper 7", "arxiv")
    house.editions.enter(picked, "pick", "ada")
    house.community.votes.cast(ADA, numbers[4])
    house.editions.close_due(house.clock.now)
    assert house.titles(house.editions.latest()) == ["Paper 5", "Paper 1", "Paper 2", "Paper 7"]
    house.community.votes.cast(ADA, numbers[3])
    house.close(minutes=10)  # the best of the day so far
    assert sorted(house.titles(house.editions.latest())) == ["Paper 1", "Paper 4", "Paper 5", "Paper 7"]
    assert house.editions.enter(numbers[0], "pick", "bob").via == "pick"  # wanted: no place of a source any more
    house.close(days=1)
    closed = house.editions.edition(MONDAY.date())
    assert sorted(house.titles(closed)) == ["Paper 1", "Paper 2", "Paper 4", "Paper 5", "Paper 7"]
    assert {entry.title: entry.by for entry in closed.entries if entry.via == "source"} == {
        "Paper 2": "arxiv",
        "Paper 4": "arxiv",
        "Paper 5": "arxiv",
    }
    house.close(days=1)  # what was left over is no news
    assert house.titles(house.editions.edition(date(2026, 11, 24))) == []


@BAR
def test_papers_of_sources_need_the_votes_of_the_bar(house: House) -> None:
    house.close()
    numbers = [house.add(f"Paper {n}", "arxiv") for n in range(1, 4)]
    _count(house, numbers[0], 5)
    _count(house, numbers[1], 4)
    house.editions.close_due(house.clock.now)
    assert house.titles(house.editions.latest()) == ["Paper 1"]
    house.close(days=1)
    _count(house, numbers[1], 9)  # reaches it on the next day
    house.close(minutes=10)
    assert house.titles(house.editions.edition(date(2026, 11, 24))) == ["Paper 2"]
    house.close(days=20)
    _count(house, numbers[2], 50)
    house.close(minutes=10)  # and beyond the window none does
    assert house.editions.latest().day == date(2026, 11, 24)


def _count(house: House, paper: int, votes: int) -> None:
    statement = "INSERT INTO paper_counts VALUES (?, 'daily-papers', 'votes', ?, ?)"
    change(house.library, statement, paper, str(house.clock.now.date()), votes)


@SOURCES
def test_days_that_were_missed_are_closed_once_with_what_came_during_them(house: House) -> None:
    house.close()
    for n in range(1, 4):
        house.add(f"Paper {n}", "arxiv")
        house.clock.now += timedelta(days=1)
    assert house.editions.close_due(house.clock.now) == [date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25)]
    assert [house.titles(house.editions.edition(date(2026, 11, 22 + n))) for n in range(1, 4)] == [
        ["Paper 1"],
        ["Paper 2"],
        ["Paper 3"],
    ]
