"""The papers' vectors: made once, in order of use and date, kept whole whatever happens, and used as far as they go."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import broadsheet
from broadsheet.kit import artifacts
from broadsheet.kit.errors import LibraryError, UsageError
from broadsheet.pipeline.index import vector_build, vector_file
from broadsheet.pipeline.index.vector_build import Pace
from broadsheet.pipeline.index.vector_file import part_paths, text_of
from broadsheet.pipeline.index.vector_store import UNUSABLE
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.locks import Busy, exclusive
from tests.pipeline import world
from tests.pipeline.toy import Toy, assert_complete, opened, papers, use, vectors_by_number, where
from tests.pipeline.world import BEES, SHIPS

SAME_PLACES = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}  # modules of another process


def test_every_paper_gets_the_vector_of_its_text(library: Library, toy: Toy) -> None:
    steps = list[tuple[str, int, int | None]]()
    report = library.build_precise(lambda *step: steps.append(step))
    assert (report.encoded, report.kept) == (120, 0)
    assert report.bytes == sum(path.stat().st_size for path in where(library).glob("*.bin"))
    assert (steps[0], steps[-1]) == (("encoding", 0, 120), ("encoding", 120, 120))
    first = world.paper(BEES, 0)
    assert f"{first.title}. {first.abstract}" in toy.texts
    assert_complete(library)
    assert library.stats().encoded == library.vector_count() == 120
    assert "vectors: 120 of 120 papers" in library.check().lines


def test_the_most_used_papers_come_first_and_then_the_newest(library: Library, toy: Toy) -> None:
    library.create_reader("ada")
    for reader, number in (("me", "ships-5"), ("ada", "ships-5"), ("me", "bread-7")):
        library.act(reader, number, "save")
    library.act("me", "bees-2", "hide")
    library.build_precise()
    texts = papers(library)
    used = [text_of(texts[library.resolve(i)]) for i in ("ships-5", "bread-7")]
    assert toy.texts[:2] == used
    days = {text_of(d): d.day for d in texts.values()}
    order = [days[text] for text in toy.texts[2:]]
    assert order == sorted(order, reverse=True)


def test_only_what_is_new_or_changed_is_encoded_and_what_is_deleted_is_left_out(library: Library, toy: Toy) -> None:
    library.build_precise()
    gone, changed = library.resolve("bees-3"), library.resolve("ships-5")
    old = vectors_by_number(library)[changed]
    library.catalogue.papers.delete(gone)
    library.add(world.record(SHIPS, 5, "Also about pollen, pollen and pollen."), world.record(BEES, 40))
    assert opened(library).count == 118  # a vector of another text counts for nothing
    toy.texts.clear()
    report = library.build_precise()
    assert (report.encoded, report.kept) == (2, 118)
    assert sorted(toy.texts) == sorted(text_of(papers(library)[library.resolve(i)]) for i in ("ships-5", "bees-40"))
    assert not np.allclose(vectors_by_number(library)[changed], old, atol=0.02)
    assert_complete(library)
    files = [(path, path.stat().st_mtime_ns) for path in where(library).glob("*.bin")]
    report = library.build_precise()
    assert (report.encoded, report.kept) == (0, 120)
    assert [(path, path.stat().st_mtime_ns) for path in where(library).glob("*.bin")] == files


def test_parts_are_merged_and_the_later_vector_of_a_paper_stays(
    library: Library, toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vector_build, "BATCH", 4)
    library.build_precise(pace=Pace(papers=4))
    for n in range(6):
        library.add(world.record(SHIPS, 5, f"Now with {n} pollen."))
        library.build_precise(pace=Pace(papers=4))
    assert len(part_paths(where(library), toy.name)) <= vector_build.MOST_PARTS
    assert_complete(library)


def test_a_stopped_build_keeps_what_it_has_done(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    where(library).mkdir(parents=True)
    (where(library) / ".toy-1.000001.bin.1.part").write_bytes(b"half a file")
    use(monkeypatch, Toy(stop_after=70))
    with pytest.raises(KeyboardInterrupt):
        library.build_precise()
    assert library.vector_count() == 64
    model = use(monkeypatch, Toy())
    report = library.build_precise()
    assert (report.encoded, report.kept, len(model.texts)) == (56, 64, 56)
    assert [path.name for path in where(library).iterdir() if path.suffix == ".part"] == []
    stops = iter([False, True])
    library.add(*(world.record(SHIPS, n) for n in range(40, 110)))
    assert library.build_precise(pace=Pace(stops=lambda: next(stops))).encoded == vector_build.BATCH


KILLED = """
import sys, time
import broadsheet
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index import vector_build
from tests.pipeline.toy import Toy, assert_complete, opened, papers, use, vectors_by_number, where
class Slow(Toy):
    def encode(self, texts):
        time.sleep(0.02)
        return super().encode(texts)
