"""Filters are exact: what a search lets through is what a literal reading of every paper lets through."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

import pytest
import Stemmer

import broadsheet
from broadsheet.kit.paper import Paper, Record
from broadsheet.pipeline.library import Library
from tests.hardness.made import person

ADJECTIVES = ("late", "sparse", "dense", "quiet", "federated", "the", "of", "to be")
NOUNS = ("interaction", "interactions", "retrieval", "retrieving", "owls", "owl", "maps", "index", "is", "will")
NAMES = ("Ada Lee", "Lee Ada", "Will Young", "An Wang", "Ana Maria Silva", "María José Núñez", "O'Neil Shea", "Bo Lee")
VENUES = ("", "SIGIR", "SIGIR Forum", "Journal of Owls", "Owls", "Annals of Sparse Maps", "The Young")

STEM = Stemmer.Stemmer("english")
PLAIN = str.maketrans("áéíóúñ", "aeioun")


def _papers() -> list[Paper]:
    """150 papers of few words, so that every filter has hits and near misses."""
    chance = random.Random(7)

    def words(least: int, most: int) -> str:
        return " ".join(chance.choice(ADJECTIVES + NOUNS) for _ in range(chance.randint(least, most)))

    return [
        Paper(
            title=f"{words(2, 4)} n{n}",
            abstract=words(1, 12),
            summary=chance.choice(("", words(2, 4))),
            authors=tuple(person(name) for name in chance.sample(NAMES, chance.randint(0, 3))),
            year=chance.choice((None, *range(2015, 2026))),
            venue=chance.choice(VENUES),
            keywords=tuple(words(1, 2) for _ in range(chance.randint(0, 2))),
        )
        for n in range(150)
    ]


PAPERS = _papers()

# The literal reading, as plainly as it can be written ------------------------------------------------------------


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower().translate(PLAIN))


def _stems(text: str) -> list[str]:
    return [STEM.stemWord(word) for word in _words(text)]


def _within(few: list[str], many: list[str]) -> bool:
    return any(many[i : i + len(few)] == few for i in range(len(many) - len(few) + 1))


def title(value: str) -> Callable[[Paper], bool]:
    return lambda paper: _within(_stems(value), _stems(paper.title))


def author(value: str) -> Callable[[Paper], bool]:
    return lambda paper: any(_within(_words(value), _words(person.name)) for person in paper.authors)


def venue(value: str) -> Callable[[Paper], bool]:
    return lambda paper: set(_words(value)) <= set(_words(paper.venue))


def years(low: int, high: int) -> Callable[[Paper], bool]:
    return lambda paper: paper.year is not None and low <= paper.year <= high


def phrase(value: str) -> Callable[[Paper], bool]:
    def holds(paper: Paper) -> bool:
        texts = (paper.title, f"{paper.abstract}\n{paper.summary}", "\n".join(paper.keywords))
        return any(_within(_stems(value), _stems(text)) for text in texts)

    return holds


def word(value: str) -> Callable[[Paper], bool]:
    return lambda p: phrase(value)(p) or author(value)(p) or _within(_words(value), _words(p.venue))


def no(test: Callable[[Paper], bool]) -> Callable[[Paper], bool]:
    return lambda paper: not test(paper)


def either(*tests: Callable[[Paper], bool]) -> Callable[[Paper], bool]:
    return lambda paper: any(test(paper) for test in tests)


def both(*tests: Callable[[Paper], bool]) -> Callable[[Paper], bool]:
    return lambda paper: all(test(paper) for test in tests)


CASES: dict[str, Callable[[Paper], object]] = {
    "title:owl": title("owl"),
    "title:retrieval": title("retrieval"),
    'title:"late interaction"': title("late interaction"),
    'TITLE:"sparse owls"': title("sparse owls"),
    "title:the": title("the"),
    "-title:the": no(title("the")),
    "title:n7": title("n7"),
    "author:lee": author("lee"),
    "author:Will": author("will"),
    'author:"Ada Lee"': author("ada lee"),
    'author:"lee, ada"': author("ada lee"),
    'author:"Will Young"': author("will young"),
    'author:"Lee Ada"': author("lee ada"),
    'author:"Lee Will"': author("lee will"),  # never runs from one author into the next
    "author:NUNEZ": author("nunez"),
    "author:Núñez": author("nunez"),
    "author:o'neil": author("o neil"),
    "author:wang -author:lee": both(author("wang"), no(author("lee"))),
    "venue:sigir": venue("sigir"),
    'venue:"sigir forum"': venue("sigir forum"),
    "venue:owls": venue("owls"),
    "venue:owl": venue("owl"),
    "-venue:sigir": no(venue("sigir")),
    "year:2020": years(2020, 2020),
    "year:2019..2021": years(2019, 2021),
    "year:2021..2019": years(2019, 2021),
    "year:2019-2021": years(2019, 2021),
    "year:2022..": years(2022, 9999),
    "year:..2016": years(0, 2016),
    "year:<2016": years(0, 2015),
    "year:>=2024": years(2024, 9999),
    "-year:2020": no(years(2020, 2020)),
    '"late interaction"': phrase("late interaction"),
    '"the owl"': phrase("the owl"),
    '"of the"': phrase("of the"),
    '"to be"': phrase("to be"),
    '"is"': phrase("is"),
    '-"late interaction"': no(phrase("late interaction")),
    "owl -sparse": no(word("sparse")),
    "owl NOT sparse": no(word("sparse")),
    "owl -young": no(word("young")),
    "owl -the": no(word("the")),
    "sparse OR owl": either(word("sparse"), word("owl")),
    "sparse OR -owl": either(word("sparse"), no(word("owl"))),
    "author:lee OR author:wang": either(author("lee"), author("wang")),
    "title:owl OR year:2020 OR venue:sigir": either(title("owl"), years(2020, 2020), venue("sigir")),
    "title:owl year:2018.. -author:lee": both(title("owl"), years(2018, 9999), no(author("lee"))),
    "maps title:owl OR title:map -year:2020": both(either(title("owl"), title("map")), no(years(2020, 2020))),
    "id:n-3": lambda paper: paper.title.endswith(" n3"),
    "-id:n-3": lambda paper: not paper.title.endswith(" n3"),
    "id:nonsense": lambda paper: False,
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The papers in three segments, some of them replaced since."""
    made = [Record(paper, "made", f"n-{n}") for n, paper in enumerate(PAPERS)]
    with broadsheet.open(tmp_path_factory.mktemp("filters")) as opened:
        older = [Record(Paper(title=r.paper.title, abstract="late owls"), r.source, r.source_id) for r in made[:20]]
        opened.add(*older, *made[20:90])
        opened.add(*made[90:])
        opened.add(*made[:20])
        assert len(opened.snapshot().segments) == 3
        assert opened.stats().papers == len(PAPERS)
        yield opened


@pytest.mark.parametrize("query", CASES)
def test_filter(library: Library, query: str) -> None:
    wanted = {f"n-{n}" for n, paper in enumerate(PAPERS) if CASES[query](paper)}
    page = library.search(query, k=150, snippets=False)
    assert page.total == len(wanted), page.notes
    assert {found for r in page.results for _, found in r.stored.source_ids} <= wanted
    filters_only = library.search(f"{query} -id:0", k=150, snippets=False)  # -id:0 excludes nothing
    assert filters_only.total == len(wanted)
    if re.match("-?(year|venue|id):", query) and " " not in query:  # nothing to rank by: every paper is listed
        assert {found for r in page.results for _, found in r.stored.source_ids} == wanted
