"""Daily papers of another place: one item, days and pages, cursors, and answers that are damaged or hostile."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from broadsheet.kit.errors import ProviderParked, RecordError
from broadsheet.kit.paper import Identifiers, Paper, Person, Reception, Record, Rejected
from broadsheet.sources.contract import Page
from broadsheet.sources.files.json_source import JsonSource
from broadsheet.sources.providers.daily_entry import daily_entry, is_daily
from broadsheet.sources.providers.daily_papers import DailyPapers
from tests.sources.daily_rows import row
from tests.sources.network import FakeClock, client_of
from tests.sources.provider import FakeProvider, provider
from tests.sources.reading import read

DAY = date(2026, 3, 18)
PAPER = Paper(
    "Invented paper 1",
    "Abstract of paper 1.",
    (Person("Ada Lee"), Person("Luis Mora")),
    Identifiers(arxiv="2603.00001"),
    2026,
    summary="A sentence.",
    keywords=("rivers", "stones"),
    submitted=date(2026, 3, 14),
    extra={
        "mediaUrls": ["https://media.example/1.mp4"],
        "discussionId": "3" * 24,
        "newField": {"deep": [1, 2]},
        "thumbnail": "https://thumbs.example/1.png",
        "organisations": ["Invented Institute"],
    },
)
LINKS = (("code", "https://github.com/invented/paper-1"), ("project", "https://project.example/"))
RECEPTION = Reception(
    "hub.example",
    (("hub.example", "votes", 11), ("hub.example", "comments", 1), ("hub.example", "stars", 101)),
    LINKS,
    DAY,
    datetime(2026, 3, 18, 7, 30, tzinfo=UTC),
    "ada",
)


# One item ------------------------------------------------------------------------------------------------------------


def test_every_field_of_an_item() -> None:
    assert daily_entry(row(), place="hub.example", listed_on=DAY) == (PAPER, "2603.00001", RECEPTION)


def test_a_single_paper_is_flat() -> None:
    item = row()
    flat = {**item["paper"], "numComments": 1, "thumbnail": item["thumbnail"], "comments": [], "upvoted": True}
    assert is_daily(flat)
    assert daily_entry(flat, place="hub.example", listed_on=DAY) == (PAPER, "2603.00001", RECEPTION)


def test_fields_are_read_from_where_they_stand() -> None:
    item = row()
    for name in ("ai_summary", "ai_keywords", "githubRepo", "githubStars", "projectPage", "organization"):
        item[name] = item["paper"].pop(name)
    del item["title"], item["summary"], item["submittedBy"]
    assert daily_entry(item, place="hub.example", listed_on=DAY) == (PAPER, "2603.00001", RECEPTION)


def test_numbers_that_change_make_no_new_version() -> None:
    later = row(upvotes=99, numComments=50, isAuthorParticipating=False)
    later["paper"] |= {"upvotes": 99, "githubStars": 5000}
    assert daily_entry(later)[0] == PAPER


def test_without_a_day_it_is_that_of_the_entry() -> None:
    assert daily_entry(row())[2].listed_on == DAY
    assert daily_entry({"paper": {"id": "2603.00001", "title": "Bare"}}) == (
        Paper("Bare", ids=Identifiers(arxiv="2603.00001")), "2603.00001", Reception("daily-papers"),
    )  # fmt: skip


def test_a_broadsheet_counts_place_by_place() -> None:
    told = {"votes": {"here": 3, "hub.example": 8, "us.example": 5, "": 1, "x": "1"}, "comments": {"here": 2}}
    item = row(broadsheet={"counts": told, "ids": {"doi": "10.5555/one", "acl": 3}, "year": 2025, "venue": "Rivers"})
    paper, _, reception = daily_entry(item, place="lab.example", ours="us.example")
    assert reception.counts == (
        ("lab.example", "votes", 3), ("hub.example", "votes", 8), ("lab.example", "comments", 2),
    )  # fmt: skip
    assert (paper.ids, paper.venue) == (Identifiers(arxiv="2603.00001", doi="10.5555/one"), "Rivers")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("upvotes", "many"), ("upvotes", -1), ("upvotes", True), ("upvotes", 2**70), ("upvotes", [1]),
        ("githubRepo", "javascript:alert(1)"), ("githubRepo", {"url": "x"}), ("githubRepo", "https://" + "x" * 3000),
        ("publishedAt", "yesterday"), ("publishedAt", "0001-01-01T00:00:00+14:00"), ("publishedAt", 7),
        ("authors", "Ada"), ("authors", [7, None, {"nam": "x"}, {"name": {"name": 3}}]), ("ai_keywords", "rivers"),
        ("ai_summary", ["x"]), ("organization", "Institute"), ("organization", {"fullname": 7}), ("summary", 7),
        ("broadsheet", "x"), ("broadsheet", {"counts": 7, "ids": [], "year": "x", "categories": "cs"}),
        ("submittedBy", "ada"), ("submittedOnDailyBy", {"user": ["x"]}), ("withdrawnAt", []),
    ],
)  # fmt: skip
def test_a_strange_value_costs_its_field_alone(name: str, value: object) -> None:
    item = row()
    item["paper"][name] = value
    if name in item:
        item[name] = value
    paper, source_id, reception = daily_entry(item, place="hub.example")
    assert (paper.title, source_id, paper.ids) == ("Invented paper 1", "2603.00001", PAPER.ids)
    assert all(0 <= number < 2**53 for _, _, number in reception.counts)
    assert all(url.startswith("https://") and len(url) <= 2000 for _, url in reception.links)


def test_an_item_without_a_title_or_too_deep_is_refused() -> None:
    with pytest.raises(RecordError, match="no title"):
        daily_entry({"paper": {"id": "2603.00001", "title": "  "}})
    deep: Any = "x"
    for _ in range(60):
        deep = [deep]
    with pytest.raises(RecordError, match="nested"):
        daily_entry(row(newField=deep))


@pytest.mark.parametrize("wrapped", [[row()], row(), {"data": [row()]}])
def test_a_file_of_such_rows_reads_the_same(wrapped: object) -> None:
    [item] = read(JsonSource(), json.dumps(wrapped), "saved.json")
    assert isinstance(item, Record)
    assert (item.paper, item.source, item.source_id) == (PAPER, "jsonl:saved.json", "2603.00001")
    assert item.reception
    assert (item.reception.listed_on, item.reception.listed_by) == (DAY, "ada")
    assert item.reception.counts[0] == ("daily-papers", "votes", 11)


def test_an_old_row_with_the_title_inside_is_one_paper() -> None:
    [item] = read(JsonSource(), json.dumps({"paper": row()["paper"], "numComments": 4}), "old.jsonl")
    assert isinstance(item, Record)
    assert item.reception
    assert (item.paper.title, item.reception.counts[1]) == ("Invented paper 1", ("daily-papers", "comments", 4))


# Days, pages, cursors ------------------------------------------------------------------------------------------------


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
