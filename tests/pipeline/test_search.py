"""Search: filters are exact, words and meaning rank under them, and every result says where its score came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from broadsheet.kit.errors import UnknownPaper, UsageError
from broadsheet.kit.paper import Paper, Person, Record
from broadsheet.pipeline.library import Library
from tests.clock import NOON
from tests.pipeline import world
from tests.pipeline.world import BEES, BREAD, CLOCKS, SHIPS, Topic

Test = Callable[[Topic, int], bool]


def expected(test: Test) -> set[str]:
    return {world.key(topic, n) for topic in world.TOPICS for n in range(world.EACH) if test(topic, n)}


def says(word: str) -> Test:
    def test(topic: Topic, n: int) -> bool:
        paper = world.paper(topic, n)
        return word in f"{paper.title} {paper.abstract}".lower()

    return test


def found(library: Library, query: str) -> set[str]:
    page = library.search(query, 1000, snippets=False)
    assert page.notes == ()
    return set(world.keys(page))


def year(n: int) -> int:
    return world.FIRST_YEAR + n % world.YEARS


@pytest.mark.parametrize(
    ("query", "test"),
    [
        ("year:2019", lambda t, n: year(n) == 2019),
        ("year:2019..2021", lambda t, n: 2019 <= year(n) <= 2021),
        ("year:2025..", lambda t, n: year(n) >= 2025),
        ("year:<2016", lambda t, n: year(n) < 2016),
        ("-year:2015..2024", lambda t, n: year(n) > 2024),
        ("venue:letters", lambda t, n: "Letters" in t.venues[n % 2]),
        ('venue:"tidal letters"', lambda t, n: t is SHIPS and n % 2 == 1),
        ("venue:HOROLOGY -year:2015..2020", lambda t, n: t is CLOCKS and n % 2 == 0 and year(n) > 2020),
        ("author:Imker", lambda t, n: t is BEES and n % 4 in (1, 2)),
        ('author:"Jorg Boje"', lambda t, n: t is SHIPS and n % 4 == 2),
        ('author:"Boje, Jörg"', lambda t, n: t is SHIPS and n % 4 == 2),
        ("author:Imker OR author:Boje", lambda t, n: n % 4 in {BEES: (1, 2), SHIPS: (2, 3)}.get(t, ())),
        ("title:mooring", lambda t, n: t is SHIPS and "mooring" in world.paper(t, n).title.lower()),
        ('title:"balance wheel and"', lambda t, n: "balance wheel and" in world.paper(t, n).title.lower()),
        ("title:report -title:bees -title:ships", lambda t, n: t in (CLOCKS, BREAD)),
        ('"oven spring" year:2020..', lambda t, n: says("oven spring")(t, n) and year(n) >= 2020),
        ("-kneading title:bread", lambda t, n: t is BREAD and not says("kneading")(t, n)),
        ("rudder OR kneading", lambda t, n: says("rudder")(t, n) or says("kneading")(t, n)),
        ("rudder OR year:2016", lambda t, n: says("rudder")(t, n) or year(n) == 2016),
        ("id:bread-7", lambda t, n: t is BREAD and n == 7),
        (f"id:arXiv:{world.paper(SHIPS, 4).ids.arxiv}v3", lambda t, n: t is SHIPS and n == 4),
        ("title:clocks NOT id:clocks-0 year:2015", lambda t, n: t is CLOCKS and n in (12, 24)),
    ],
)
def test_filters_are_exact(shared: Library, query: str, test: Test) -> None:
    assert found(shared, query) == expected(test)
    assert shared.search(query).total == len(expected(test))


def test_words_find_their_topic(shared: Library) -> None:
    for topic in world.TOPICS:
        for subject in topic.subjects:
            page = shared.search(subject)
            assert set(world.topics_of(world.keys(page))) == {topic.name}
            assert (page.total, page.notes, len(page.results)) == (120, (), 10)


def test_the_title_finds_its_paper(shared: Library) -> None:
    for topic in world.TOPICS:
        for n in range(0, world.EACH, 7):
            assert world.keys(shared.search(world.paper(topic, n).title, 1)) == [world.key(topic, n)]


def test_every_result_says_what_words_and_meaning_gave(shared: Library) -> None:
    page = shared.search("pendulum", 1000)
    said = [r for r in page.results if "pendulum" in r.matched]
    silent = [r for r in page.results if "pendulum" not in r.matched]
    assert {r.stored.source_ids[0][1] for r in said} == expected(says("pendulum"))
    assert page.results[: len(said)] == tuple(said)
    assert all(0 < r.lexical < 1 and 0 < r.semantic < 1 for r in said)
    assert all((r.lexical, r.semantic) == (0.0, 1.0) for r in silent)
    assert all(r.lexical + r.semantic == pytest.approx(1) for r in page.results)
    scores = [r.score for r in page.results]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] > 0


def test_without_words_the_newest_come_first(shared: Library) -> None:
    page = shared.search("venue:letters", 1000)
    days = [r.stored.paper.date for r in page.results]
    told = [d.toordinal() if d and d <= NOON.date() else 0 for d in days]  # a date to come is not believed
    assert told == sorted(told, reverse=True)
    assert {(r.score, r.lexical, r.semantic) for r in page.results} == {(0.0, 0.0, 0.0)}
    assert len(shared.search("", 1000).results) == 120


def test_a_name_that_is_a_stop_word_is_found(library: Library) -> None:
    will = Paper("Treatise on imaginary parsnips", authors=(Person("Will Who"),), year=2020)
    library.add(Record(will, "made", "will"))
    assert found(library, "author:will") == {"will"}
    assert found(library, 'author:"Will Who" year:2020') == {"will"}


def test_notes_say_what_was_ignored(shared: Library) -> None:
    page = shared.search("rye year:soon")
    assert page.notes == ("year:soon is not a year or a range like 2019..2024; it was ignored",)
    assert world.keys(page) == world.keys(shared.search("rye"))
    page = shared.search('"rye harbour" crust')
    assert page.notes == ('no paper has the phrase "rye harbour"; its words were searched instead',)
    assert set(world.topics_of(world.keys(page))) <= {"bread", "ships"}
    assert shared.search("author:nobody").results == ()
    assert shared.search("id:nothing").total == 0
    long = shared.search(" ".join(f"rye{n}" for n in range(200)) + " rye")
    assert long.notes == ("only the 128 rarest words of the query were matched",)


@pytest.mark.parametrize("query", ["rudder careful season", "year:2016..", "title:report", "ships OR bees"])
def test_pages_follow_one_another(shared: Library, query: str) -> None:
    whole = world.keys(shared.search(query, 50))
    pages = [world.keys(shared.search(query, 7, offset)) for offset in range(0, 50, 7)]
    assert [k for page in pages for k in page][:50] == whole
    assert len(set(whole)) == 50
    assert shared.search(query, 7, 5000).results == ()
    assert shared.search(query, 0).results == ()


def test_among_restricts_to_the_given_papers(shared: Library) -> None:
    arxiv = world.paper(BREAD, 6).ids.arxiv
    chosen = ["bread-0", arxiv, "ships-2", "not-here", "paper:999"]
    page = shared.search("crust season", 1000, among=chosen)
    assert set(world.keys(page)) <= {"bread-0", "bread-6", "ships-2"}
    assert page.total == 3
    assert page.notes == ("2 of the given ids are not in this library (not-here, paper:999)",)
    assert set(world.keys(shared.search("year:2015..2017", among=["bread-0", "ships-2", "ships-5"]))) == {
        "bread-0",
        "ships-2",
    }
    assert shared.search("rye", among=[]).total == 0
    many = shared.search("rye", among=["a?", "b?", "c?", "d?"])
    assert many.notes == ("4 of the given ids are not in this library (a?, b?, c? …)",)


def test_the_ids_of_a_search_are_its_results(shared: Library) -> None:
    hits = shared.search_ids("nectar season", 30)
    page = shared.search("nectar season", 30)
    assert hits.ids.tolist() == [r.stored.id for r in page.results]
    np.testing.assert_allclose(hits.scores, [r.score for r in page.results], rtol=1e-6)
    assert len(shared.search_ids("nectar", 30, among=["bees-0", "bees-3"])) <= 2


def test_similar_papers_are_of_the_topic(shared: Library) -> None:
    page = shared.similar(["clocks-8"], k=15)
    assert set(world.topics_of(world.keys(page))) == {"clocks"}
    assert "clocks-8" not in world.keys(page)
    assert page.query == "clocks-8"
    best = page.results[0]
    assert any(span.matched for span in (*best.title, *best.snippet))
    restricted = shared.similar(["clocks-8"], among=["bees-0", "clocks-1", "clocks-8", "none"])
    assert world.keys(restricted)[0] == "clocks-1"
    assert (restricted.total, restricted.notes) == (2, ("1 of the given ids are not in this library (none)",))


def test_similar_to_several_and_unlike_others(shared: Library) -> None:
    liked = shared.similar(["bees-1", "ships-1"], k=20)
    assert {topic: world.topics_of(world.keys(liked)).count(topic) >= 5 for topic in ("bees", "ships")} == {
        "bees": True,
        "ships": True,
    }
    page = shared.similar(["bees-1", "ships-1"], ["ships-2", "ships-3", "ships-4"], k=20)
    names = world.topics_of(world.keys(page))
    assert names.count("bees") > names.count("ships")
    assert world.topics_of(world.keys(page))[:8] == ["bees"] * 8
    assert not {"ships-2", "ships-3", "ships-4", "bees-1", "ships-1"} & set(world.keys(page))
    assert page.query == "bees-1 ships-1 -ships-2 -ships-3 -ships-4"


def test_similar_refuses_what_it_cannot_do(shared: Library) -> None:
    with pytest.raises(UnknownPaper, match="no-such-paper"):
        shared.similar(["no-such-paper"])
    with pytest.raises(UsageError, match="at least one"):
        shared.similar([])


def test_a_changed_paper_is_searched_as_it_is_now(library: Library) -> None:
    changed = replace(world.paper(BEES, 5), authors=(Person("Zoë Quux"),), venue="Quux Quarterly", year=1999)
    library.add(Record(changed, world.SOURCE, "bees-5"))
    assert (
        found(library, "author:quux") == found(library, "venue:quarterly") == found(library, "year:1999") == {"bees-5"}
    )
    assert "bees-5" not in found(library, 'venue:"meadow letters"')
