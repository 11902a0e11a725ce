"""Editions: what enters a day, how it closes, and what stays of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import broadsheet
from broadsheet.community import Community
from broadsheet.community.actor import Actor, Role
from broadsheet.community.editions import Edition, Editions
from broadsheet.community.periods import Kind, period_named
from broadsheet.kit.errors import SourceError, UnknownPaper, UsageError
from broadsheet.kit.paper import Identifiers, Paper, Record
from broadsheet.pipeline.library import Library
from tests.catalogue.made import ARTICLE, BOTH, PREPRINT
from tests.community.people import change

MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
ADA, BOB = Actor(Role.admin, "ada"), Actor(Role.admin, "bob")


class Clock:
    """A clock that is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class House:
    """A library, its community and its clock."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.clock = clock
        self.library: Library = broadsheet.open(folder, clock=clock)
        self.community = Community(self.library)
        self.editions = Editions(self.library, self.community.fields, self._order)

    def _order(self, paper_ids: Sequence[int], now: datetime) -> list[tuple[int, str]]:
        """The most votes first, then as they came."""
        counts = self.community.votes.counts(paper_ids)
        return [(n, f"{counts[n]} by {now:%H:%M}") for n in sorted(paper_ids, key=lambda n: -counts[n])]

    def add(self, name: str, source: str = "jsonl:a", **fields: object) -> int:
        """A paper dated today with this title; its number."""
        arxiv = f"2611.{int(name.rpartition(' ')[2]):05d}"
        paper = Paper(name, f"On {name}.", ids=Identifiers(arxiv=arxiv), submitted=self.clock.now.date())
        report = self.library.add(Record(replace(paper, **fields), source, arxiv, "made"))  # type: ignore[arg-type]
        return report.paper_ids[0]

    def titles(self, edition: Edition) -> list[str]:
        return [entry.title for entry in edition.entries]

    def close(self, **after: int) -> list[date]:
        self.clock.now += timedelta(**after)
        return self.editions.close_due(self.clock.now)


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    lines = getattr(request, "param", "")
    (folder / "broadsheet.toml").write_text(f'[edition]\ncloses = "18:00"\n{lines}\n')
    return folder


@pytest.fixture
def house(settings: Path) -> Iterator[House]:
    house = House(settings, Clock(MONDAY))
    yield house
    house.library.close()


SOURCES = pytest.mark.parametrize("settings", ['sources = ["arxiv"]\nsize = 3'], indirect=True)
BAR = pytest.mark.parametrize("settings", ['sources = ["arxiv"]\nbar = 5\nsize = 3'], indirect=True)


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
    house.editions.close_due(house.clock.now)  # the best of the day so far
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
    house.editions.close_due(house.clock.now)
    assert house.titles(house.editions.edition(date(2026, 11, 24))) == ["Paper 2"]
    house.close(days=20)
    _count(house, numbers[2], 50)
    house.editions.close_due(house.clock.now)  # and beyond the window none does
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
