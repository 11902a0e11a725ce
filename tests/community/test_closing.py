"""kill -9 in the middle of closing, and two processes that close at once."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import broadsheet
from broadsheet.catalogue.community.editions import Day
from broadsheet.community import Community
from broadsheet.kit.paper import Paper, Record
from tests.often import often

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
    """A process that closes days when it is told to."""
    command = [sys.executable, "-m", "tests.community.closer", str(folder), LATE.isoformat()]
    root = Path(__file__).parents[2]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def _close(process: subprocess.Popen[str], kill_after: float | None = None) -> tuple[list[str], int]:
    """Begin to close what is due, and kill that after so many seconds; the days that it told of, its exit code."""
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n" if kill_after is None else f"{kill_after}\n")
    process.stdin.flush()
    told = []
    while not (line := process.stdout.readline()).startswith("ended"):
        assert line, "the process ended"
        told += line.split()
    return told, int(line.split()[1])


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


def test_a_crash_leaves_a_day_open_and_the_next_run_closes_it(due: Path) -> None:
    chance, before, killed = random.Random(20260101), 0, 0
    with _start(due) as process:
        for _ in range(often(KILLS)):
            _, code = _close(process, chance.random() * 0.05)
            killed += code == -signal.SIGKILL
            after = _closed(due)
            assert after >= before
            before = after
        assert killed >= often(KILLS) // 2
        closed, code = _close(process)
    assert (len(closed), code) == (DAYS - before, 0)
    assert _closed(due) == DAYS


def test_two_processes_close_a_day_once(due: Path) -> None:
    with _start(due) as one, _start(due) as other, ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(_close, (one, other)))
    assert [code for _, code in answers] == [0, 0]
    closed = [day for days, _ in answers for day in days]
    assert len(closed) == len(set(closed)) == DAYS
    assert _closed(due) == DAYS
