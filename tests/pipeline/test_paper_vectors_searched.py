"""The papers' vectors as a search sees them: within filters, as far as they go, while they grow."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from broadsheet.kit.mask import Mask
from broadsheet.pipeline.index import vector_file
from broadsheet.pipeline.index.vector_build import Pace
from broadsheet.pipeline.index.vector_file import part_paths, read_parts, text_of
from broadsheet.pipeline.library import Library
from tests.pipeline import world
from tests.pipeline.toy import Toy, assert_complete, opened, papers, where
from tests.pipeline.world import BEES, SHIPS


def test_vectors_are_searched_within_the_filter(library: Library, toy: Toy) -> None:
    library.build_precise()
    snapshot, held = library.snapshot(), opened(library)
    query = toy.encode(["swarming"])[0]
    hits = held.search(query, 50, snapshot.alive)
    said = {i for i, d in papers(library).items() if "swarming" in text_of(d).lower()}
    assert said <= set(snapshot.ids[hits.ids].tolist())
    assert hits.scores == pytest.approx(held.score(query, hits.ids), abs=1e-6)
    rows = held.search(query, 50, Mask.of(snapshot.years == 2019)).ids
    assert sorted(rows.tolist()) == np.flatnonzero(snapshot.years == 2019).tolist()


def test_a_paper_without_a_vector_of_its_text_has_no_score(library: Library, toy: Toy) -> None:
    library.build_precise()
    library.add(world.record(SHIPS, 5, "Also about pollen."), world.record(SHIPS, 60))
    snapshot, held = library.snapshot(), opened(library)
    rows = snapshot.rows_of([library.resolve(i) for i in ("ships-5", "ships-60", "ships-6")])
    assert np.isnan(held.score(toy.encode(["rudder"])[0], rows)).tolist() == [True, True, False]
    assert np.isnan(held.vectors(rows)[:, 0]).tolist() == [True, True, False]
    assert sorted(np.flatnonzero(held.missing).tolist()) == sorted(rows[:2].tolist())
    assert held.count < snapshot.count


def test_a_search_while_others_open_newer_vectors_uses_the_earlier_ones(library: Library, toy: Toy) -> None:
    library.build_precise()
    earlier = opened(library)
    library.add(world.record(BEES, 40))
    snapshot, store = library.snapshot(), library._index.vectors
    store.open(snapshot)
    with store._lock:  # another thread reads
        current = store.open(snapshot)
        assert current is not None
        assert store.open(earlier.snapshot) is None  # never of other rows
    assert current.count == 120


def test_vectors_grow_under_searches_of_many_threads(library: Library, toy: Toy) -> None:
    failures: list[Exception] = []
    done = threading.Event()

    def search() -> None:
        while not done.is_set():
            try:
                assert library.search("rudder and keel").results
            except Exception as error:  # noqa: BLE001 - shown below
                failures.append(error)
                return

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    library.build_precise(pace=Pace(papers=8))
    done.set()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert_complete(library)


def test_parts_that_another_process_merges_are_read_all_the_same(
    library: Library, toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.build_precise(pace=Pace(papers=32))
    parts, _ = read_parts(where(library), toy.name, toy.dimensions)
    paths = part_paths(where(library), toy.name)
    listed = iter([[where(library) / "toy-1.000099.bin", *paths], paths])
    monkeypatch.setattr(vector_file, "part_paths", lambda *_: next(listed))
    again, problems = read_parts(where(library), toy.name, toy.dimensions)
    assert (list(again), problems) == (list(parts), ())
