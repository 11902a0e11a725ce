"""The view: it follows the catalogue in small segments, and is always what building it anew would give."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import broadsheet
from broadsheet.kit.errors import CorruptFile
from broadsheet.kit.paper import Record
from broadsheet.pipeline.index import build, index
from broadsheet.pipeline.index.manifest import MANIFEST
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.locks import Busy
from tests.pipeline import world
from tests.pipeline.world import BEES, BREAD, CLOCKS, SHIPS

QUERIES = ("pendulum", "sourdough crust", "careful season", '"balance wheel" escapement', "ada", "horology -mainspring")


def sizes(snapshot: IndexSnapshot) -> list[int]:
    return [segment.rows for segment in snapshot.segments]


def every(library: Library, query: str) -> dict[str, float]:
    """Source id to score of all that is found."""
    return {r.stored.source_ids[0][1]: r.score for r in library.search(query, 1000).results}


def files(library: Library) -> set[str]:
    return {path.name for path in (library.path / "indexes").iterdir()} - {".lock"}


def test_an_empty_library_has_an_empty_view(empty: Library) -> None:
    snapshot = empty.snapshot()
    assert (len(snapshot), snapshot.count, snapshot.manifest.seq, snapshot.manifest.segments) == (0, 0, 0, ())
    assert empty.search("pendulum").results == ()
    assert empty.check().ok


def test_adding_makes_a_small_new_segment(library: Library) -> None:
    before = library.snapshot()
    assert sizes(before) == [120]
    library.add(world.record(BEES, 30), world.record(SHIPS, 30))
    after = library.snapshot()
    assert sizes(after) == [120, 2]
    assert after.segments[0] is before.segments[0]
    assert (after.manifest.encoder, after.manifest.fitted_on) == (before.manifest.encoder, 120)
    assert after.manifest.seq == library.catalogue.changes.last_seq() == 122
    assert world.keys(library.search('title:"bees report 30"')) == ["bees-30"]


def test_an_update_makes_a_new_row_and_the_old_one_dies(library: Library) -> None:
    number = library.paper("bees-3").id
    [old] = library.snapshot().rows_of([number])
    library.add(world.record(BEES, 3, "Now about zeppelins."))
    snapshot = library.snapshot()
    assert snapshot.rows_of([number]).tolist() == [120]
    assert (sizes(snapshot), snapshot.count, snapshot.dead.rows().tolist()) == ([120, 1], 120, [old])
    assert world.keys(library.search("honeycomb OR zeppelins", 1000)).count("bees-3") == 1
    library.add(world.record(BEES, 3, "Now about balloons."))
    assert world.keys(library.search('"about zeppelins" zeppelins', 1)) != ["bees-3"]
    assert library.search('"about zeppelins"').notes == (
        'no paper has the phrase "about zeppelins"; its words were searched instead',
    )


def test_a_deleted_paper_is_gone_at_once(library: Library) -> None:
    number = library.paper("clocks-3").id
    library.catalogue.papers.delete(number)
    assert "clocks-3" not in every(library, "clocks")
    snapshot = library.snapshot()
    assert (sizes(snapshot), snapshot.count, snapshot.rows_of([number]).tolist()) == ([120], 119, [-1])
    assert library.check().ok


def test_small_segments_are_merged_and_the_files_of_the_old_ones_go(library: Library) -> None:
    counts = []
    for n in range(30, 42):
        library.add(world.record(BEES, n))
        counts.append(len(library.snapshot().segments))
        assert files(library) == library.snapshot().manifest.files()
    assert counts == [2, 3, 4, 5, 6, 7, 8, 2, 3, 4, 5, 6]
    assert sizes(library.snapshot()) == [120, 8, 1, 1, 1, 1]
    found = world.keys(library.search("title:report year:2017.. bees", 1000))
    assert {f"bees-{n}" for n in (30, 34, 41)} <= set(found)


def test_merging_drops_the_rows_that_died(library: Library) -> None:
    for n in range(8):
        library.add(world.record(BREAD, 1, f"Change {n}."))
    snapshot = library.snapshot()
    assert (sizes(snapshot), snapshot.count, snapshot.dead.count()) == ([120, 1], 120, 1)
    assert len(library.versions("bread-1")) == 8


def test_a_library_that_has_doubled_is_built_anew(empty: Library) -> None:
    empty.add(*world.records(count=5))
    first = empty.snapshot().manifest
    empty.add(*(world.record(CLOCKS, n) for n in range(5, 24)))
    assert (empty.snapshot().manifest.encoder, sizes(empty.snapshot())) == (first.encoder, [20, 19])
    empty.add(world.record(CLOCKS, 24))
    last = empty.snapshot().manifest
    assert last.encoder == first.encoder
    assert (last.fitted_on, sizes(empty.snapshot()), empty.snapshot().dead.count()) == (40, [40], 0)
    assert files(empty) == last.files()


def test_many_small_adds_search_like_one(stocked: Path, tmp_path: Path) -> None:
    """With the same encoder, where papers lie makes no difference: the same papers, the same scores."""
    more = [world.record(topic, n) for n in range(30, 36) for topic in world.TOPICS]
    with (
        broadsheet.open(shutil.copytree(stocked, tmp_path / "small")) as small,
        broadsheet.open(shutil.copytree(stocked, tmp_path / "one")) as one,
    ):
        for record in more:
            small.add(record)
        one.add(*more)
        assert (sizes(one.snapshot()), sizes(small.snapshot())[:2]) == ([120, 24], [120, 21])
        assert sum(sizes(small.snapshot())) == 144
        for query in QUERIES:
            mine, theirs = every(small, query), every(one, query)
            assert list(mine) == list(theirs)
            np.testing.assert_allclose(list(mine.values()), list(theirs.values()), rtol=1e-5)


def test_a_view_that_grew_finds_what_a_rebuilt_one_finds(
    empty: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words alone: the same set. With vectors too, nearly the same order, though lengths were judged earlier.

    Some rows are dead, and some words are in every paper: those must still be found, however little they weigh.
    """
    arrived = world.records()
    for start in range(0, len(arrived), 7):
        empty.add(*arrived[start : start + 7])
    for n in range(0, 30, 4):
        empty.add(world.record(SHIPS, n, "Revised for the harbour master."))
    empty.catalogue.papers.delete(empty.paper("bees-7").id)
    folder = shutil.copytree(empty.path, tmp_path / "rebuilt")
    with broadsheet.open(folder) as rebuilt:
        build.rebuild(rebuilt.catalogue, folder / "indexes")
        for query in (*QUERIES, "harbour master", '"revised for"'):
            mine, theirs = world.keys(empty.search(query, 20)), world.keys(rebuilt.search(query, 20))
            assert len(set(mine[:10]) & set(theirs[:10])) >= 0.8 * len(theirs[:10])
            assert empty.search(query).total == rebuilt.search(query).total
    monkeypatch.setenv("BROADSHEET_SEARCH__SEMANTIC", "0")
    with broadsheet.open(folder) as rebuilt, broadsheet.open(empty.path) as grown:
        assert len(grown.snapshot().segments) > 1
        assert len(rebuilt.snapshot().segments) == 1
        for query in (*QUERIES, "harbour master"):
            assert set(every(grown, query)) == set(every(rebuilt, query))


