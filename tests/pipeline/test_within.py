"""Searching within: what the outer queries list is searched, and nothing else; what matches is counted by value."""

from __future__ import annotations

import pytest

from broadsheet.pipeline.library import Library
from tests.pipeline import world
from tests.pipeline.world import BEES, SHIPS


def keys(library: Library, query: str, *within: str) -> list[str]:
    return world.keys(library.search(query, 1000, within=within))


def texts(topic: world.Topic) -> dict[str, str]:
    papers = {world.key(topic, n): world.paper(topic, n) for n in range(world.EACH)}
    return {key: f"{paper.title} {paper.abstract}".lower() for key, paper in papers.items()}


def test_filters_within_filters_are_both_kept(shared: Library) -> None:
    assert set(keys(shared, "year:2019", "title:report", "author:Imker")) == set(
        keys(shared, "title:report author:Imker year:2019")
    )


def test_words_rank_in_what_the_filter_lists(shared: Library) -> None:
    page = shared.search("rudder", 1000, within=("year:2019",))
    assert page.total == shared.search("year:2019").total == 12
    assert world.keys(page) == keys(shared, "rudder year:2019")


def test_words_search_what_words_list(shared: Library) -> None:
    both = {key for key, text in texts(SHIPS).items() if "rudder" in text and "keel" in text}
    page = shared.search("keel", 1000, within=("rudder",))
    assert world.keys(page)[: len(both)] == keys(shared, "rudder keel")[: len(both)]
    assert page.matching == len(both) == 4
    assert {span.text.lower() for span in page.results[0].snippet if span.matched} == {"rudder", "keel"}


def test_the_order_of_the_outer_query_stays_unless_another_is_given(shared: Library) -> None:
    inner = keys(shared, "rudder", "title:ships sort:date")
    assert inner == keys(shared, "title:ships rudder sort:date")
    assert len(inner) > 3


def test_numbers_and_ids_name_the_same_papers(shared: Library) -> None:
    names = [world.key(BEES, n) for n in range(5)]
    numbers = [shared.resolve(name) for name in names]
    assert world.keys(shared.search("pollen", 100, among=numbers)) == world.keys(
        shared.search("pollen", 100, among=names)
    )
    assert shared.search("pollen", among=[*numbers, 10_000_000]).total == 5


@pytest.mark.parametrize("query", ["rudder", "rudder keel", "rudder author:Lotse", "-year:2015..2024 title:ships"])
def test_what_matches_is_what_a_search_counts_newest_first(shared: Library, query: str) -> None:
    numbers = shared.matching(query)
    assert len(numbers) == shared.search(query).matching
    assert numbers == sorted(numbers, reverse=True)
    middle = numbers[len(numbers) // 2]
    assert shared.matching(query, after=middle) == [number for number in numbers if number > middle]
    assert shared.matching(query, after=shared.newest) == []


def test_a_text_of_many_words_matches_its_best(shared: Library) -> None:
    text = "how do honeycomb and pollen and nectar of the beehive change while swarming bumblebee season evidence small"
    numbers = shared.matching(text)
    assert len(numbers) == 50
    assert set(numbers) == {result.stored.id for result in shared.search(text, 50).results}
    assert shared.matching("title:nothing of the kind") == []


def test_what_matches_can_be_restricted(shared: Library) -> None:
    assert shared.matching("year:2019", within=["title:ships"]) == shared.matching("title:ships year:2019")
    assert shared.matching("year:2019", among=shared.matching("title:ships")) == shared.matching(
        "title:ships year:2019"
    )


def test_a_passage_is_searched_by_the_new_words_alone(shared: Library) -> None:
    passage = " ".join(f"{subject} seen of old" for subject in (*SHIPS.subjects, *BEES.subjects))
    page = shared.search("pendulum", 5, within=(passage,))
    assert set(world.topics_of(world.keys(page))) == {"clocks"}
