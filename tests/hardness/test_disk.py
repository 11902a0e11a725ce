"""A full disk: one line that names the place and the fix, nothing lost, and with space again a rerun completes."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import broadsheet
from broadsheet.catalogue.database import Database
from broadsheet.kit.errors import LibraryError
from broadsheet.sources.files.detect import read_file
from tests.hardness.made import command, here, left_over, write_rows

PAPERS = 1500


def _sound(folder: Path, papers: int) -> None:
    with broadsheet.open(folder) as library:
        assert library.check().problems == ()
        assert library.search("invented report").total == library.stats().papers == papers
    assert left_over(folder) == set()


def _mount(size: str, folder: Path, *more: str) -> bool:
    folder.mkdir(exist_ok=True)
    options = ",".join([f"size={size}", *more])
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], capture_output=True, check=False
    )
    return done.returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Makes a file system of a given size, and makes it larger when called again."""
    folder = tmp_path / "disk"
    if os.geteuid() or not shutil.which("mount") or not _mount("1m", folder):
        pytest.skip("needs the right to mount a file system")

    def sized(size: str) -> Path:
        assert _mount(size, folder, "remount")
        return folder

    yield sized
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("size", ["256k", "1m", "1700k"])  # the first batch, the rest of it, the indexes do not fit
def test_a_small_disk(small_disk: Callable[[str], Path], tmp_path: Path, size: str) -> None:
    folder = small_disk(size) / "library"
    file = write_rows(tmp_path / "many.jsonl", PAPERS, "many")
    failed = command(folder, "add", str(file))
    assert failed.code == 2
    assert str(folder) in failed.only_line
    assert "full" in failed.only_line
    assert "free some space" in failed.only_line
    parts = list((folder / "indexes").glob("*")) if (folder / "indexes").exists() else []
    assert [path.name for path in parts if path.name != ".lock"] == []  # what did not fit takes no space
    small_disk("64m")
    assert here(folder, "add", str(file)).code == 0
    _sound(folder, PAPERS)


def _no_file_above(limit: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def test_an_index_that_cannot_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    file = write_rows(tmp_path / "many.jsonl", PAPERS, "many")
    with broadsheet.open(folder) as library:
        for start in range(0, PAPERS, 500):
            library.catalogue.papers.add(list(read_file(file))[start : start + 500])  # type: ignore[arg-type]
    failed = command(folder, "search", "kelp", prepare=_no_file_above(50_000))
    assert failed.code == 2
    assert failed.only_line == (
        f"broadsheet: {folder}/indexes: File too large: nothing is lost; run the command again once this is solved"
    )
    assert [path.name for path in (folder / "indexes").iterdir()] == [".lock"]
    _sound(folder, PAPERS)


def test_an_index_that_cannot_grow_leaves_the_last_one_in_use(library: Path, tmp_path: Path) -> None:
    file = write_rows(tmp_path / "late.jsonl", 90, "late")
    file.write_text(file.read_text().replace("nothing in it", "nothing in the whole of it " * 20))
    with broadsheet.open(library) as opened:
        opened.catalogue.papers.add(list(read_file(file)))  # type: ignore[arg-type]
    found = command(library, "search", "kelp", "--json", prepare=_no_file_above(40_000))
    assert found.code == 0
    assert '"total": 140' in found.out
    _sound(library, 230)


def test_a_catalogue_that_cannot_be_written(library: Path, tmp_path: Path) -> None:
    file = write_rows(tmp_path / "many.jsonl", PAPERS, "many")
    failed = command(library, "add", str(file), prepare=_no_file_above(300_000))
    assert failed.code == 2
    assert str(library / "catalogue.db") in failed.only_line
    assert "nothing of this step was stored" in failed.only_line
    _sound(library, 140)
    assert here(library, "add", str(file)).code == 0
    _sound(library, 140 + PAPERS)


def test_a_full_database(library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect, pages = Database._connect, (library / "catalogue.db").stat().st_size // 8192

    def small(self: Database) -> object:
        connection = connect(self)
        connection.execute(f"PRAGMA max_page_count = {pages + 4}")
        return connection

    file = write_rows(tmp_path / "many.jsonl", PAPERS, "many")
    monkeypatch.setattr(Database, "_connect", small)
    with (
        broadsheet.open(library) as full,
        pytest.raises(LibraryError, match=r"catalogue.db: the disk is full; nothing of this step .* free some space"),
    ):
        full.add(file)
    monkeypatch.undo()
    with broadsheet.open(library) as roomy:
        assert roomy.add(file).added == PAPERS
    _sound(library, 140 + PAPERS)
