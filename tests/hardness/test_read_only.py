"""A library in a folder that cannot be written: everything that reads works, everything that writes says why not."""

from __future__ import annotations

import ctypes
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hardness.made import Run, command, write_rows

_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 24, 1, 2


def _obey_modes() -> None:
    """As root: give up the right to ignore file modes, so that this test is the same for everybody."""
    if os.geteuid() == 0:
        for right in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
            ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, right, 0, 0, 0)


def run(library: Path, *arguments: str) -> Run:
    return command(library, *arguments, prepare=_obey_modes)


def _modes(library: Path, folder: int, file: int) -> None:
    for path in [*library.rglob("*"), library]:
        path.chmod(folder if path.is_dir() else file)


@pytest.fixture
def locked(library: Path) -> Iterator[Path]:
    _modes(library, 0o555, 0o444)
    if run(library, "reader", "create", "probe").code == 0:
        _modes(library, 0o755, 0o644)
        pytest.skip("this user may write anywhere")
    yield library
    _modes(library, 0o755, 0o644)


def test_reading(locked: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in locked.rglob("*")}
    assert json.loads(run(locked, "search", "kelp", "--json").out)["total"] == 140
    assert json.loads(run(locked, "show", "made-3", "--json").out)["title"].startswith("made23757")
    page = json.loads(run(locked, "feed", "--json").out)
    assert (len(page["items"]), page["cold"]) == (20, True)
    assert json.loads(run(locked, "similar", "made-3", "--json").out)["results"]
    assert run(locked, "export", "--all", "--format", "jsonl").out.count("\n") == 140
    checked = run(locked, "check")
    assert (checked.code, checked.err) == (0, "")
    assert {path: path.stat().st_mtime_ns for path in locked.rglob("*")} == before


@pytest.mark.parametrize(
    "arguments", [("save", "made-3"), ("add", "{file}"), ("reader", "create", "ann"), ("quarantine", "--clear-all")]
)
def test_writing(locked: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    file = str(write_rows(tmp_path / "late.jsonl", 3, "late"))
    refused = run(locked, *(argument.format(file=file) for argument in arguments))
    assert refused.code == 2
    assert f"{locked}/catalogue.db" in refused.only_line
    assert "make the folder writable" in refused.only_line


def test_a_folder_where_no_library_can_be_made(tmp_path: Path) -> None:
    file = write_rows(tmp_path / "late.jsonl", 3, "late")
    (tmp_path / "closed").mkdir(mode=0o555)
    refused = run(tmp_path / "closed" / "library", "add", str(file))
    if refused.code == 0:
        pytest.skip("this user may write anywhere")
    assert (refused.code, refused.only_line) == (
        2,
        f"broadsheet: {tmp_path}/closed/library: no library can be here: Permission denied",
    )


def test_a_folder_that_cannot_even_be_read(library: Path) -> None:
    library.chmod(0)
    refused = run(library, "search", "kelp")
    library.chmod(0o755)
    if refused.code == 0:
        pytest.skip("this user may read anything")
    assert (refused.code, "Traceback" in refused.err) == (2, False)
    assert "denied" in refused.err or "not readable" in refused.err
