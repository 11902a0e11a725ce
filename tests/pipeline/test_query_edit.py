"""The parts of a query: what each stretch means, and the query without it or with another filter."""

from __future__ import annotations

import pytest

from broadsheet.pipeline.search.parser import parse
from broadsheet.pipeline.search.query_edit import condition_text, find_part, narrowed, without


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("rye crust", [("word", "rye", "rye"), ("word", "crust", "crust")]),
        ("“oven spring” year:2019..", [("phrase", "oven spring", '"oven spring"'), ("year", "2019..", "year:2019..")]),
        ("author:G. Hinton", [("author", "G. Hinton", 'author:"G. Hinton"')]),
        ("NOT venue:tides -rye", [("venue", "tides", "NOT venue:tides"), ("word", "rye", "-rye")]),
        (
            "like:17 but for rye, but not the oven, field:cs",
            [
                ("like", "17", "like:17"),
                ("word", "for", "for"),
                ("word", "rye,", "rye,"),
                ("word", "oven", "but not the oven,"),
                ("field", "cs", "field:cs"),
            ],
        ),
        ("2603.01234 rye", [("known", "2603.01234", "2603.01234"), ("word", "rye", "rye")]),
        ("year:soon sort:date", [("ignored", "year:soon", "year:soon"), ("sort", "date", "sort:date")]),
        ("rye OR crust", [("word", "rye", "rye"), ("word", "crust", "crust")]),
        ("rye " * 41, []),
    ],
)
def test_every_stretch_of_a_query_has_its_meaning(text: str, parts: list[tuple[str, str, str]]) -> None:
    query = parse(text)
    assert [(part.kind, part.value, query.source[part.start : part.stop]) for part in query.parts] == parts


@pytest.mark.parametrize(
    ("text", "at", "rest"),
    [
        ("rye year:2019 crust", 1, "rye crust"),
        ("venue:tides OR venue:crumb rye", 0, "venue:crumb rye"),
        ("venue:tides OR venue:crumb rye", 1, "venue:tides rye"),
        ("a OR b OR c", 1, "a OR c"),
        ("rye NOT author:G. Hinton", 1, "rye"),
        ("like:17 but not the oven, year:2020", 1, "like:17 year:2020"),
    ],
)
def test_a_part_is_taken_out(text: str, at: int, rest: str) -> None:
    query = parse(text)
    assert without(query, query.parts[at]) == rest


@pytest.mark.parametrize(
    ("text", "kind", "value", "narrower"),
    [
        ("rye", "venue", "Tidal Letters", 'rye venue:"Tidal Letters"'),
        ("venue:tides rye", "venue", "Crumb", "venue:tides OR venue:Crumb rye"),
        ("venue:a OR venue:b rye", "venue", "c", "venue:a OR venue:b OR venue:c rye"),
        ("-venue:a rye", "venue", "b", "-venue:a rye venue:b"),
        ("rye OR venue:a", "venue", "b", "rye OR venue:a venue:b"),
        ("year:2020", "year", "2010..2019", "year:2020 OR year:2010..2019"),
        ("", "is", "saved", "is:saved"),
    ],
)
def test_a_filter_is_put_in(text: str, kind: str, value: str, narrower: str) -> None:
    narrow = narrowed(parse(text), kind, value)
    assert narrow == narrower
    part = find_part(parse(narrow), kind, value)
    assert part is not None
    assert (condition_text(kind, value) in narrow, parse(without(parse(narrow), part))) == (True, parse(text))
