"""The benchmark of the replay on a library of a few invented papers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import broadsheet
from broadsheet.kit.paper import Identifiers, Paper, Record
from broadsheet.pipeline.library import Library
from broadsheet_lab.bench import replay

WORDS = ("tides", "kelp", "harbour", "gulls", "dunes", "sails", "nets", "buoys")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    papers = [
        Paper(
            f"On {WORDS[n % 8]} and {WORDS[n // 8 % 8]}",
            f"A study of {WORDS[n % 8]}, {WORDS[n // 8 % 8]} and outcome {n}.",
            ids=Identifiers(arxiv=f"{20 + n % 5}01.{n:05d}"),
            submitted=date(2020 + n % 5, 1, 1 + n % 28),
        )
        for n in range(120)
    ]
    with broadsheet.open(tmp_path / "library") as library:
        library.add(*(Record(paper, "made", str(n)) for n, paper in enumerate(papers)))
        yield library


def test_its_reader_saves_papers_in_the_order_of_their_dates(library: Library) -> None:
    events = replay.events_of(library, 40)
    assert len({event.paper_id for event in events}) == 40
    times = [event.at for event in events if event.at]
    assert times == sorted(set(times))
    assert [event.kind for event in events[:5]] == ["save", "save", "open", "save", "save"]
    stored = {one.id: str(one.paper.submitted) for one in library.papers([event.paper_id for event in events])}
    days = [stored[event.paper_id] for event in events]
    assert days == sorted(days)
    assert replay.events_of(library, 40) == events
    assert replay.events_of(library, 40, seed=1) != events


def test_it_writes_seconds_and_leaves_no_reader(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROADSHEET_BENCH_LIBRARY", str(library.path))
    monkeypatch.setattr(replay, "EVENTS", 60)
    lines: list[str] = []
    (path,) = replay.measure(tmp_path, lines.append)
    found = json.loads(path.read_text(encoding="utf-8"))
    assert [one["unit"] for one in found["numbers"]] == ["s", "s", "×"]
    assert found["numbers"][0]["detail"]["papers"] == 120
    assert set(found["report"]) == {"rankings", "differences", "calibration", "says"}
    assert any(line.startswith("replaying") for line in lines)
    assert [reader.name for reader in library.readers()] == []
