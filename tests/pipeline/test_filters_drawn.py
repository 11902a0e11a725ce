"""Filters in any combination let through what a plain reading of every paper lets through."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import broadsheet
from broadsheet.kit.paper import Identifiers, Paper, Person, Record
from broadsheet.pipeline.library import Library
from tests.clock import ticking

# No two of these words have a stem in common, and none is a stop word.
WORDS = ("walrus", "lantern", "copper", "meadow", "zither", "glacier", "parsnip", "harvest")
GIVEN = ("Ada", "Bo", "Cleo", "Dag")
FAMILIES = ("Okafor", "Lindqvist", "Marchetti", "Takeda")
VENUES = ("", "Copper Letters", "Annals of Glacier Studies", "Walrus Review")
COUNT = 160

Test = Callable[[int], bool]


def _paper(n: int) -> Paper:
    chance = random.Random(n)
    title, abstract = chance.choices(WORDS, k=3), chance.choices(WORDS, k=chance.choice((0, 2, 6)))
    people = [
        Person(f"{given} {family}", given, family)
        for given, family in zip(chance.choices(GIVEN, k=2), chance.sample(FAMILIES, 2), strict=True)
    ]
    year = chance.choice((None, *range(2016, 2025)))
    return Paper(
        f"{' '.join(title)} number{n}",
        " ".join(abstract),
        tuple(people[: chance.randint(0, 2)]),
        Identifiers(
            arxiv=f"2401.{n:05d}" if chance.random() < 0.4 else "",
            doi=f"10.1234/made.{n}" if chance.random() < 0.4 else "",
        ),
        year,
        chance.choice(VENUES),
        submitted=date(year, 3, 1) if year and chance.random() < 0.5 else None,
        urls=(f"https://github.com/made/{n}",) if chance.random() < 0.2 else (),
        pdf_url=f"https://example.org/{n}.pdf" if chance.random() < 0.3 else "",
    )


PAPERS = tuple(_paper(n) for n in range(COUNT))
SAVED = frozenset(range(0, COUNT, 7))
TAGGED = {"thesis": frozenset(range(0, COUNT, 5)), "to read": frozenset(range(3, COUNT, 11))}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The papers in several segments; the abstracts of the first ones were corrected since."""
    with broadsheet.open(tmp_path_factory.mktemp("drawn") / "library", clock=ticking()) as opened:
        made = [Record(paper, "made", f"n{n}") for n, paper in enumerate(PAPERS)]
        before = [
            Record(replace(PAPERS[n], abstract="zither meadow"), "made", f"n{n}")
            for n in range(12)
            if PAPERS[n].abstract
        ]
        opened.add(*before, *made[12:110])
        opened.add(*made[110:150])
        opened.add(*made[150:])
        opened.add(*made[:12])
        assert opened.stats().papers == COUNT
        assert len(opened.snapshot().segments) > 1
        for n in SAVED:
            opened.act("me", f"n{n}", "save")
        for tag, papers in TAGGED.items():
            for n in papers:
                opened.act("me", f"n{n}", "tag", tag)
        yield opened


def _side_by_side(few: list[str], text: str) -> bool:
    words = text.lower().split()
    return any(words[at : at + len(few)] == few for at in range(len(words)))


def _words(value: str, *, title: bool = False) -> Test:
    few = value.split()
    return lambda n: _side_by_side(few, PAPERS[n].title) or (not title and _side_by_side(few, PAPERS[n].abstract))


def _anywhere(value: str) -> Test:
    """A word that is excluded: in a text, the name of an author or of a venue."""
    return lambda n: (
        _words(value)(n)
        or value in PAPERS[n].venue.lower().split()
        or any(value in person.name.lower().split() for person in PAPERS[n].authors)
    )


def _author(value: str) -> Test:
    names = set(value.lower().split())
    return lambda n: any(names <= set(person.name.lower().split()) for person in PAPERS[n].authors)


def _venue(value: str) -> Test:
    return lambda n: set(value.lower().split()) <= set(PAPERS[n].venue.lower().split())


def _years(low: int, high: int) -> Test:
    return lambda n: low <= (PAPERS[n].year or -1) <= high


HAS: dict[str, Test] = {
    "abstract": lambda n: bool(PAPERS[n].abstract),
    "arxiv": lambda n: bool(PAPERS[n].ids.arxiv),
    "doi": lambda n: bool(PAPERS[n].ids.doi),
}


@dataclass(frozen=True)
class Filter:
    """A condition as it is typed, and what it means."""

    typed: str
    test: Test

    def __repr__(self) -> str:
        return self.typed


def negated(one: Filter) -> Filter:
    """The contrary."""
    return Filter(f"-{one.typed}", lambda n: not one.test(n))


def either(several: list[Filter]) -> Filter:
    """A choice of conditions."""
    return Filter(" OR ".join(one.typed for one in several), lambda n: any(one.test(n) for one in several))


