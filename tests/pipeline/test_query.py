"""The query language: what each form means, and what a malformed one is read as."""

from __future__ import annotations

import pytest

from broadsheet.pipeline.query import LONG_TEXT, Condition, Query, parse

RYE = Condition("word", "rye")


@pytest.mark.parametrize(
    ("text", "words", "clauses"),
    [
        ("late interaction", "late interaction", ()),
        ("", "", ()),
        ('"late interaction" models', "late interaction models", ((Condition("phrase", "late interaction"),),)),
        ("“late interaction”", "late interaction", ((Condition("phrase", "late interaction"),),)),
        ("TITLE:rye", "rye", ((Condition("title", "rye"),),)),
        ('title:"rye bread"', "rye bread", ((Condition("title", "rye bread"),),)),
        ('author:"Krume, Ada" oven', "Krume, Ada oven", ((Condition("author", "Krume, Ada"),),)),
        ("venue:letters rye", "rye", ((Condition("venue", "letters"),),)),
        ("id:2603.01234", "", ((Condition("id", "2603.01234"),),)),
        ("-rye crust", "crust", ((Condition("word", "rye", True),),)),
        ("NOT rye crust", "crust", ((Condition("word", "rye", True),),)),
        ('-"oven spring"', "", ((Condition("phrase", "oven spring", True),),)),
        ("-author:Krume", "", ((Condition("author", "Krume", True),),)),
        ("rye OR crust", "rye crust", ((RYE, Condition("word", "crust")),)),
        ("rye OR crust OR -oven", "rye crust", ((RYE, Condition("word", "crust"), Condition("word", "oven", True)),)),
        ("soft rye OR crust", "soft rye crust", ((RYE, Condition("word", "crust")),)),
        ('"a b" OR title:rye', "a b rye", ((Condition("phrase", "a b"), Condition("title", "rye")),)),
        ("well-known co-author", "well-known co-author", ()),
        ("rye - crust", "rye crust", ()),
        ("ratio:3 http://x.example", "ratio:3 http://x.example", ()),
    ],
)
def test_forms(text: str, words: str, clauses: tuple[tuple[Condition, ...], ...]) -> None:
    assert parse(text) == Query(words, clauses)


@pytest.mark.parametrize(
    ("value", "years"),
    [
        ("2019", (2019, 2019)),
        ("2019..2024", (2019, 2024)),
        ("2024..2019", (2019, 2024)),
        ("2019-2024", (2019, 2024)),
        ("2019..", (2019, 9999)),
        ("..2019", (0, 2019)),
        (">2019", (2020, 9999)),
        (">=2019", (2019, 9999)),
        ("<2019", (0, 2018)),
        ("<=2019", (0, 2019)),
    ],
)
def test_years(value: str, years: tuple[int, int]) -> None:
    assert parse(f"year:{value}") == Query("", ((Condition("year", value, False, years),),))


@pytest.mark.parametrize(
    ("text", "words", "note"),
    [
        ("rye year:soon", "rye", "year:soon is not a year or a range like 2019..2024; it was ignored"),
        ("rye year:..", "rye", "year:.. is not a year or a range like 2019..2024; it was ignored"),
        ("OR rye", "rye", "OR needs something on both sides; it was ignored"),
        ("rye OR", "rye", "OR needs something on both sides; it was ignored"),
        ("rye OR OR", "rye", "OR needs something on both sides; it was ignored"),
        ("rye AND crust", "rye crust", "AND is not needed: all filters must hold anyway"),
        ('rye "oven spring', "rye oven spring", "a quote was not closed; it was read to the end"),
        ("rye author:--", "rye", "author:-- has no word in it; it was ignored"),
    ],
)
def test_a_malformed_query_is_still_a_query(text: str, words: str, note: str) -> None:
    found = parse(text)
    assert (found.text, found.notes) == (words, (note,))


def test_a_pasted_passage_is_plain_text() -> None:
    passage = " ".join(f'"w{n}" -x{n} OR' for n in range(LONG_TEXT))
    assert parse(passage) == Query(passage, (), ("this is long: read as plain text, without quotes, OR or -",))
    plain = " ".join(f"w{n}" for n in range(LONG_TEXT + 1))
    assert parse(plain) == Query(plain)
