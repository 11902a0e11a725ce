"""A community with papers in the editions of three days."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

from tests.web.markup import Page
from tests.web.members import Town, town

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
SETTINGS = '[edition]\ncloses = "18:00"'


class Newsroom:
    """A community whose clock can be set, with papers in the editions of three days."""

    def __init__(self, town: Town, times: list[datetime]) -> None:
        self.town, self.times = town, times
        self.editions = town.site.community.editions
        self.papers = [stored.id for stored in town.library.papers(range(1, 20))]

    def fill(self, *papers: int, via: str = "pick", by: str = "cleo") -> None:
        for paper in papers:
            self.editions.enter(paper, via, by)

    def next_day(self, days: int = 1) -> None:
        self.times[0] += timedelta(days=days)
        self.editions.close_due(self.times[0])

    def get(self, path: str, name: str = "") -> str:
        answer = self.town.as_(name).get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        assert Page(answer.text).faults == [], path
        return unescape(answer.text)


@contextmanager
def newsroom(stocked: Path, folder: Path, settings: str = SETTINGS) -> Iterator[Newsroom]:
    """Eight papers of 1 July, one of 2 July, none of 3 July, and two of 4 July, which is open."""
    times = [NOON]
    with town(stocked, folder, settings, clock=lambda: times[0]) as running:
        room = Newsroom(running, times)
        room.fill(*room.papers[:8])
        room.next_day()
        room.fill(*room.papers[8:9], via="submission", by="rita")
        room.next_day(2)  # 3 July stays empty
        room.fill(*room.papers[9:11])
        yield room
