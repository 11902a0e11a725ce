"""Exposures are counted once a reader, page and day, kept in memory, and written together."""

from __future__ import annotations

from pathlib import Path

import pytest

import broadsheet
from broadsheet.community import Community
from broadsheet.community.exposures import Exposures
from broadsheet.kit.errors import LibraryError
from tests.catalogue.made import ARTICLE, PREPRINT
from tests.clock import NOON, noon
from tests.community.people import query

DAY = "2026-07-01"


def stored(community: Community) -> list[tuple[object, ...]]:
    return query(community.library, "SELECT paper_id, day, page, position, shown FROM exposures ORDER BY 1, 2, 3, 4")


def test_what_a_page_shows_is_counted_by_position_and_written_when_flushed(community: Community) -> None:
    exposures = Exposures(community.library, every=0)
    exposures.count("dora", "day", [2, 1])
    exposures.count("emil", "day", [2, 1])
    exposures.count("emil", "week", [3], first=31)
    assert stored(community) == []
    exposures.flush()
    exposures.count("fay", "day", [1, 2])
    exposures.flush()
    exposures.flush()
    assert stored(community) == [
        (1, DAY, "day", 1, 1), (1, DAY, "day", 2, 2), (2, DAY, "day", 1, 2), (2, DAY, "day", 2, 1),
        (3, DAY, "week", 31, 1),
    ]  # fmt: skip


def test_a_reader_who_reloads_a_page_counts_once_and_a_visitor_not_at_all(community: Community) -> None:
    exposures = Exposures(community.library, every=0)
    for _ in range(50):
        exposures.count("dora", "day", [1])
        exposures.count("", "day", [1])
    exposures.flush()
    exposures.count("dora", "day", [1])
    exposures.flush()
    assert stored(community) == [(1, DAY, "day", 1, 1)]


def test_the_next_day_counts_anew(tmp_path: Path) -> None:
    now = [NOON]
    with broadsheet.open(tmp_path / "library", clock=lambda: now[0]) as library:
        library.catalogue.papers.add([PREPRINT])
        exposures = Exposures(library, every=0)
        for day in (1, 1, 2):
            now[0] = NOON.replace(day=day)
            exposures.count("dora", "day", [1])
        exposures.stop()
        assert query(library, "SELECT day, shown FROM exposures ORDER BY day") == [(DAY, 1), ("2026-07-02", 1)]


def test_papers_that_are_gone_are_left_out(community: Community) -> None:
    exposures = Exposures(community.library, every=0)
    exposures.count("dora", "day", [1, 2, 3, 99])
    community.library.delete(2)
    exposures.flush()
    assert [row[0] for row in stored(community)] == [1, 3]


def test_counts_that_cannot_be_written_wait_for_the_next_time(
    community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    exposures = Exposures(community.library, every=0)
    exposures.count("dora", "day", [1])
    tables = community.library.catalogue.community.trending
    with monkeypatch.context() as patch:

        def full(*_: object) -> None:
            raise LibraryError("disk full")

        patch.setattr(tables, "count_exposures", full)
        with pytest.raises(LibraryError, match="disk full"):
            exposures.flush()
    exposures.count("emil", "day", [1])
    exposures.stop()
    assert stored(community) == [(1, DAY, "day", 1, 2)]


def test_a_thread_writes_them_and_stopping_writes_the_rest(community: Community) -> None:
    exposures = Exposures(community.library, every=3600)
    exposures.count("dora", "day", [1])
    exposures.stop()
    assert stored(community) == [(1, DAY, "day", 1, 1)]


def test_a_library_that_is_only_read_counts_nothing(tmp_path: Path) -> None:
    with broadsheet.open(tmp_path / "library", clock=noon) as library:
        library.catalogue.papers.add([ARTICLE])
    with broadsheet.open(tmp_path / "library", clock=noon, read_only=True) as library:
        exposures = Exposures(library, every=0)
        exposures.count("dora", "day", [1])
        exposures.stop()
        assert query(library, "SELECT count(*) FROM exposures") == [(0,)]
