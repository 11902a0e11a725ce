"""The map of a library: made, added to without a paper moving, made anew, damaged, removed, kept up to date."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import broadsheet
from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile, LibraryError
from broadsheet.kit.paper import Paper, Record
from broadsheet.pipeline.atlas import atlas_file, build, worker
from broadsheet.pipeline.atlas.atlas_file import Atlas, Frame
from broadsheet.pipeline.atlas.worker import AtlasWorker, build_maps
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.locks import Busy, exclusive
from tests.clock import ticking
from tests.pipeline import world
from tests.pipeline.toy import Toy
from tests.pipeline.world import BEES, BREAD


@pytest.fixture(scope="module")
def mapped(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library with a map; nobody changes it."""
    folder = shutil.copytree(stocked, tmp_path_factory.mktemp("mapped") / "library")
    with broadsheet.open(folder, clock=ticking()) as library:
        library.atlas.build()
    return folder


@pytest.fixture
def own(mapped: Path, tmp_path: Path) -> Iterator[Library]:
    """A library with a map, of the test's own."""
    with broadsheet.open(shutil.copytree(mapped, tmp_path / "library"), clock=ticking()) as library:
        yield library


def stored(library: Library) -> Atlas:
    return atlas_file.read(library.path / "indexes")


def topic_of(library: Library, number: int) -> str:
    return library.paper(number).source_ids[0][1].partition("-")[0]


def place_of(atlas: Atlas) -> dict[int, tuple[float, float]]:
    return {number: tuple(at) for number, at in zip(atlas.ids.tolist(), atlas.map.tolist(), strict=True)}


def test_every_topic_has_its_part_of_the_map(own: Library) -> None:
    atlas = stored(own)
    topic = np.array([topic_of(own, number) for number in atlas.ids.tolist()])
    apart = ((atlas.map[:, None] - atlas.map) ** 2).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (topic[apart.argmin(axis=1)] == topic).mean() > 0.9
    assert len(atlas) == atlas.laid == 120


def test_a_library_gives_the_same_map_again(own: Library) -> None:
    before = stored(own)
    assert own.atlas.build(anew=True).is_new
    after = stored(own)
    assert (after.ids == before.ids).all()
    np.testing.assert_allclose(after.map, before.map, atol=1e-3)  # turned by nothing
    assert after.numbers.tolist() == before.numbers.tolist()
    assert after.names == before.names


def test_papers_of_a_day_are_placed_and_no_other_paper_moves(own: Library) -> None:
    before = stored(own)
    assert not own.atlas.is_due()
    assert own.atlas.build().placed == 0
    own.delete("bees-0")
    added = own.add(world.record(BEES, 40), world.record(BREAD, 41)).paper_ids
    assert own.atlas.is_due()
    report = own.atlas.build()
    assert (report.papers, report.placed, report.is_new) == (121, 2, False)
    after = stored(own)
    old_places, places = place_of(before), place_of(after)
    assert {number: places[number] for number in old_places if number in places} == {
        number: at for number, at in old_places.items() if number in places
    }
    assert len(set(old_places) - set(places)) == 1
    assert (after.numbers == before.numbers).all()
    assert after.names == before.names
    leaf_of = dict(zip(after.ids.tolist(), after.leaves.tolist(), strict=True))
    for number, topic in zip(added, (BEES, BREAD), strict=True):
        kin = [n for n in before.ids.tolist() if n in leaf_of and topic_of(own, n) == topic.name]
        assert leaf_of[number] in {leaf_of[n] for n in kin}


