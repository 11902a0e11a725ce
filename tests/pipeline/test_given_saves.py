"""Ranking for given saves: what is ranked, in what order, and what is left out."""

from __future__ import annotations

import numpy as np

from broadsheet.pipeline.library import Library
from tests.pipeline import world
from tests.pipeline.world import BEES, CLOCKS, TOPICS


def numbers(library: Library, topic: world.Topic, *which: int) -> list[int]:
    return [library.resolve(world.key(topic, n)) for n in which]


def topics(library: Library, ranked: np.ndarray) -> list[str]:
    return [name.partition("-")[0] for name in library.catalogue.papers.source_id(ranked.tolist()).values()]


def test_papers_like_the_saves_come_first(shared: Library) -> None:
    saved = numbers(shared, CLOCKS, *range(0, 30, 5))
    ranked = shared.rank_for(saved, numbers(shared, BEES, 1, 2), k=200)
    assert topics(shared, ranked.numbers[:20]) == ["clocks"] * 20
    assert len(ranked.numbers) == len(set(ranked.numbers.tolist())) == 120 - 8
    assert not {*saved, *numbers(shared, BEES, 1, 2)} & set(ranked.numbers.tolist())
    assert (np.diff(ranked.scores) <= 0).all()
    assert ((ranked.probabilities >= 0) & (ranked.probabilities <= 1)).all()
    again = shared.rank_for(saved, numbers(shared, BEES, 1, 2), k=3)
    assert again.numbers.tolist() == ranked.numbers[:3].tolist()


def test_opened_papers_are_liked_less_than_saved_ones(shared: Library) -> None:
    clocks, bees = numbers(shared, CLOCKS, 0, 5, 10), numbers(shared, BEES, 0, 5, 10)
    assert topics(shared, shared.rank_for([], opened=clocks, k=10).numbers) == ["clocks"] * 10
    mixed = shared.rank_for(clocks, opened=bees, k=200)
    assert mixed.numbers.tolist() != shared.rank_for(bees, opened=clocks, k=200).numbers.tolist()
    assert topics(shared, mixed.numbers[:5]) == ["clocks"] * 5
    assert not {*clocks, *bees} & set(mixed.numbers.tolist())
    assert not {*bees} & set(shared.rank_for(clocks, bees, opened=bees, k=200).numbers.tolist())


def test_only_papers_of_the_list_are_ranked(shared: Library) -> None:
    saved = numbers(shared, CLOCKS, 0, 5)
    among = [*saved, *numbers(shared, CLOCKS, 1, 2), *numbers(shared, BEES, 1), 987654]
    ranked = shared.rank_for([*saved, 987655], among=among)
    assert set(ranked.numbers.tolist()) == {*numbers(shared, CLOCKS, 1, 2), *numbers(shared, BEES, 1)}
    assert ranked.numbers[-1] == numbers(shared, BEES, 1)[0]
    assert not len(shared.rank_for(saved, among=[]).numbers)
    assert not len(shared.rank_for(saved, k=0).numbers)


def test_without_saves_something_is_ranked_all_the_same(shared: Library, empty: Library) -> None:
    everything = sorted(shared.resolve(world.key(topic, n)) for topic in TOPICS for n in range(30))
    ranked = shared.rank_for([], numbers(shared, BEES, 1), k=200)
    assert sorted(ranked.numbers.tolist()) == [n for n in everything if n not in numbers(shared, BEES, 1)]
    assert np.isfinite(ranked.scores).all()
    assert not len(empty.rank_for([1, 2]).numbers)
