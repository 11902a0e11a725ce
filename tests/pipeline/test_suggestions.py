"""Suggestions: what begins as typed, of papers that are here, as the query it would be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import broadsheet
from broadsheet.kit.paper import Paper, Person, Record
from broadsheet.pipeline.index.prefix_parts import Distinct, NamePart, PrefixPart
from broadsheet.pipeline.index.prefixes import NameTable, PrefixBlock, WordTable
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import Suggestion
from tests.clock import ticking

HINTON, LECUN = Person("Geoffrey Hinton"), Person("Yann LeCun")
PAPERS = (
    Paper("Tides of the salt marsh", authors=(HINTON,), venue="Tidal Letters", keywords=("salt marsh", "tides")),
    Paper(
        "Salt and tide", authors=(HINTON, LECUN), venue="Tidal Letters", keywords=("tides",), submitted=date(2020, 1, 1)
    ),
    Paper("Salt marsh birds", authors=(LECUN,), venue="NeurIPS", keywords=("marsh birds",), submitted=date(2024, 1, 1)),
    Paper("Élan of a marsh: salt, again", authors=(Person("Hinterland Group"),), venue="nips 2019"),
)


@pytest.fixture
def marsh(tmp_path: Path) -> Iterator[Library]:
    with broadsheet.open(tmp_path / "library", clock=ticking()) as library:
        library.add(*(Record(paper, "s", f"m{n}") for n, paper in enumerate(PAPERS)))
        yield library


def _labels(library: Library, text: str, kind: str) -> list[str]:
    return [one.label for one in library.suggest(text) if one.kind == kind]


@pytest.mark.parametrize(
    ("text", "kind", "labels"),
    [
        (
            "sal",
            "title",
            ["Salt marsh birds", "Salt and tide", "Élan of a marsh: salt, again", "Tides of the salt marsh"],
        ),
        ("salt mar", "title", ["Salt marsh birds", "Élan of a marsh: salt, again", "Tides of the salt marsh"]),
        ("ELA", "title", ["Élan of a marsh: salt, again"]),
        ("hint", "author", ["Geoffrey Hinton", "Hinterland Group"]),
        ("geo hin", "author", ["Geoffrey Hinton"]),
        ("tide hin", "author", ["Geoffrey Hinton", "Hinterland Group"]),
        ("tid", "venue", ["Tidal Letters"]),
        ("neur", "venue", ["NeurIPS"]),
        ("ti", "topic", ["tides"]),
        ("mar", "topic", ["marsh birds", "salt marsh"]),
        ("author:ya", "author", ["Yann LeCun"]),
        ("author:ya", "title", []),
        ("q" * 201, "title", []),
        ("", "title", []),
        ("!?", "title", []),
        ("zzz", "author", []),
    ],
)
def test_what_begins_as_typed_is_suggested(marsh: Library, text: str, kind: str, labels: list[str]) -> None:
    assert _labels(marsh, text, kind) == labels


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("birds yan", Suggestion("author", "Yann LeCun", 'birds author:"Yann LeCun"', count=2)),
        ('birds author:"yan', Suggestion("author", "Yann LeCun", 'birds author:"Yann LeCun"', count=2)),
        ("birds -author:yan", Suggestion("author", "Yann LeCun", 'birds author:"Yann LeCun"', count=2)),
        ("year:2020 neur", Suggestion("venue", "NeurIPS", "year:2020 venue:NeurIPS", count=2)),
        ("salt mars", Suggestion("topic", "salt marsh", '"salt marsh"', count=1)),
        ("salt and ti", Suggestion("title", "Salt and tide", 'title:"Salt and tide"', paper_id=2)),
    ],
)
def test_a_suggestion_is_the_whole_query(marsh: Library, text: str, suggestion: Suggestion) -> None:
    assert suggestion in marsh.suggest(text)


def test_what_changed_or_is_gone_is_suggested_as_it_is_now(marsh: Library) -> None:
    marsh.add(Record(replace(PAPERS[2], title="Salt marsh birds and frogs", version=2), "s", "m2"))
    assert "Salt marsh birds" not in _labels(marsh, "salt", "title")
    assert _labels(marsh, "salt marsh fr", "title") == ["Salt marsh birds and frogs"]
    for deleted, counts in ((2, [1]), (3, [])):
        marsh.delete(deleted)
        assert [one.count for one in marsh.suggest("yann") if one.kind == "author"] == counts


def test_nothing_of_readers_is_suggested(marsh: Library) -> None:
    marsh.act("me", 1, "tag", "zeppelins of mine")
    marsh.create_reader("zephyrine")
    assert marsh.suggest("ze") == []


def test_damaged_tables_are_found_when_they_are_opened() -> None:
    block = PrefixBlock.of([PrefixPart.of(["salt marsh", ""], [["Ada Lee"], []], [[], ["tide"]])])
    arrays = block.to_arrays()
    assert PrefixBlock.from_arrays(arrays).titles.matches(["sal", "mar"]).tolist() == [True, False]
    for name, value in arrays.items():
        if "bounds" in name:
            with pytest.raises(ValueError, match=r"bounds|fit together"):
                PrefixBlock.from_arrays({**arrays, name: value[:-1]})
    with pytest.raises(ValueError, match="fit together"):
        PrefixBlock.from_arrays({**arrays, "titles.texts": arrays["titles.texts"] + 9})


def test_tables_of_nothing() -> None:
    assert WordTable.of(Distinct.words_of([])).matches(["a"]).tolist() == []
    assert WordTable.of(Distinct.words_of(["", " "])).begins("a").tolist() == [False, False]
    assert NameTable.of([NamePart.of([[], []])]).words.matches(["a"]).tolist() == []
    assert PrefixBlock.of([]).rows == 0


def test_parts_make_the_table_that_one_part_makes() -> None:
    titles = ["salt marsh", "marsh birds", "", "salt and birds of a marsh"]
    authors = [["Ada Lee", "Luis Mora"], ["Åsa Ødegård"], [], ["Ada Lee", "Bo Marsh"]]
    keywords = [["tide"], ["tide", "Salt Marsh"], ["birds"], []]
    whole = PrefixBlock.of([PrefixPart.of(titles, authors, keywords)]).to_arrays()
    for cut in range(len(titles) + 1):
        halves = [
            PrefixPart.of(titles[own], authors[own], keywords[own]) for own in (slice(0, cut), slice(cut, len(titles)))
        ]
        joined = PrefixBlock.of(halves).to_arrays()
        assert {name: value.tolist() for name, value in joined.items()} == {
            name: value.tolist() for name, value in whole.items()
        }
