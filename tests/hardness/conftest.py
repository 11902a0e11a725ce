"""One library of invented papers, built once and copied for each test that harms it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import broadsheet
from tests.hardness.made import write_rows


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 papers in one segment, then 30 changed or new ones in a second, so that rows are dead."""
    folder = tmp_path_factory.mktemp("hardness")
    with broadsheet.open(folder / "library") as library:
        library.add(write_rows(folder / "made.jsonl", 120, "made"))
        text = (folder / "made.jsonl").read_text().replace("An invented report", "A revised report")
        (folder / "made.jsonl").write_text("".join(text.splitlines(keepends=True)[:10]))
        library.add(folder / "made.jsonl", write_rows(folder / "more.jsonl", 20, "more"))
    return folder / "library"


@pytest.fixture
def library(built: Path, tmp_path: Path) -> Path:
    """The folder of a copy."""
    return Path(shutil.copytree(built, tmp_path / "library"))
