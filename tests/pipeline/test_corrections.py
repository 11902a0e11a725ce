"""Slips of typing are corrected by the words of the library, are told, and are searched as typed on demand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import broadsheet
from broadsheet.kit.paper import Paper, Person, Record
from broadsheet.pipeline.index.words import LONGEST, Vocabulary, WordBlock
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import Correction, SearchPage
from tests.clock import ticking

WORDS = {"neural": 90, "network": 80, "networks": 40, "mural": 2, "form": 9, "from": 70, "recall": 5, "sea": 3}


@pytest.mark.parametrize(
    ("typed", "word", "cost"),
    [
        ("neural", "neural", 0),
        ("nueral", "neural", 3),  # swapped
        ("neurral", "neural", 3),  # doubled
        ("recal", "recall", 3),  # not doubled
        ("neurao", "neural", 3),  # another next key
        ("neurat", "neural", 4),  # a key elsewhere
        ("neurak", "neural", 3),  # the next key
        ("neurall", "neural", 3),
        ("neual", "neural", 4),  # left out
        ("neuraxl", "neural", 4),  # one too many
        ("meural", "neural", 5),  # the first letter, by the next key
        ("fomr", "form", 3),
    ],
)
def test_what_a_slip_costs(typed: str, word: str, cost: int) -> None:
    assert Vocabulary.of(WORDS).near(typed, 8)[word] == (cost, WORDS[word])


def test_words_too_far_are_not_near() -> None:
    vocabulary = Vocabulary.of(WORDS)
    assert vocabulary.near("neural", 4) == {"neural": (0, 90)}
    assert vocabulary.near("mural", 4) == {"mural": (0, 2)}
    assert vocabulary.near("zzzzzz", 8) == {}
    assert Vocabulary.of({}).near("neural", 8) == {}


def test_only_words_of_letters_of_a_fit_length_are_in_the_vocabulary() -> None:
    counts = {"gpt4": 9, "ab": 9, "naïve": 9, "x" * (LONGEST + 1): 9, "x" * LONGEST: 9, "rye": 1}
    vocabulary = Vocabulary.of(counts)
    assert [vocabulary.word(at) for at in range(len(vocabulary.counts))] == ["rye", "x" * LONGEST]
    assert vocabulary.near("x" * LONGEST, 8) == {"x" * LONGEST: (0, 9)}


def test_a_block_is_what_its_arrays_say() -> None:
    block = WordBlock.of(WORDS, {("GNN", "graph neural network"): 2, ("GNN", "Graph Neural Networks"): 3}, 7)
    restored = WordBlock.from_arrays(block.to_arrays())
    assert restored.rows == 7
    assert restored.vocabulary.near("nueral", 4) == {"neural": (3, 90)}
    assert restored.acronyms.counts.tolist() == [5]
    empty = WordBlock.from_arrays(WordBlock.of({}, {}, 0).to_arrays())
    assert (empty.rows, empty.acronyms.of_short(1), empty.acronyms.of_long(1)) == (0, [], [])
    arrays = dict(block.to_arrays())
    arrays["word_counts"] = arrays["word_counts"][1:]
    with pytest.raises(ValueError, match="differ in length"):
        WordBlock.from_arrays(arrays)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """An empty library."""
    with broadsheet.open(tmp_path / "library", clock=ticking()) as library:
        yield library


@pytest.fixture
def bakery(library: Library) -> Library:
    """Papers about sourdough fermentation, and one of other words."""
    records = [
        Record(
            Paper(f"Sourdough fermentation of wheat {n}", "The leaven of the dough ferments slowly."), "made", f"s{n}"
        )
        for n in range(40)
    ]
    other = Paper("Fermented kraut", "Cabbage, also leavened.", (Person("Ada Saurdough"),))
    library.add(*records, Record(other, "made", "kraut"))
    return library


def told(page: SearchPage) -> list[tuple[str, str]]:
    """The corrections of a page."""
    return [(correction.typed, correction.used) for correction in page.corrections]


@pytest.mark.parametrize(
    ("query", "corrections"),
    [
        ("sourdugh", [("sourdugh", "sourdough")]),
        ("Sourdugh fermetnation", [("sourdugh", "sourdough"), ("fermetnation", "fermentation")]),
        ("fermentatoin of wheat", [("fermentatoin", "fermentation")]),
        ("sourdough", []),
        ("saurdough", []),  # a name in the library
        ('"sourdugh"', []),  # quoted
        ("title:sourdugh", []),
        ("author:sourdugh", []),
        ("-sourdugh wheat", []),
        ("sourDugh", []),  # capitals inside: a name
        ("sourdugh2", []),
        ("sou", []),  # short
        ("xylophone", []),  # near nothing
        ("isn't wheat", []),
    ],
)
def test_what_is_corrected(bakery: Library, query: str, corrections: list[tuple[str, str]]) -> None:
    assert told(bakery.search(query)) == corrections


def test_a_corrected_query_finds_what_was_meant(bakery: Library) -> None:
    right, slip = bakery.search("sourdough fermentation", 5), bakery.search("sourduogh fermentation", 5)
    assert slip.corrections == (Correction("sourduogh", "sourdough"),)
    assert [r.stored.id for r in slip.results] == [r.stored.id for r in right.results]
    assert slip.matching == right.matching
    assert all("sourdough" in result.matched for result in slip.results)
    assert not any("sourduogh" in note for note in slip.notes)


def test_the_words_are_searched_as_typed_on_demand(bakery: Library) -> None:
    page = bakery.search("sourduogh fermentation", 5, verbatim=True)
    assert page.corrections == ()
    assert page.notes == ("no paper here has “sourduogh”",)


def test_a_filter_keeps_its_words_where_a_slip_outside_is_corrected(bakery: Library) -> None:
    page = bakery.search('title:"wheat 3" sourduogh')
    assert told(page) == [("sourduogh", "sourdough")]
    assert [result.stored.paper.title for result in page.results] == ["Sourdough fermentation of wheat 3"]


def test_the_other_words_decide_between_words_as_near(library: Library) -> None:
    papers = [Paper(f"Paper {n}", "The stone of the masonry.") for n in range(9)]
    papers += [Paper(f"Book {n}", "The spine after surgery.") for n in range(9)]
    library.add(*[Record(paper, "made", str(at)) for at, paper in enumerate(papers)])
    assert told(library.search("stine masonry")) == [("stine", "stone")]
    assert told(library.search("stine surgery")) == [("stine", "spine")]


def test_a_very_rare_word_gives_way_to_a_far_more_frequent_one(library: Library) -> None:
    words = " ".join(["recurrence"] * 60)
    papers = [Paper(f"Paper {n}", words) for n in range(80)] + [Paper("A recurence of slips", "")]
    library.add(*[Record(paper, "made", str(at)) for at, paper in enumerate(papers)])
    assert told(library.search("recurence")) == [("recurence", "recurrence")]
    assert told(library.search("slips")) == []
