"""Damaged files: the message names the file and the command that mends it, and the catalogue is never touched."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

import broadsheet
from broadsheet.catalogue.migrations import VERSION
from broadsheet.kit.errors import CorruptFile
from broadsheet.pipeline.index.snapshot import Segment
from tests.hardness.made import here, left_over, write_rows


def _flip(at: float) -> Callable[[Path], None]:
    def harm(path: Path) -> None:
        data = bytearray(path.read_bytes())
        data[int(at * (len(data) - 1))] ^= 0x41
        path.write_bytes(data)

    return harm


HARMS: dict[str, Callable[[Path], None]] = {
    "first byte": _flip(0),
    "last byte": _flip(1),
    "cut short": lambda path: os.truncate(path, path.stat().st_size * 2 // 3),
    "emptied": lambda path: os.truncate(path, 0),
    "gone": lambda path: path.unlink(),
}
FILES = [*(f"segment-*.{part}.bin" for part in Segment.PARTS), "encoder-*.bin", "dead-*.bin", "manifest.json"]


@pytest.mark.parametrize("pattern", FILES)
@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_index(library: Path, pattern: str, harm: str) -> None:
    with broadsheet.open(library) as opened:
        catalogue = list(opened.catalogue.papers.documents()), opened.catalogue.changes.last_seq()
    path = sorted((library / "indexes").glob(pattern))[0]
    HARMS[harm](path)
    with broadsheet.open(library) as opened:
        if (pattern, harm) == ("manifest.json", "gone"):
            assert opened.check().ok  # as if never built
        else:
            with pytest.raises(CorruptFile, match=f"{path.name}: .*; run `broadsheet check --repair`"):
                opened.search("revised report on kelp")
            report = opened.check()
            assert not report.ok
            assert [str(path) in line for line in report.problems] == [True]
            report = opened.check(repair=True)
            assert (report.ok, len(report.repaired)) == (True, 1)
        assert sorted(result.stored.id for result in opened.search('"revised report"', k=20).results) == [*range(1, 11)]
        assert opened.check().problems == ()
        assert (list(opened.catalogue.papers.documents()), opened.catalogue.changes.last_seq()) == catalogue
    assert left_over(library) == set()


def test_what_the_command_line_says(library: Path, tmp_path: Path) -> None:
    path = next((library / "indexes").glob("encoder-*.bin"))
    path.write_bytes(b"nothing of ours")
    refused = here(library, "search", "kelp")
    said = f"{path}: damaged (not a Broadsheet file); run `broadsheet check --repair`"
    assert (refused.code, refused.only_line) == (2, f"broadsheet: {said}")
    added = here(library, "add", str(write_rows(tmp_path / "late.jsonl", 5, "late")))
    assert (added.code, added.only_line) == (2, f"broadsheet: {said}")  # stored, but not to be found before the repair
    listed = here(library, "check")
    assert (listed.code, f"problem: {said}" in listed.out.splitlines()) == (1, True)
    mended = here(library, "check", "--repair")
    assert (mended.code, f"repaired: {said}" in mended.out.splitlines()) == (0, True)
    assert '"total": 145' in here(library, "search", "kelp", "--json").out


def test_a_catalogue_of_a_newer_version(library: Path) -> None:
    with sqlite3.connect(library / "catalogue.db") as raw:
        raw.execute(f"PRAGMA user_version = {VERSION + 1}")
    raw.close()
    before = (library / "catalogue.db").read_bytes()
    for arguments in (("search", "kelp"), ("add", "--reading-list"), ("check", "--repair"), ("feed",)):
        refused = here(library, *arguments)
        assert refused.code == 2
        assert f"{library}/catalogue.db: the catalogue has version {VERSION + 1}" in refused.only_line
        assert "upgrade Broadsheet (nothing was changed)" in refused.only_line
    assert (library / "catalogue.db").read_bytes() == before


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.write_text("Dear diary, this is no database. " * 500),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
    ],
    ids=["a letter", "half", "a beginning"],
)
def test_a_catalogue_that_is_none(library: Path, harm: Callable[[Path], None]) -> None:
    path = library / "catalogue.db"
    harm(path)
    before = path.read_bytes()
    checked = here(library, "check")
    told = checked.out + checked.err
    assert checked.code in (1, 2)
    assert str(path) in told
    assert "Traceback" not in told
    for arguments in (("search", "kelp"), ("show", "139"), ("add", "--reading-list")):
        refused = here(library, *arguments)
        assert refused.code == 2, (arguments, refused)
        assert f"{path}: " in refused.only_line
        assert "put back a copy" in refused.only_line
    assert path.read_bytes() == before


def _found(folder: Path, query: str) -> list[str]:
    with broadsheet.open(folder) as library:
        assert library.check().problems == ()
        return [source for r in library.search(query).results for _, source in r.stored.source_ids if r.lexical > 0]


def test_an_older_catalogue_put_back_in_place(library: Path, tmp_path: Path) -> None:
    shutil.copy(library / "catalogue.db", tmp_path / "backup.db")
    with broadsheet.open(library) as opened:
        opened.add(write_rows(tmp_path / "lost.jsonl", 30, "lost"))
    shutil.copy(tmp_path / "backup.db", library / "catalogue.db")
    with broadsheet.open(library) as opened:
        (problem,) = opened.check().problems
        assert "built from another state of the catalogue (up to change 180)" in problem
        assert opened.search("kelp").total == opened.stats().indexed == 140
    assert _found(library, '"lost237570"') == []


def test_a_backup_that_has_overtaken_the_index(library: Path, tmp_path: Path) -> None:
    shutil.copy(library / "catalogue.db", tmp_path / "backup.db")
    with broadsheet.open(library) as opened:
        opened.add(write_rows(tmp_path / "lost.jsonl", 30, "lost"))
    shutil.copy(tmp_path / "backup.db", library / "catalogue.db")
    with broadsheet.open(library) as opened:
        opened.add(write_rows(tmp_path / "other.jsonl", 60, "other"))  # the same numbers, other papers
    assert _found(library, "other7919") == ["other-1"]
    assert _found(library, "lost7919") == []
