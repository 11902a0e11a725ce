"""Odd places and odd moments: folders, files and signals that are not what a program likes."""

from __future__ import annotations

import gzip
import os
import signal
import zipfile
from pathlib import Path

import pytest

import broadsheet
from broadsheet.kit.errors import LibraryError, SourceError
from tests.hardness.made import here, start, write_rows


@pytest.mark.parametrize("name", ["with spaces", "snow ☃ and ümlaut", "100% ?#&;'\"", "-dash", "a\nline"])
def test_a_library_may_be_called_anything(tmp_path: Path, name: str) -> None:
    folder, file = tmp_path / name, write_rows(tmp_path / "made.jsonl", 20, "made")
    assert here(folder, "add", str(file)).code == 0
    assert '"total": 20' in here(folder, "search", "kelp", "--json").out
    assert here(folder, "check").code == 0


@pytest.mark.parametrize("name", ["x" * 300, "nul\0", "file/inside"])
def test_a_library_that_cannot_be(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(LibraryError, match="no library can be here"):
        broadsheet.open(tmp_path / name)
    with pytest.raises(LibraryError, match=r"no library (can be )?here"):
        broadsheet.open(tmp_path / name, create=False)


def test_a_relative_path_is_meant_from_where_it_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = write_rows(tmp_path / "made.jsonl", 20, "made")
    with broadsheet.open("here") as library:
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        assert library.add(file).added == 20
        library.catalogue.close()  # so that a new connection must find the file again
        assert library.search("kelp").total == 20
        assert library.check().ok
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_files_that_are_none(library: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty.jsonl").touch()
    write_rows(tmp_path / "made.jsonl", 5, "new")
    with zipfile.ZipFile(tmp_path / "zipped.jsonl", "w") as packed:
        packed.write(tmp_path / "made.jsonl", "made.jsonl")
    (tmp_path / "gzipped.jsonl").write_bytes(gzip.compress((tmp_path / "made.jsonl").read_bytes()))
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    refused = {
        "pipe": "is not a regular file; to read from a pipe: `broadsheet add - <",
        "empty.jsonl": "is empty",
        "zipped.jsonl": "is packed (zip); unpack it first",
        "gzipped.jsonl": "is packed (gzip); unpack it first",
        "loop": "",
        "missing": "no such file",
        ".": "is a folder; name the files in it",
    }
    with broadsheet.open(library) as opened:
        for name, words in refused.items():
            with pytest.raises(SourceError) as error:
                opened.add(tmp_path / name)
            assert str(error.value).startswith(f"{tmp_path / name}: ")
            assert words in str(error.value)
        with pytest.raises(SourceError, match="/dev/null: is not a regular file"):
            opened.add("/dev/null")
        assert (opened.stats().papers, opened.stats().quarantined) == (140, 0)
    told = here(library, "add", str(tmp_path / "made.jsonl"), str(tmp_path / "pipe"))
    assert (told.code, "5 added" in told.out, "is not a regular file" in told.out + told.err) == (1, True, True)


@pytest.mark.parametrize("moment", ["adding", "fitting", "writing segment", "writing manifest"])
def test_ctrl_c(tmp_path: Path, moment: str) -> None:
    folder, file = tmp_path / "library", write_rows(tmp_path / "made.jsonl", 400, "made")
    process = start("add", folder, 50, file)
    assert process.stdout
    acknowledged = 0
    for line in process.stdout:
        if "adding" in line:
            acknowledged = int(line.split()[1])
        if moment in line:
            process.send_signal(signal.SIGINT)
            break
    process.communicate(timeout=60)
    assert [path.name for path in folder.rglob("*.part")] == []
    with broadsheet.open(folder) as library:
        assert library.check().problems == ()
        assert library.stats().papers >= acknowledged > 0
        assert library.add(file).read == 400
        assert library.stats().papers == library.stats().indexed == 400
        assert library.check().problems == ()