def test_when_much_has_come_it_is_laid_out_anew_and_regions_keep_their_numbers(
    own: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored(own)
    monkeypatch.setattr(build, "_PATIENCE", -1000)
    report = own.atlas.build()
    assert report.is_new
    assert stored(own).numbers.tolist() == before.numbers.tolist()


def test_it_is_laid_out_by_the_transformer_once_all_papers_have_its_vectors(own: Library, toy: Toy) -> None:
    assert stored(own).source.startswith("static ")
    assert not own.atlas.vectors_are_made()
    own.build_precise()
    assert own.atlas.vectors_are_made()
    assert own.atlas.build().is_new
    assert stored(own).source == toy.name
    number = own.add(world.record(BEES, 50)).paper_ids[0]
    assert own.atlas.build().placed == 0  # without a vector it waits
    view = own.atlas.open()
    assert view is not None
    assert view.waiting == 1
    assert view.path_of(number) == []
    own.build_precise()
    assert own.atlas.build().placed == 1
    own.drop_precise()
    assert own.atlas.build().is_new
    assert stored(own).source.startswith("static ")


def test_libraries_of_no_paper_of_three_of_the_same_and_without_a_known_word(tmp_path: Path) -> None:
    def record(n: int, title: str) -> Record:
        return Record(Paper(title=title, year=2020 + n), "invented", str(n), f"invented:{n}")

    with broadsheet.open(tmp_path / "odd", clock=ticking()) as library:
        assert library.atlas.open() is None
        assert not library.atlas.is_due()
        assert library.atlas.build().papers == 0
        view = library.atlas.open()
        assert view is not None
        assert (len(view), view.inside(None), view.trend(), view.year_span) == (0, [], [], (0, 0))
        assert view.tiles.tile(0, 0, 0) == bytes(4)
        library.add(*(record(n, f"Rudder and keel, part {n}") for n in range(3)))
        assert library.atlas.build().papers == 3
        library.add(*(record(n, "Qqzx wvvk") for n in range(10, 12)), record(20, "Anchors of galleons"))
        library.atlas.build()
        view = library.atlas.open()
        assert view is not None
        assert view.waiting == (0 if len(view) == 6 else library.stats().papers - len(view))
        assert len(view) >= 4
        assert len(view.inside(None)) == 1


@pytest.mark.parametrize("damage", ["cut", "rotten", "version", "empty", "missing"])
def test_a_damaged_map_is_told_of_and_made_anew(own: Library, damage: str) -> None:
    path = atlas_file.path_of(own.path / "indexes")
    whole = path.read_bytes()
    atlas = stored(own)
    if damage == "version":
        artifacts.write(path, {"ids": atlas.ids}, method="atlas", version=99)
    elif damage == "missing":
        path.unlink()
    else:
        path.write_bytes({"cut": whole[:-900], "rotten": whole[:-900] + b"\0" * 900, "empty": b""}[damage])
    assert own.atlas.open() is None
    if damage == "missing":
        assert own.atlas.problem == ""
    else:
        assert "atlas.bin" in own.atlas.problem
        assert own.atlas.problem.endswith("run `broadsheet atlas build --anew`")
        assert any("atlas.bin" in line for line in own.check().problems)
    assert own.search("rye").results  # nothing else is touched
    assert own.atlas.build().is_new
    assert own.atlas.open() is not None
    assert own.check().ok


def test_arrays_that_do_not_fit_together_are_refused(own: Library) -> None:
    atlas = stored(own)
    last = len(atlas.numbers)
    for wrong in (
        {"leaves": np.full(len(atlas), last, np.int32)},
        {"leaves": np.zeros(len(atlas), np.int32)},  # a region of another zoom
        {"map": np.full((len(atlas), 2), np.nan, np.float32)},
        {"map": atlas.map[1:]},
        {"parents": np.full(last, -1, np.int32)},
        {"parents": atlas.parents[::-1].copy()},
        {"numbers": np.ones(last, np.int64)},
        {"names": atlas.names[1:]},
        {"ids": np.ones(len(atlas), np.int64)},
        {"zooms": np.full(last, 7, np.int32)},
    ):
        with pytest.raises(ValueError, match=r"fit together|in none|in no region|twice"):
            replace(atlas, **wrong)
    path = atlas_file.path_of(own.path / "indexes")
    artifacts.write(path, {"ids": atlas.map}, method="atlas", version=1)
    with pytest.raises(CorruptFile, match=r"atlas\.bin: not usable"):
        atlas_file.read(own.path / "indexes")


def test_a_run_that_is_killed_leaves_the_old_map(own: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    before = atlas_file.path_of(own.path / "indexes").read_bytes()

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(artifacts, "write_atomic", stop)
    with pytest.raises(KeyboardInterrupt):
        own.atlas.build(anew=True)
    monkeypatch.undo()
    folder = atlas_file.folder_of(own.path / "indexes")
    (folder / ".atlas.bin.1.part").write_bytes(b"half")  # of a process that was killed while it wrote
    assert atlas_file.path_of(own.path / "indexes").read_bytes() == before
    own.atlas.build(anew=True)
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "atlas.bin"]


def test_one_is_at_it_at_a_time_and_a_map_can_be_removed(own: Library) -> None:
    with exclusive(atlas_file.folder_of(own.path / "indexes") / ".lock", wait=0), pytest.raises(Busy):
        own.atlas.build(wait=0)
    assert own.atlas.drop()
    assert not own.atlas.drop()
    assert own.atlas.open() is None
    with broadsheet.open(own.path, read_only=True) as reading, pytest.raises(LibraryError, match="for reading only"):
        reading.atlas.build()


def test_the_worker_waits_for_the_vectors_and_then_makes_the_map(library: Library, toy: Toy) -> None:
    keeper = AtlasWorker(library.atlas, (library.path, "auto"), every=0.01, apart=False)
    keeper.start()
    try:
        time.sleep(0.1)
        assert library.atlas.open() is None
        library.build_precise()
        deadline = time.monotonic() + 20
        while (view := library.atlas.open()) is None or keeper.line:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert (len(view), stored(library).source) == (120, toy.name)
    finally:
        keeper.stop(20)
    assert not keeper._thread.is_alive()


def test_the_worker_tells_of_a_failure_and_goes_on(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PATIENCE", 0.01)
    monkeypatch.setattr(library.atlas, "vectors_are_made", lambda: True)

    def fail(**_: object) -> None:
        raise LibraryError("the disk is full")

    monkeypatch.setattr(library.atlas, "build", fail)
    keeper = AtlasWorker(library.atlas, (library.path, "auto"), every=0.01, apart=False)
    keeper.start()
    deadline = time.monotonic() + 20
    while keeper.line != "the disk is full":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    keeper.stop(20)


def test_another_process_makes_the_map_of_a_folder(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "be_polite", lambda: None)
    [report] = build_maps([(library.path, "auto")])
    assert report.papers == 120
    assert library.atlas.open() is not None


def test_the_frame_holds_nearly_all_places() -> None:
    places = np.random.default_rng(0).standard_normal((5000, 2)).astype(np.float32)
    places[0] = 10**6
    frame = Frame.around(places)
    assert frame.half < 10
    inside = frame.inside(places)
    assert inside[0].tolist() == [1, 1]
    assert 0.2 < inside[:, 0].std() / 0.6 < 0.5
    assert Frame.around(places[:0]) == Frame(0.0, 0.0, 1.0)
    assert Frame.around(np.zeros((4, 2), np.float32)).half == 1.0
