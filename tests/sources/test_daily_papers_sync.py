"""The days of another place's daily papers: pages, cursors, and answers that are damaged or hostile."""

from __future__ import annotations

import json
from typing import Any

import pytest

from broadsheet.kit.errors import ProviderParked
from broadsheet.kit.paper import Record, Rejected
from broadsheet.sources.contract import Page
from broadsheet.sources.providers.daily_papers import DailyPapers
from tests.sources.daily_rows import row
from tests.sources.network import FakeClock, client_of
from tests.sources.provider import FakeProvider, provider


class Store:
    """What a pipeline does with pages: commits records and cursor together."""

    def __init__(self) -> None:
        self.cursors: dict[str, str] = {}
        self.items: list[Record | Rejected] = []

    def sync(
        self, server: FakeProvider, *, most: int | None = None, clock: FakeClock | None = None, **more: Any
    ) -> int:
        """Run a sync; returns how many pages came."""
        count = 0
        with client_of(server, clock or FakeClock()) as client:
            source = DailyPapers(client, base_url=server.endpoints.daily_papers, **{"days": 3, **more})
            for page in source.pages(self.cursors.get):
                self.commit(page)
                count += 1
                if count == most:
                    break
        return count

    def commit(self, page: Page) -> None:
        self.items += page.items
        if page.cursor:
            self.cursors.update([page.cursor])

    @property
    def cursor(self) -> dict[str, Any]:
        [value] = self.cursors.values()
        return dict(json.loads(value))

    def ids(self) -> list[str]:
        return [item.source_id for item in self.items if isinstance(item, Record)]


def asked(server: FakeProvider) -> list[tuple[str, str]]:
    return [(seen.query["date"], seen.query["p"]) for seen in server.log]


def test_the_last_days_are_read_again_in_every_run() -> None:  # the clock shows 2026-03-20
    with provider() as server:
        server.daily = {"2026-03-18": [row(1), row(2)], "2026-03-20": [row(3)]}
        store = Store()
        assert store.sync(server) == 3
        assert asked(server) == [("2026-03-18", "0"), ("2026-03-19", "0"), ("2026-03-20", "0")]
        assert store.ids() == ["2603.00001", "2603.00002", "2603.00003"]
        assert store.cursor == {"done": "2026-03-18"}
        server.daily["2026-03-20"].append(row(4))
        store.sync(server)
        assert asked(server)[3:] == asked(server)[:3]
        assert store.ids()[-2:] == ["2603.00003", "2603.00004"]


def test_a_long_pause_is_caught_up() -> None:
    with provider() as server:
        store, clock = Store(), FakeClock()
        store.sync(server, clock=clock)
        clock.time += 10 * 86400
        server.log.clear()
        store.sync(server, clock=clock)
        assert [day for day, _ in asked(server)] == [f"2026-03-{n}" for n in range(19, 31)]


def test_a_full_page_is_followed_by_the_next() -> None:
    with provider() as server:
        server.daily = {"2026-03-19": [row(n) for n in range(1, 251)], "2026-03-20": [row(n) for n in range(1, 101)]}
        store = Store()
        store.sync(server, days=2)
        assert asked(server) == [
            ("2026-03-19", "0"), ("2026-03-19", "1"), ("2026-03-19", "2"), ("2026-03-20", "0"), ("2026-03-20", "1"),
        ]  # fmt: skip
        assert len(store.ids()) == 350


def test_a_run_that_was_stopped_goes_on_there() -> None:
    with provider() as server:
        server.daily = {"2026-03-19": [row(n) for n in range(1, 251)]}
        store = Store()
        store.sync(server, most=3)
        assert store.cursor == {"day": "2026-03-19", "page": 2, "done": "2026-03-18"}
        server.log.clear()
        store.sync(server)
        assert asked(server) == [("2026-03-19", "2"), ("2026-03-20", "0")]
        assert sorted(store.ids()) == sorted(row(n)["paper"]["id"] for n in range(1, 251))
        server.log.clear()
        store.sync(server, limit=1)
        assert asked(server) == [("2026-03-18", "0"), ("2026-03-19", "0")]


@pytest.mark.parametrize(
    "cursor", ["", "[]", "{", "null", '{"day": 7}', '{"day": "2030-01-01", "page": -3}', "[" * 9999]
)
def test_a_damaged_cursor_begins_again(cursor: str) -> None:
    with provider() as server:
        store = Store()
        place = server.url.removeprefix("http://")
        store.cursors = {f"daily-papers:{place}": cursor}
        store.sync(server)
        assert [day for day, _ in asked(server)] == ["2026-03-18", "2026-03-19", "2026-03-20"]


def test_a_day_that_is_refused_is_no_error() -> None:
    with provider() as server:
        server.misbehave("daily", "", "", "404")
        store = Store()
        assert store.sync(server) == 3
        assert store.items == []


@pytest.mark.parametrize(
    "fault", ["truncated", "half", "empty", "wrong-type", b'{"error": "x"}', b"[" * 100_000, b"\xff"]
)
def test_a_damaged_answer_is_put_aside_and_asked_for_again(fault: str | bytes) -> None:
    with provider() as server:
        server.daily = {day: [row(1), row(2)] for day in ("2026-03-18", "2026-03-19", "2026-03-20")}
        store = Store()
        server.misbehave("daily", "", *[fault] * 5)
        if fault == "half":  # the connection breaks: the provider is left alone
            with pytest.raises(ProviderParked):
                store.sync(server)
        else:
            store.sync(server)
            assert [item.place for item in store.items if isinstance(item, Rejected)] == [
                "daily-papers 2026-03-19 page 0"
            ]
        assert store.cursor == {"day": "2026-03-19", "done": "2026-03-18"}
        server.behave()
        server.log.clear()
        store.sync(server, clock=FakeClock())
        assert asked(server)[0] == ("2026-03-19", "0")
        assert len(store.ids()) == 6


def test_one_bad_item_costs_only_itself() -> None:
    with provider() as server:
        server.daily = {"2026-03-19": [row(1), 7, {"paper": {"id": "x"}}, None, row(2)]}
        store = Store()
        store.sync(server)
        assert store.ids() == ["2603.00001", "2603.00002"]
        assert [(bad.place, bad.reason) for bad in store.items if isinstance(bad, Rejected)] == [
            ("daily-papers 2026-03-19 page 0 #2", "not an object but int"),
            ("daily-papers 2026-03-19 page 0 #3", "the paper has no title (its fields: paper)"),
            ("daily-papers 2026-03-19 page 0 #4", "not an object but NoneType"),
        ]


def test_a_day_that_never_ends_ends() -> None:
    with provider() as server:
        server.daily = {"2026-03-20": [row(1)] * 6000}
        store = Store()
        store.sync(server, days=1)
        assert len(server.log) == 50


def test_the_token_goes_to_the_place_alone() -> None:
    with provider() as server:
        store = Store()
        server.misbehave("daily", "redirect-name")
        store.sync(server, token="secret", days=1)
        first, *redirected = server.log
        assert first.headers["Authorization"] == "Bearer secret"
        assert [seen.headers.get("Authorization") for seen in redirected] == [None]
