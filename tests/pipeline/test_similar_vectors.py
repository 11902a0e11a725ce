"""Similar papers by the transformer's vectors: nearest to any liked paper, as far as papers have a vector."""

from __future__ import annotations

import threading

import pytest

from broadsheet.kit.fair_gate import FairGate
from broadsheet.pipeline.index import vector_build
from broadsheet.pipeline.index.vector_build import Pace
from broadsheet.pipeline.library import Library
from tests.pipeline import world
from tests.pipeline.toy import Toy


def test_papers_near_any_of_the_liked_ones_come_first(library: Library, toy: Toy) -> None:
    library.build_precise()
    page = library.similar(["bees-0", "ships-0"], k=12)
    assert set(world.topics_of(world.keys(page))) == {"bees", "ships"}
    away = library.similar(["bees-0", "ships-0"], ["bees-1"], k=12)
    assert world.topics_of(world.keys(away)).count("bees") <= world.topics_of(world.keys(page)).count("bees")
    for aspect in ("task", "method", "result"):
        assert library.similar(["bees-0"], aspect=aspect, k=3).results
    assert library.search("like:bees-0 but for nectar", 5).results


def test_they_wait_their_turn_like_searches(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = FairGate(1)
    monkeypatch.setattr(library._searcher, "_gate", gate)
    pages: list[int] = []
    with gate.place():
        thread = threading.Thread(target=lambda: pages.append(len(library.similar(["bees-0"], k=3).results)))
        thread.start()
        thread.join(0.05)
        assert pages == []
    thread.join(20)
    assert pages == [3]
    assert library.similar(["bees-0"], k=3, but="nectar").results  # a search: it waits once


def test_a_paper_without_a_vector_can_be_liked_and_found(
    library: Library, toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vector_build, "BATCH", 30)
    stops = iter([False, False, True])
    library.build_precise(pace=Pace(stops=lambda: next(stops)))
    assert library.vector_count() == 60
    for topic in world.TOPICS:
        page = library.similar([world.key(topic, 3)], k=10)
        assert world.topics_of(world.keys(page)) == [topic.name] * 10
