"""A real library of invented papers, served by a real server on loopback."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import broadsheet
from broadsheet.kit.paper import Record
from tests.clock import noon
from tests.web.members import Town, town
from tests.web.served import PAPERS, Served, served


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library folder with the invented papers; copy it before changing it."""
    folder = tmp_path_factory.mktemp("stocked") / "library"
    with broadsheet.open(folder, clock=noon) as library:
        library.add(*(Record(paper, "invented", f"inv-{n}", f"invented:{n}") for n, paper in enumerate(PAPERS)))
        library.act("me", "2512.00101", "save")  # makes the reader
        library.undo("me")
        revised = replace(PAPERS[1], title="Token pruning for dense retrieval, revised", version=2)
        library.add(Record(revised, "invented", "inv-1", "invented:1"))
    return folder


@pytest.fixture(scope="module")
def site(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A served library for tests that change nothing."""
    folder = tmp_path_factory.mktemp("shared") / "library"
    shutil.copytree(stocked, folder)
    with served(folder) as running:
        yield running


@pytest.fixture
def own(stocked: Path, tmp_path: Path) -> Iterator[Served]:
    """A served library of the test's own."""
    shutil.copytree(stocked, tmp_path / "library")
    with served(tmp_path / "library") as running:
        yield running


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A served library without papers."""
    with served(tmp_path_factory.mktemp("empty") / "library") as running:
        yield running


@pytest.fixture(scope="module")
def members(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A served community for tests that leave its members as they are."""
    with town(stocked, tmp_path_factory.mktemp("town") / "library") as running:
        yield running


@pytest.fixture
def own_town(stocked: Path, tmp_path: Path) -> Iterator[Town]:
    """A served community of the test's own."""
    with town(stocked, tmp_path / "library") as running:
        yield running
