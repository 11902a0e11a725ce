"""Counts beside results: each is what the filter it names finds, among all papers that match."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import broadsheet
from broadsheet.community import Community
from broadsheet.community.scheduler import Scheduler
from broadsheet.kit.paper import Paper, Person, Record
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import FacetValue
from broadsheet.pipeline.search import organisation_papers
from broadsheet.pipeline.search.facets import BEHIND
from broadsheet.pipeline.search.parser import parse
from broadsheet.pipeline.search.query_edit import narrowed
from tests.clock import ticking
from tests.pipeline import world

WORKS = ("Example Institute, Somewhere", "Tidal University")
CATEGORIES = (("cs.LG", "stat.ML"), ("cs.CL",), ())


@pytest.fixture(scope="module")
def shelved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The invented world with organisations, categories and code; paper n of a topic repeats every few."""
    folder: Path = tmp_path_factory.mktemp("facets") / "library"
    with broadsheet.open(folder, clock=ticking()) as library:
        for record in world.records():
            n = int(record.source_id.rpartition("-")[2])
            people = tuple(Person(one.name, affiliations=(WORKS[n % 2],)) for one in record.paper.authors)
            text = record.paper.abstract + (" Code: https://github.com/x/y" if n % 5 == 0 else "")
            paper: Paper = replace(record.paper, authors=people, categories=CATEGORIES[n % 3], abstract=text)
            library.add(Record(paper, record.source, record.source_id, record.place))
        library.act("me", world.key(world.BREAD, 4), "save")
        library.act("me", world.key(world.BEES, 4), "save")
        yield library


def _values(library: Library, query: str) -> tuple[FacetValue, ...]:
    facets = library.search(query, facets=True, reader="me").facets
    assert facets is not None
    assert not facets.are_nearest
    return facets.values


@pytest.mark.parametrize("query", ["bread", "title:bread", "rudder OR kneading", "has:code", "bread venue:crumb"])
def test_a_count_is_what_its_filter_finds(shelved: Library, query: str) -> None:
    values = _values(shelved, query)
    assert {value.kind for value in values} >= {"year", "venue", "org", "field"}
    for value in values:
        alone = query if value.kind != "venue" or "venue" not in query else "bread"
        found = shelved.search(narrowed(parse(alone), value.kind, value.value), 1000, reader="me", snippets=False)
        assert found.matching == value.count, value


def test_counts_are_of_all_papers_that_match(shelved: Library) -> None:
    facets = shelved.search("title:bread", facets=True).facets
    assert facets is not None
    assert facets.counted == world.EACH
    by_kind = {kind: [v.count for v in facets.values if v.kind == kind] for kind in ("org", "venue", "field")}
    assert by_kind == {"org": [15, 15], "venue": [15, 15], "field": [10, 10]}
    assert not any(value.kind == "is" for value in facets.values), "no reader, nothing saved"


def test_what_others_saved_is_not_counted(shelved: Library) -> None:
    shelved.create_reader("ann")
    for reader, saved in (("me", [("is", 2)]), ("ann", [])):
        facets = shelved.search("year:2000..", facets=True, reader=reader).facets
        assert facets is not None
        assert [(value.kind, value.count) for value in facets.values if value.kind == "is"] == saved


def test_a_long_text_counts_the_nearest(shelved: Library) -> None:
    facets = shelved.search(" ".join(world.BREAD.subjects + world.BEES.subjects), facets=True).facets
    assert facets is not None
    assert facets.are_nearest
    assert sum(value.count for value in facets.values if value.kind == "venue") <= facets.counted


def test_early_years_are_counted_by_decade(tmp_path: Path) -> None:
    years = (*range(1985, 2026), 0)
    with broadsheet.open(tmp_path / "library", clock=ticking()) as library:
        library.add(*(Record(Paper(f"Tide number {year}", year=year or None), "s", f"y{year}") for year in years))
        values = _values(library, "tide")
    assert [(value.value, value.count) for value in values] == [
        *((str(year), 1) for year in range(2025, 2020, -1)),
        ("2020", 1),
        ("2010..2019", 10),
        ("2000..2009", 10),
        ("..1999", 15),
    ]


def test_fields_and_organisations_filter(shelved: Library) -> None:
    for query, count in (
        ("org:tidal-university", 60),
        ('org:"Example Institute"', 60),
        ("org:tidal title:bread", 15),
        ('field:"machine learning"', 40),
        ("field:machine-learning title:bread", 10),
        ("-field:machine-learning", 80),
    ):
        page = shelved.search(query, 200, snippets=False)
        assert (page.matching, page.notes) == (count, ()), query
    assert shelved.search("org:nowhere").notes == ("no organisation here is named nowhere",)
    assert shelved.search("field:alchemy").notes == ("no paper here is of a field named alchemy",)


def test_after_a_large_import_the_counts_say_what_they_lack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(organisation_papers, "_FEW", 3)
    with broadsheet.open(tmp_path / "library", clock=ticking()) as library:
        library.add(*(_at_work(n) for n in range(9)))
        assert _organisations(library) == ([], (BEHIND,))
        community = Community(library)
        community.organisations.update(lambda: True)  # told to stop
        assert _organisations(library) == ([], (BEHIND,))
        assert Scheduler(community, sync_hours=0).run() == []  # in a server, by itself
        assert _organisations(library) == ([("Example Institute", 9)], ())
        library.add(*(_at_work(n) for n in range(9, 11)))  # few: at once
        assert _organisations(library) == ([("Example Institute", 11)], ())


def _at_work(n: int) -> Record:
    people = (Person(f"Ada Rivera {n}", affiliations=(WORKS[0],)),)
    return Record(Paper(f"Rivers of number {n}", "An abstract.", authors=people), "invented", str(n), str(n))


def _organisations(library: Library) -> tuple[list[tuple[str, int]], tuple[str, ...]]:
    facets = library.search("title:rivers", facets=True).facets
    assert facets is not None
    return [(value.value, value.count) for value in facets.values if value.kind == "org"], facets.notes
