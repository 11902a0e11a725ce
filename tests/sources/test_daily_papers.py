"""Daily papers of another place: one item, days and pages, cursors, and answers that are damaged or hostile."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Identifiers, Paper, Person, Reception, Record
from broadsheet.sources.files.json_source import JsonSource
from broadsheet.sources.providers.daily_entry import daily_entry, is_daily
from tests.sources.daily_rows import row
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
