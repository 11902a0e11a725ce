"""A folder as the pages assume it: a library of the reading list, and the files of examples/files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import broadsheet.kit.clock
from broadsheet.cli import main
from tests.clock import noon
from tests.docs.blocks import ROOT
from tests.docs.runner import Runner, environment


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder, made once."""
    folder = tmp_path_factory.mktemp("docs") / "folder"
    shutil.copytree(ROOT / "examples" / "files", folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(broadsheet.kit.clock, "utc_now", noon)
        assert main(["--library", str(folder / "library"), "add", "--reading-list"]) == 0
    return folder


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(prepared, tmp_path / "folder"))


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    """Runs blocks in an empty folder, or in `folder` where a test asks for that too."""
    here = tmp_path / "folder"
    here.mkdir(exist_ok=True)
    variables = environment(tmp_path, tmp_path / "programs")
    for name in set(os.environ) - set(variables):
        monkeypatch.delenv(name)
    for name, value in variables.items():
        if name != "PYTHONPATH":
            monkeypatch.setenv(name, value)
    monkeypatch.setattr(broadsheet.kit.clock, "utc_now", noon)
    monkeypatch.chdir(here)
    with Runner(variables) as runner:
        yield runner