pretrained.read_transformer = lambda: Slow()
vector_build.BATCH = 4
with broadsheet.open(sys.argv[1]) as library:
    print("ready", flush=True)
    library.build_precise(lambda stage, done, total: print(done, flush=True), pace=vector_build.Pace(papers=8))
"""


def test_killed_at_any_moment_it_goes_on_from_there(library: Library, toy: Toy) -> None:
    before = 0
    for kill_at in (3, 6, 8):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(library.path)], stdout=subprocess.PIPE, text=True, env=SAME_PLACES
        )
        assert process.stdout is not None
        for _, _line in zip(range(kill_at), process.stdout, strict=False):
            pass
        process.send_signal(signal.SIGKILL)
        process.stdout.close()
        assert process.wait(30) == -signal.SIGKILL
        assert library.check().ok
        assert library.search("rudder").results
        assert library.vector_count() >= before + 4 * (kill_at - 2) - 8  # at most what was not written yet
        before = library.vector_count()
    assert 0 < before < 120
    assert library.build_precise().encoded == 120 - before
    assert_complete(library)


@pytest.mark.parametrize("damage", ["cut", "flipped", "version", "lengths"])
def test_a_file_that_is_not_right_is_left_out_and_made_again(library: Library, toy: Toy, damage: str) -> None:
    library.build_precise()
    library.add(world.record(BEES, 40))
    library.build_precise()
    path = part_paths(where(library), toy.name)[0]
    content = path.read_bytes()
    held = vector_file.read_part(path, toy.name, toy.dimensions)
    arrays: dict[str, NDArray[Any]] = {"ids": held.ids, "sums": held.sums, **held.codes.to_arrays()}
    meta = {"model": toy.name}
    path.unlink()
    match damage:
        case "cut":
            path.write_bytes(content[:-100])
        case "flipped":
            path.write_bytes(content[:-100] + bytes([content[-100] ^ 1]) + content[-99:])
        case "version":
            artifacts.write(path, arrays, method=vector_file.METHOD, version=vector_file.VERSION + 1, meta=meta)
        case _:
            short = {**arrays, "ids": held.ids[:-1]}
            artifacts.write(path, short, method=vector_file.METHOD, version=vector_file.VERSION, meta=meta)
    assert library.vector_count() == 1
    page = library.search("rudder")
    assert page.results
    assert page.notes == (UNUSABLE,)
    assert library.search("rudder").notes == ()  # said once
    report = library.check()
    assert not report.ok
    assert any(path.name in line and "broadsheet precise build" in line for line in report.problems)
    assert library.build_precise().encoded == 120
    assert_complete(library)


def test_another_model_starts_anew_and_is_never_mixed(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Toy("toy-1"))
    library.build_precise()
    earlier = library.path / "indexes" / "precise"
    earlier.mkdir()
    (earlier / "vectors.bin").write_bytes(b"of a version before parts")
    model = use(monkeypatch, Toy("toy-2"))
    with broadsheet.open(library.path) as again:  # the next start, with the next version
        assert again.vector_count() == 0
        assert again.search("rudder").results
        stops = iter([False, True])
        assert again.build_precise(pace=Pace(stops=lambda: next(stops))).encoded == vector_build.BATCH
        assert again.vector_count() == vector_build.BATCH
        assert {path.name for path in where(library).glob("*.bin")} == {"toy-2.000001.bin"}
        assert not earlier.exists()
        assert again.build_precise().encoded == 120 - vector_build.BATCH
        assert len(model.texts) >= 120


def test_without_the_model_a_search_goes_on(library: Library, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    before = [r.stored.id for r in library.search("rudder").results]
    library.build_precise()
    use(monkeypatch, None)
    with broadsheet.open(library.path) as again:
        assert [r.stored.id for r in again.search("rudder").results] == before
        assert again.vector_count() == 0
        with pytest.raises(UsageError, match="install broadsheet again"):
            again.build_precise()


def test_a_full_disk_is_one_message_and_no_damage(library: Library, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    write, written = artifacts.write, list[Path]()

    def fill(path: Path, *arguments: Any, **options: Any) -> None:
        if len(written) >= 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, *arguments, **options)
        written.append(path)

    monkeypatch.setattr(artifacts, "write", fill)
    with pytest.raises(LibraryError, match="the disk is full; nothing is lost"):
        library.build_precise(pace=Pace(papers=32))
    monkeypatch.setattr(artifacts, "write", write)
    assert library.vector_count() == 64
    assert library.build_precise().encoded == 56
    assert_complete(library)


LIMITED = """
import resource, signal, sys
import broadsheet
from broadsheet.kit.errors import LibraryError
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index.vector_build import Pace
from tests.pipeline.toy import Toy, assert_complete, opened, papers, use, vectors_by_number, where
pretrained.read_transformer = Toy
with broadsheet.open(sys.argv[1]) as library:
    library.snapshot()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    try:
        library.build_precise(pace=Pace(papers=64))
    except LibraryError as error:
        print(error)
