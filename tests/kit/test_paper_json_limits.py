"""What a paper's JSON may hold: dates, numbers and people in every spelling, and the words for what is none."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Identifiers, Paper, Person
from broadsheet.kit.paper_json import MAX_DEPTH, from_json, to_json


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-01", date(2026, 3, 1)),
        ("2026-03-01T23:59:59Z", date(2026, 3, 1)),
        ("2026-03-01 00:00:00", date(2026, 3, 1)),
        ("0001-01-01", date(1, 1, 1)),
        ("9999-12-31", date(9999, 12, 31)),
        ("", None),
        (None, None),
    ],
)
def test_days(text: str | None, day: date | None) -> None:
    assert from_json({"title": "T", "submitted": text}).submitted == day


@pytest.mark.parametrize("text", ["2026-02-30", "2026-13-01", "1 March 2026", "2026", "2026-03-01x", "0000-01-01"])
def test_days_that_are_none(text: str) -> None:
    with pytest.raises(RecordError, match=r"updated: '.*' is not a date like 2026-03-01"):
        from_json({"title": "T", "updated": text})


@pytest.mark.parametrize(
    ("key", "value", "read"),
    [
        ("year", 2026.0, 2026),
        ("year", 0, 0),
        ("year", 9999, 9999),
        ("version", 2**31, 2**31),
        ("citations", 2**53, 2**53),
        ("citations", None, None),
    ],
)
def test_whole_numbers(key: str, value: object, read: int | None) -> None:
    assert getattr(from_json({"title": "T", key: value}), key) == read


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("year", 10_000, "year: 10000 is not between 0 and 9999"),
        ("year", -1, "year: -1 is not between 0 and 9999"),
        ("year", 2026.5, "year: must be a whole number, not float 2026.5"),
        ("year", float("nan"), "year: must be a whole number, not float nan"),
        ("version", 2**31 + 1, "version: 2147483649 is not between"),
        ("citations", 2**53 + 1, "citations: 9007199254740993 is not between"),
        ("citations", [3], r"citations: must be a whole number, not list \[3\]"),
        ("authors", {"name": "A"}, "authors: must be a list, not dict"),
        ("authors", [3], r"authors\[0\]: must be a name or an object with a name, not int 3"),
        ("authors", ["A", None], r"authors\[1\]: must be a name"),
        ("authors", [{"name": "A", "affiliations": "MIT"}], r"authors\[0\].affiliations: must be a list of texts"),
        ("authors", [{"name": "A", "is_group": "yes"}], r"authors\[0\].is_group: must be true or false"),
        ("ids", {"doi": 3}, "ids.doi: must be text, not int 3"),
        ("extra", [], r"extra: must be an object, not list \[\]"),
        ("venue", ["x"], "venue: must be text"),
        ("keywords", "x", "keywords: must be a list of texts, not str 'x'"),
        ("abstract", {"text": "y" * 60}, "abstract: must be text, not dict .{40}…"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_value(key: str, value: object, words: str) -> None:
    with pytest.raises(RecordError, match=words):
        from_json({"title": "T", key: value})


def test_a_paper_is_an_object() -> None:
    data: Any = ["title"]
    with pytest.raises(RecordError, match="a paper must be a JSON object, not list"):
        from_json(data)


def test_people_in_full() -> None:
    group = Person("Tide Group", is_group=True)
    full = Person("Ann van Example Jr.", "Ann", "van Example", "0000-0002-1825-0097", ("T", "U"), "Jr.")
    paper = Paper("T", authors=(group, full, Person("X")))
    assert to_json(paper)["authors"] == [
        {"name": "Tide Group", "is_group": True},
        {"name": "Ann van Example Jr.", "given": "Ann", "family": "van Example", "orcid": "0000-0002-1825-0097",
         "suffix": "Jr.", "affiliations": ["T", "U"]},
        {"name": "X"},
    ]  # fmt: skip
    assert from_json(to_json(paper)) == paper
    nulls = {"name": "X", "given": None, "orcid": None, "affiliations": None, "is_group": None}
    assert from_json({"title": "T", "authors": [nulls]}).authors == (Person("X"),)


def test_values_that_json_has_no_word_for_become_text_lists_or_nothing() -> None:
    extra = {
        "day": date(2026, 3, 1), "time": datetime(2026, 3, 1, 4, 5), "pair": (1, {2}), "none": None,
        "inf": float("inf"), "path": Identifiers, 3: "a key that is no text",
    }  # fmt: skip
    assert to_json(Paper("T", extra=extra))["extra"] == {  # type: ignore[arg-type]
        "day": "2026-03-01", "time": "2026-03-01T04:05:00", "pair": [1, [2]], "none": None, "inf": None,
        "path": str(Identifiers), "3": "a key that is no text",
    }  # fmt: skip


def test_nesting_is_kept_to_its_limit() -> None:
    deep: object = "core"
    for _ in range(MAX_DEPTH - 1):
        deep = [deep]
    kept = to_json(Paper("T", extra={"deep": deep}))["extra"]["deep"]
    cut = to_json(Paper("T", extra={"deep": [[deep]]}))["extra"]["deep"]
    for _ in range(MAX_DEPTH - 1):
        kept, cut = kept[0], cut[0]
    assert (kept, cut) == ("core", [None])


def test_what_a_paper_is_about_and_when_it_became_known() -> None:
    paper = Paper("T", summary="S", keywords=("a", "b"), year=2026)
    assert (paper.body, paper.text, paper.date) == ("S", "T\nS\na b", date(2026, 1, 1))
    days = [date(2026, 3, n) for n in (1, 2, 3)]
    assert Paper("T", "A", submitted=days[0], updated=days[1], announced=days[2]).date == days[2]
    assert Paper("T", submitted=days[0], updated=days[1]).date == days[0]
    assert Paper("T", updated=days[1]).date == days[1]
    assert (Paper("T").date, Paper("T", year=10_000).date) == (None, None)
    assert Identifiers(doi="10.1234/a", pmid="7").pairs() == [("doi", "10.1234/a"), ("pmid", "7")]