word, family, year = st.sampled_from(WORDS), st.sampled_from(FAMILIES), st.integers(2015, 2025)
pair = st.tuples(word, word).map(" ".join)
PLAIN = st.one_of(
    word.map(lambda w: Filter(f"title:{w}", _words(w, title=True))),
    pair.map(lambda p: Filter(f'title:"{p}"', _words(p, title=True))),
    family.map(lambda f: Filter(f"author:{f}", _author(f))),
    st.tuples(st.sampled_from(GIVEN), family).map(lambda p: Filter(f'author:"{p[0]} {p[1]}"', _author(" ".join(p)))),
    st.sampled_from(VENUES[1:]).map(lambda v: Filter(f'venue:"{v}"', _venue(v))),
    st.sampled_from(["copper", "Glacier", "review"]).map(lambda v: Filter(f"venue:{v}", _venue(v))),
    year.map(lambda y: Filter(f"year:{y}", _years(y, y))),
    year.map(lambda y: Filter(f"year:{y}..", _years(y, 9999))),
    year.map(lambda y: Filter(f"year:..{y}", _years(1, y))),
    year.map(lambda y: Filter(f"year:<{y}", _years(1, y - 1))),
    year.map(lambda y: Filter(f"year:>={y}", _years(y, 9999))),
    st.tuples(year, year).map(lambda p: Filter(f"year:{p[0]}-{p[1]}", _years(min(p), max(p)))),
    st.sampled_from(list(HAS)).map(lambda part: Filter(f"has:{part}", HAS[part])),
    st.integers(0, COUNT - 1).map(lambda i: Filter(f"id:n{i}", lambda n: n == i)),
    st.just(Filter("is:saved", lambda n: n in SAVED)),
    st.just(Filter("tag:thesis", lambda n: n in TAGGED["thesis"])),
    st.just(Filter('tag:"to read"', lambda n: n in TAGGED["to read"])),
    st.just(Filter("tag:nobody", lambda n: False)),
)
EXCLUDED = st.one_of(
    word.map(lambda w: Filter(f"-{w}", lambda n: not _anywhere(w)(n))),
    pair.map(lambda p: Filter(f'-"{p}"', lambda n: not _words(p)(n))),
)
ONE = st.one_of(PLAIN, PLAIN.map(negated), EXCLUDED)
CLAUSE = st.one_of(ONE, st.lists(ONE, min_size=2, max_size=3).map(either))


def found(library: Library, query: str) -> set[int]:
    """The papers of a query that is nothing but filters, all of them."""
    page = library.search(f"-id:0 {query}", COUNT, snippets=False, reader="me")
    numbers = {int(key[1:]) for result in page.results for _, key in result.stored.source_ids}
    assert len(page.results) == len(numbers)
    assert numbers <= set(range(COUNT))
    return numbers


def total(library: Library, query: str) -> int:
    """How many papers pass."""
    return library.search(query, 1, snippets=False, reader="me").total


@settings(max_examples=150)
@given(st.lists(CLAUSE, min_size=1, max_size=3))
def test_any_filters_together_are_exact(library: Library, clauses: list[Filter]) -> None:
    wanted = {n for n in range(COUNT) if all(clause.test(n) for clause in clauses)}
    query = " ".join(clause.typed for clause in clauses)
    assert total(library, query) == len(wanted)
    assert found(library, query) <= wanted


@settings(max_examples=60)
@given(CLAUSE, CLAUSE)
def test_the_order_of_filters_is_no_matter(library: Library, a: Filter, b: Filter) -> None:
    first, second = f"{a.typed} {b.typed}", f"{b.typed} {a.typed}"
    assert total(library, first) == total(library, second) <= min(total(library, a.typed), total(library, b.typed))
    assert total(library, f"{first} {a.typed}") == total(library, first)


@settings(max_examples=60)
@given(PLAIN)
def test_a_filter_and_its_contrary_share_the_library(library: Library, one: Filter) -> None:
    contrary = negated(one)
    assert total(library, one.typed) + total(library, contrary.typed) == COUNT
    assert total(library, f"{one.typed} {contrary.typed}") == 0
    assert total(library, f"{one.typed} OR {contrary.typed}") == COUNT


@pytest.mark.parametrize(
    "query", ["year:2020", "has:doi", "is:saved", "tag:thesis", 'venue:"Copper Letters"', "-has:pdf"]
)
def test_what_only_filters_lists_every_paper_that_passes(library: Library, query: str) -> None:
    listed = found(library, query)
    assert len(listed) == total(library, query) > 0


@settings(max_examples=40)
@given(st.lists(st.integers(0, COUNT - 1), min_size=0, max_size=9, unique=True), ONE)
def test_among_is_one_filter_more(library: Library, numbers: list[int], one: Filter) -> None:
    page = library.search(one.typed, COUNT, among=[f"n{n}" for n in numbers], snippets=False, reader="me")
    assert page.total == sum(one.test(n) for n in numbers)
    assert {int(r.stored.source_ids[0][1][1:]) for r in page.results} <= set(numbers)


def test_saved_and_tagged_are_each_readers_own(library: Library) -> None:
    if "bo" not in [reader.name for reader in library.readers()]:
        library.create_reader("bo")
    assert library.search("is:saved", reader="bo").total == 0
    assert library.search("-is:saved", reader="bo").total == COUNT
    nobody = library.search("is:saved")
    assert nobody.total == 0
    assert nobody.notes == ("is:saved is about a reader's papers, and no reader is given",)
