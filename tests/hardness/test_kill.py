"""kill -9 in the middle of `add`: what was acknowledged stays, nothing is half there, and a rerun completes."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pytest

import broadsheet
from tests.hardness.made import left_over, start, write_rows
from tests.often import often

BATCH, PAPERS, HELD = 75, 900, 1000
KILLS = 8  # with each way of building the index


def _killed_after(lines: int, delay: float, library: Path, file: Path) -> int:
    """Start an `add`, kill it after so many steps; how many records it had acknowledged."""
    process = start("add", library, BATCH, file)
    assert process.stdout
    told: list[str] = []
    for line in process.stdout:
        told.append(line)
        if len(told) >= lines:
            time.sleep(delay)  # a few milliseconds: into the middle of the next step
            process.kill()
            break
    told += process.stdout.readlines()  # what was said before the kill was said
    process.communicate()
    adding = [line.split() for line in told if "adding" in line]
    return int(adding[-1][1]) if adding else 0


def _steps(library: Path, file: Path) -> int:
    process = start("add", library, BATCH, file)
    out, err = process.communicate()
    assert process.returncode == 0, err
    return len(out.splitlines())


@pytest.fixture(scope="module", params=["build", "append"])
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder without a library, so that the index is built; or with one that the papers are appended to."""
    folder = tmp_path_factory.mktemp(request.param)
    write_rows(folder / "new.jsonl", PAPERS, "new")
    if request.param == "append":
        with broadsheet.open(folder / "held") as library:
            library.add(write_rows(folder / "old.jsonl", HELD, "old"))
    else:
        (folder / "held").mkdir()
    return folder


@pytest.mark.slow
def test_kill(base: Path, tmp_path: Path) -> None:
    file, chance = base / "new.jsonl", random.Random(20260301)
    held = HELD if base.name.startswith("append") else 0
    steps = _steps(Path(shutil.copytree(base / "held", tmp_path / "clean")), file)
    assert steps > PAPERS / BATCH + 6  # commits, then the files of the index
    for kill in range(often(KILLS)):
        folder = Path(shutil.copytree(base / "held", tmp_path / f"killed-{kill}"))
        acknowledged = _killed_after(1 + kill * steps // often(KILLS), chance.random() * 0.01, folder, file)
        with broadsheet.open(folder) as library:
            report = library.check()
            assert report.problems == ()
            stored = library.stats().papers - held
            assert stored >= acknowledged
            assert stored % BATCH == 0  # a batch is there or not
            numbers = library.catalogue.papers.resolve_many([f"new-{n}" for n in range(PAPERS)])
            assert [n for n, found in enumerate(numbers.values()) if found is None] == list(range(stored, PAPERS))
            assert library.search("invented report on kelp", k=3).total == held + stored
            assert library.check().problems == ()
            assert library.stats().indexed == held + stored
            again = library.add(file)
            assert (again.added, again.unchanged) == (PAPERS - stored, stored)
            assert library.stats().papers == library.stats().indexed == held + PAPERS
            assert library.check().problems == ()
        assert left_over(folder) == set()