def test_two_libraries_on_one_folder_see_each_others_adds(library: Library) -> None:
    with broadsheet.open(library.path) as other:
        assert every(other, '"bees report 30"') == every(library, '"bees report 30"')
        other.add(world.record(BEES, 30))
        assert list(every(library, 'title:"report 30"')) == ["bees-30"]
        assert library.snapshot().manifest == other.snapshot().manifest
        library.add(world.record(BEES, 31))
        library.catalogue.papers.delete(library.paper("bees-30").id)
        assert list(every(other, 'title:"report 31" OR title:"report 30"')) == ["bees-31"]
        library.act("me", "bees-31", "save")
        assert set(other.state("me").saved) == {other.paper("bees-31").id}


def test_a_view_built_anew_by_another_process_is_taken_up_though_no_paper_came(library: Library) -> None:
    """As after `train library`, which gives the same papers other vectors."""
    before = library.snapshot()
    with broadsheet.open(library.path) as other:
        build.rebuild(other.catalogue, library.path / "indexes")
        built = other.snapshot().manifest
    assert built.seq == before.manifest.seq
    assert library.snapshot().manifest == built != before.manifest
    (library.path / "indexes" / MANIFEST).write_text("{", encoding="utf-8")
    assert library.snapshot().manifest == built  # what cannot be read takes nothing away


