"""What stands behind a name and is none of it: footnotes, addresses, numbers of homonyms, degrees."""

from __future__ import annotations

import pytest

from broadsheet.sources.records import people as rows
from broadsheet.sources.records.tagged_people import people_of as tagged_people
from broadsheet.sources.text.name_marks import is_nameless, without_marks
from broadsheet.sources.text.names import parse_name, parse_names, split_authors

MARKED = [
    "Ann Example*",
    "Ann Example †",
    "Ann Example‡§",
    "Ann Example1",
    "Ann Example1,2",
    "Ann Example12, 3",
    "Ann Example¹",
    "Ann Example¹,²,*",
    "Ann Example <ann@tides.example>",
    "Ann Example 0002",
    r"Ann Example\textsuperscript{1,2}",
    "Ann Example$^{1}$",
    "Ann Example$^1$",
    "Ann Example$^{*}$ †",
]
WHOLE = [
    "Ann Example",
    "J. Example Jr.",
    "X Æ A-12",
    "Plato1",  # one word: who knows
    "user@tides.example",
    "Example 3rd",
    "Team 42",
    "Ann 5",
    "Ann Example 2002",
    "",
    "*",
]


@pytest.mark.parametrize("text", MARKED)
def test_marks_are_no_part_of_a_name(text: str) -> None:
    assert without_marks(text) == "Ann Example"
    person = parse_name(text)
    assert person
    assert (person.name, person.given, person.family) == ("Ann Example", "Ann", "Example")


@pytest.mark.parametrize("text", WHOLE)
def test_what_only_looks_like_a_mark_stays(text: str) -> None:
    assert without_marks(text) == text


@pytest.mark.parametrize(
    "text", ["Example, Ann*", "Example, Ann1,2", "Example, Ann 0002", "Example, Ann <a@b.example>"]
)
def test_marks_behind_an_inverted_name(text: str) -> None:
    (person,), _ = parse_names(text)
    (tagged,) = tagged_people([text])
    (row,) = rows.people_of([text]).people
    for read in (person, tagged, row):
        assert (read.name, read.given, read.family) == ("Ann Example", "Ann", "Example")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ann Example1, Bo Case2", ["Ann Example", "Bo Case"]),
        ("Ann Example1, Bo Case1,2", ["Ann Example", "Bo Case"]),
        ("Ann Example*, Bo Case†, Cy Third*", ["Ann Example", "Bo Case", "Cy Third"]),
        ("Ann Example¹, Bo Case² and Cy Third¹", ["Ann Example", "Bo Case", "Cy Third"]),
        ("Ann Example <a@b.example>; Bo Case <c@d.example>", ["Ann Example", "Bo Case"]),
        ("A. Example1, B. Case2", ["A. Example", "B. Case"]),
    ],
)
def test_lists_as_printed_under_a_title(text: str, names: list[str]) -> None:
    assert [person.name for person in split_authors(text)[0]] == names


@pytest.mark.parametrize("text", ["-", "--", "1", "2020", "?", "***", "( )", "…", "1,2"])
def test_signs_in_the_place_of_a_name_name_nobody(text: str) -> None:
    assert is_nameless(text)
    assert parse_name(text) is None
    assert tagged_people([text]) == []
    assert rows.people_of([text, "Ann Example"]).people[0].name == "Ann Example"


@pytest.mark.parametrize("text", ["Å", "李", "محمد", "x1"])
def test_one_letter_of_any_script_is_a_name(text: str) -> None:
    assert not is_nameless(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Ann Example, Ph.D.", ("Ann", "Example", "Ph.D.")),
        ("Ann Example, PhD", ("Ann", "Example", "PhD")),
        ("Ann Example, D.Phil.", ("Ann", "Example", "D.Phil.")),
        ("Example, Ann, Ph.D.", ("Ann", "Example", "Ph.D.")),
        ("Example, Ann, MD, PhD", ("Ann", "Example", "MD, PhD")),
        ("Example, Ann, Jr., M.D.", ("Ann", "Example", "Jr., M.D.")),
        ("Example, M.D.", ("M.D.", "Example", "")),  # initials
        ("García López, M.A.", ("M.A.", "García López", "")),
    ],
)
def test_degrees(text: str, parts: tuple[str, str, str]) -> None:
    person = parse_name(text)
    assert person
    assert (person.given, person.family, person.suffix) == parts


def test_the_number_of_a_homonym_in_rows_of_dblp() -> None:
    read = rows.people_of({"author": [{"@pid": "1/2", "text": "Ann Example 0001"}, {"@pid": "3/4", "text": "Bo Case"}]})
    assert ([person.name for person in read.people], read.rest, read.et_al) == (["Ann Example", "Bo Case"], [], False)
