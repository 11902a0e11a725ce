"""kill -9 in the middle of closing, and two processes that close at once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import broadsheet
from broadsheet.catalogue.community.editions import Day
from broadsheet.community import Community
from broadsheet.kit.paper import Paper, Record
from tests.community import closer

FIRST = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAYS, A_DAY = 240, 2  # papers
LATE = FIRST + timedelta(days=DAYS)
KILLS = 30


@pytest.fixture
def due(tmp_path: Path) -> Path:
    """A library with many days that are due, each with its papers."""
    folder = tmp_path / "library"
    with broadsheet.open(folder, clock=lambda: FIRST) as library:
        papers = (Record(Paper(f"Paper {n}"), "jsonl:a", f"{n}", "made") for n in range(DAYS * A_DAY))
        ids = library.add_items("jsonl:a", papers).paper_ids
        editions = Community(library).editions
        stored = library.catalogue.community.editions
        for n in range(DAYS):
            day = FIRST.date() + timedelta(days=n)
            span = Day(day, editions.hour.opens_at(day), editions.hour.closes_at(day))
            for paper in ids[n * A_DAY : (n + 1) * A_DAY]:
                stored.enter(paper, [span], "pick", "ada")
    return folder


def _start(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, closer.__file__, str(folder), LATE.isoformat()]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _closed(folder: Path) -> int:
    """How many days are closed; every one whole, every other untouched."""
    with broadsheet.open(folder, clock=lambda: LATE) as library:
        stored = library.catalogue.community.editions
        last = FIRST.date() + timedelta(days=DAYS - 1)
        closed = {row.day for row in stored.between(FIRST.date(), last) if row.closed_at is not None}
        places: dict[date, list[int | None]] = {}
        for row in stored.papers(FIRST.date(), last):
            assert (row.place is None) == (row.printed is None)
            places.setdefault(row.day, []).append(row.place)
        for day, of_day in places.items():
            assert of_day == ([1, 2] if day in closed else [None, None])
        assert len(places) == DAYS
        assert closed == {FIRST.date() + timedelta(days=n) for n in range(len(closed))}
        return len(closed)


@pytest.mark.slow
def test_a_crash_leaves_a_day_open_and_the_next_run_closes_it(due: Path) -> None:
    chance = random.Random(20260101)
    before = 0
    for _ in range(KILLS):
        process = _start(due)
        assert process.stdout
        assert process.stdout.readline() == "begins\n"
        time.sleep(chance.random() * 0.05)
        process.kill()
        process.communicate()
        after = _closed(due)
        assert after >= before
        before = after
    out, err = _start(due).communicate()
    assert err == ""
    assert len(out.split()) - 1 == DAYS - before
    assert _closed(due) == DAYS


def test_two_processes_close_a_day_once(due: Path) -> None:
    both = [_start(due) for _ in range(2)]
    answers = [process.communicate() for process in both]
    assert [err for _, err in answers] == ["", ""]
    closed = [day for out, _ in answers for day in out.split()[1:]]
    assert len(closed) == len(set(closed)) == DAYS
    assert _closed(due) == DAYS