"""


def test_a_file_that_cannot_be_written_to_its_end_is_not_left_behind(library: Library, toy: Toy) -> None:
    command = [sys.executable, "-c", LIMITED, str(library.path)]
    message = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60, env=SAME_PLACES).stdout
    assert "nothing is lost" in message
    assert [path.name for path in where(library).iterdir()] == [".lock"]
    assert library.build_precise().encoded == 120


def test_a_library_moves_with_its_vectors(library: Library, toy: Toy, tmp_path: Path) -> None:
    library.build_precise()
    before = library.search_ids("anchor galleon").ids.tolist()
    toy.texts.clear()
    with broadsheet.open(shutil.copytree(library.path, tmp_path / "elsewhere")) as moved:
        assert moved.search_ids("anchor galleon").ids.tolist() == before
        assert moved.vector_count() == 120
        assert moved.build_precise().encoded == 0
        assert not [text for text in toy.texts if text != "anchor galleon"]


def test_one_process_at_a_time(library: Library, toy: Toy) -> None:
    where(library).mkdir(parents=True)
    with exclusive(where(library) / ".lock", wait=0), pytest.raises(Busy):
        library.build_precise(wait=0)
    assert library.build_precise(wait=0).encoded == 120


def test_a_library_without_papers_has_no_vectors(empty: Library, toy: Toy) -> None:
    assert empty.build_precise().encoded == 0
    assert empty.vector_count() == 0
    assert not empty.drop_precise()


def test_vectors_can_be_dropped(library: Library, toy: Toy) -> None:
    library.build_precise()
    assert library.drop_precise()
    assert not library.drop_precise()
    assert library.vector_count() == 0
    assert library.search("rudder").results


def test_what_builds_the_indexes_leaves_the_vectors_alone(library: Library, toy: Toy) -> None:
    library.build_precise()
    content = {path.name: path.read_bytes() for path in where(library).glob("*.bin")}
    library.add(world.record(BEES, 41))
    library.check(repair=True)
    library.index()
    assert {path.name: path.read_bytes() for path in where(library).glob("*.bin")} == content
