from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Identifiers, Paper, Person
from broadsheet.kit.paper_json import from_json, to_json

TEXT = st.text(max_size=20)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
DAYS = st.none() | st.dates()
JSON = st.recursive(st.none() | st.booleans() | st.integers() | TEXT, lambda x: st.lists(x) | st.dictionaries(TEXT, x))
PEOPLE = st.builds(Person, TEXT.filter(str.strip), TEXT, TEXT, TEXT, TEXTS)
PAPERS = st.builds(
    Paper,
    title=TEXT.filter(str.strip),
    abstract=TEXT,
    authors=st.lists(PEOPLE, max_size=3).map(tuple),
    ids=st.builds(Identifiers, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT),
    year=st.none() | st.integers(0, 9999),
    venue=TEXT,
    keywords=TEXTS,
    urls=TEXTS,
    submitted=DAYS,
    announced=DAYS,
    version=st.none() | st.integers(0, 9),
    is_retracted=st.booleans(),
    citations=st.none() | st.integers(0, 10**6),
    extra=st.dictionaries(TEXT, JSON, max_size=3),
)


@given(PAPERS)
def test_json_gives_the_same_paper_back(paper: Paper) -> None:
    assert from_json(json.loads(json.dumps(to_json(paper)))) == paper


def test_empty_fields_are_left_out() -> None:
    assert to_json(Paper("A")) == {"title": "A"}
    assert to_json(Paper("A", year=0, submitted=date(2024, 2, 3), extra={"x": (1, float("nan"))})) == {
        "title": "A",
        "year": 0,
        "submitted": "2024-02-03",
        "extra": {"x": [1, None]},
    }


def test_names_as_text_flat_identifiers_and_unknown_keys() -> None:
    data = {"title": "A", "authors": ["B C"], "doi": "10.1/x", "ids": {"arxiv": "1", "mag": "7"}, "colour": [1]}
    expected = Paper("A", authors=(Person("B C"),), ids=Identifiers("1", "10.1/x"), extra={"mag": "7", "colour": [1]})
    assert from_json(data) == expected


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "title: missing"),
        ({"title": " "}, "title: missing"),
        ({"title": 3}, "title: must be text, not int 3"),
        ({"title": "A", "year": "2024"}, "year: must be a whole number, not str '2024'"),
        ({"title": "A", "year": True}, "year: must be a whole number"),
        ({"title": "A", "year": 10**30}, "year: 1000000000"),
        ({"title": "A", "authors": "B"}, "authors: must be a list"),
        ({"title": "A", "authors": [{"name": ""}]}, r"authors\[0\].name: missing"),
        ({"title": "A", "authors": [{"name": "B", "orcid": 1}]}, r"authors\[0\].orcid: must be text"),
        ({"title": "A", "submitted": "yesterday"}, "submitted: 'yesterday' is not a date"),
        ({"title": "A", "keywords": ["x", 1]}, "keywords: must be a list of texts"),
        ({"title": "A", "ids": []}, "ids: must be an object"),
        ({"title": "A", "is_retracted": 1}, "is_retracted: must be true or false"),
    ],
)
def test_a_bad_value_is_named(data: dict[str, object], words: str) -> None:
    with pytest.raises(RecordError, match=words):
        from_json(data)


@given(st.dictionaries(st.sampled_from(sorted(Paper.__dataclass_fields__)) | TEXT, JSON))
def test_no_object_crashes(data: dict[str, object]) -> None:
    try:
        paper = from_json(data)
    except RecordError:
        return
    assert from_json(to_json(paper)) == paper


def test_deep_nesting_is_cut() -> None:
    deep: list[object] = []
    for _ in range(3000):
        deep = [deep]
    assert len(json.dumps(to_json(Paper("A", extra={"deep": deep})))) < 300