def test_a_search_waits_for_nobody_when_it_has_a_view(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process holds the lock the last view serves; the new paper comes with the next search."""
    library.snapshot()

    def busy(*_: object, **__: object) -> IndexSnapshot:
        raise Busy("somebody is at it")

    with monkeypatch.context() as patched:
        patched.setattr(build, "catch_up", busy)
        library.catalogue.papers.add([world.record(BEES, 30)])
        assert list(every(library, 'title:"report 30"')) == []
        assert library.index_note.startswith("The index is being brought up to date")
    assert list(every(library, 'title:"report 30"')) == ["bees-30"]
    assert library.index_note == ""


def test_an_index_that_cannot_be_written_is_told_of(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.snapshot()

    def full(*_: object, **__: object) -> IndexSnapshot:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(build, "catch_up", full)
        library.catalogue.papers.add([world.record(BEES, 30)])
        assert list(every(library, 'title:"report 30"')) == []
        assert library.index_note.startswith("The index could not be brought up to date (No space left on device): ")
    library.snapshot()
    assert library.index_note == ""


def test_a_search_does_not_wait_for_another_thread_that_updates_the_index(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers from what there is; the new paper is found once the update has ended."""
    before = library.snapshot()
    at_it, ended = threading.Event(), threading.Event()
    catch_up = build.catch_up

    def slow(*given: Any, **named: Any) -> IndexSnapshot:
        at_it.set()
        assert ended.wait(60)
        return catch_up(*given, **named)

    monkeypatch.setattr(build, "catch_up", slow)
    monkeypatch.setattr(index, "PATIENCE", 0.01)
    with ThreadPoolExecutor(1) as threads:
        adding = threads.submit(library.add, world.record(BEES, 30))
        assert at_it.wait(60)
        try:
            assert library.snapshot() is before
            assert library.index_note.startswith("The index is being brought up to date")
        finally:
            ended.set()
        assert adding.result(60).added == 1
    assert list(every(library, 'title:"report 30"')) == ["bees-30"]
    assert library.index_note == ""


def test_progress_names_the_stages(empty: Library) -> None:
    told: list[tuple[str, int, int | None]] = []
    empty.add(*world.records(count=2), progress=lambda *step: told.append(step))
    assert told == [("adding invented", 8, 8), ("indexing", 8, 8)]


def test_what_is_built_is_told(library: Library, empty: Library) -> None:
    assert build.describe(library.path / "indexes") == (
        "1 segment up to change 120, encoder as shipped, "
        "meaning is searched by comparing all papers (quickest for 120 papers)"
    )
    assert build.describe(empty.path / "indexes").startswith("none built")


def test_papers_without_words_are_no_trouble(empty: Library) -> None:
    papers = [Record(world.Paper(title), "odd", f"odd-{n}") for n, title in enumerate(("?!", "the of and", "…"))]
    assert empty.add(*papers).added == 3
    assert world.keys(empty.search('"the of"')) == ["odd-1"]
    assert empty.search("nothing like it").results == ()
    assert len(empty.feed("me").items) == 3
    assert len(empty.similar(["odd-0"]).results) == 0


def test_a_view_of_an_earlier_version_is_built_anew_in_silence(library: Library) -> None:
    """Its files went by other rules: nothing of it is kept, and nobody has to repair anything."""
    library.snapshot()
    manifest = library.path / "indexes" / "manifest.json"
    manifest.write_text('{"format": 1, "crc": 0, "body": {"seq": 120}}', encoding="utf-8")
    (library.path / "indexes" / "lsa-0.bin").write_bytes(b"of an earlier version")
    with broadsheet.open(library.path) as again:
        assert again.check().ok
        assert list(every(again, 'title:"bees report 3"')) == ["bees-3"]
        assert again.snapshot().count == 120
        assert files(again) == again.snapshot().manifest.files()
    manifest.write_text('{"format": 5, "crc": 0, "body": {}}', encoding="utf-8")
    with (
        broadsheet.open(library.path) as again,
        pytest.raises(CorruptFile, match=r"manifest\.json: .*format 5, wanted 4"),
    ):
        again.search("pendulum")
