"""One Broadsheet reads another's daily papers: the same papers, votes, days and order, in editions of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import broadsheet
from broadsheet.community import Community
from broadsheet.pipeline.ingest import sync
from broadsheet.pipeline.library import Library
from tests.community.people import query
from tests.sources.network import FakeClock
from tests.web.daily import MONDAY, TUESDAY, WEDNESDAY, newsstand
from tests.web.served import Served, served

COMMUNITY = '[community]\nmode = "community"\n'
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The Broadsheet that is read."""
    with newsstand(tmp_path_factory.mktemp("first") / "library", COMMUNITY) as running:
        yield running


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """Time that passes only while the network client waits."""
    clock = FakeClock(NOON.timestamp())
    monkeypatch.setattr(sync, "time", SimpleNamespace(sleep=clock.sleep))
    return clock


@contextmanager
def reading(folder: Path, url: str, clock: FakeClock, more: str = "") -> Iterator[Library]:
    """An empty library that reads the daily papers at `url`."""
    folder.mkdir(exist_ok=True)
    settings = f'[daily_papers]\nurl = "{url}"\n[edition]\ncloses = "18:00"\nsources = ["daily-papers"]\n{more}'
    (folder / "broadsheet.toml").write_text(settings, encoding="utf-8")
    with broadsheet.open(folder, clock=lambda: datetime.fromtimestamp(clock.time, UTC)) as library:
        yield library


def known(item: dict[str, Any]) -> dict[str, Any]:
    """What must arrive of an item."""
    inner = item["paper"]
    names = ("id", "title", "summary", "publishedAt", "upvotes", "submittedOnDailyAt")
    shared = ("ai_summary", "ai_keywords", "githubRepo", "githubStars", "projectPage")
    return {
        **{name: inner[name] for name in names},
        **{name: item.get(name) for name in shared},
        "authors": [author["name"] for author in inner["authors"]],
        "organization": (item.get("organization") or {}).get("fullname"),
        "by": item["submittedBy"]["user"],
        "day": item["broadsheet"]["day"],
        "ids": item["broadsheet"]["ids"],
        "categories": item["broadsheet"]["categories"],
    }


def test_papers_votes_dates_and_order_arrive(first: Served, clock: FakeClock, tmp_path: Path) -> None:
    with reading(tmp_path / "second", first.url, clock) as library:
        [report] = library.sync(["daily-papers"])
        assert (report.read, report.added, report.quarantined, report.messages) == (5, 5, 0, ())
        community = Community(library)
        assert community.editions.close_due(library.now()) == [MONDAY, TUESDAY]
        assert {one.name: one for one in library.sources()}["daily-papers"].cursor.endswith('{"done": "2026-06-29"}')
    with served(tmp_path / "second", clock=lambda: NOON) as second:
        for day in (MONDAY, TUESDAY, WEDNESDAY):
            ours, theirs = (one.client.get(f"/api/daily_papers?date={day}").json() for one in (second, first))
            assert [known(item) for item in ours] == [known(item) for item in theirs]
            assert {item["broadsheet"]["via"] for item in ours} == {"source"}
        week = second.client.get("/api/daily_papers?week=2026-W27&submitter=rita").json()
        assert [item["paper"]["id"] for item in week] == ["10.5555/harbour.4", "2606.00003", "2606.00001"]


def test_reading_again_changes_only_numbers(first: Served, clock: FakeClock, tmp_path: Path) -> None:
    place = first.url.removeprefix("http://")
    with reading(tmp_path / "second", first.url, clock) as library:
        library.sync(["daily-papers"])
        voted = library.resolve("2606.00002")
        counts = "SELECT source, kind, day, value FROM paper_counts WHERE paper_id = ? ORDER BY day, kind"
        assert query(library, counts, voted) == [(place, "votes", "2026-07-01", 2)]
        clock.time += 86400
        [report] = library.sync(["daily-papers"])
        assert (report.read, report.added, report.updated, report.unchanged) == (5, 0, 0, 5)
        assert query(library, counts, voted) == [
            (place, "votes", "2026-07-01", 2), (place, "votes", "2026-07-02", 2),
        ]  # fmt: skip
        assert library.versions(voted) == []
        assert library.catalogue.community.votes.counts_elsewhere([voted]) == {voted: 2}
        assert library.catalogue.check() == []


def test_what_a_hub_counts_goes_through_two_broadsheets_once(first: Served, clock: FakeClock, tmp_path: Path) -> None:
    with reading(tmp_path / "second", first.url, clock) as library:
        library.sync(["daily-papers"])
        Community(library).editions.close_due(library.now())
    with (
        served(tmp_path / "second", clock=lambda: NOON) as second,
        reading(tmp_path / "third", second.url, clock) as library,
    ):
        library.sync(["daily-papers"])
        number = library.resolve("2606.00001")
        rows = query(library, "SELECT source, value FROM paper_counts WHERE paper_id = ? AND kind = 'votes'", number)
        assert rows == [("elsewhere.example", 7)]


def test_late_news_enters_the_open_day(first: Served, clock: FakeClock, tmp_path: Path) -> None:
    with reading(tmp_path / "second", first.url, clock) as library:
        editions = Community(library).editions
        assert editions.close_due(datetime(2026, 6, 29, 12, tzinfo=UTC)) == []
        editions.close_due(library.now())  # Monday and Tuesday are printed empty before anything has come
        library.sync(["daily-papers"])
        editions.close_due(library.now())
        assert len(editions.edition(MONDAY).entries) == 0
        assert len(editions.edition(WEDNESDAY).entries) == 5


def test_a_bar_keeps_papers_out(first: Served, clock: FakeClock, tmp_path: Path) -> None:
    with reading(tmp_path / "second", first.url, clock, "bar = 2\n") as library:
        library.sync(["daily-papers"])
        editions = Community(library).editions
        editions.close_due(library.now())
        assert {entry.printed.arxiv for entry in editions.entries(MONDAY, WEDNESDAY)} == {"2606.00001", "2606.00002"}


def test_days_before_the_window_stay_closed(first: Served, clock: FakeClock, tmp_path: Path) -> None:
    with reading(tmp_path / "second", first.url, clock, "window = 1\n") as library:
        library.sync(["daily-papers"])
        assert Community(library).editions.close_due(library.now()) == [date(2026, 6, 30)]
