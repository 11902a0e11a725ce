"""One library of the invented world, built once and copied for each test that changes it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import broadsheet
from broadsheet.pipeline.library import Library
from tests.clock import NOON, ticking
from tests.pipeline import world
from tests.pipeline.toy import Toy, use


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the library; nobody changes it."""
    folder = tmp_path_factory.mktemp("world") / "library"
    with broadsheet.open(folder, clock=ticking(NOON - timedelta(days=1))) as library:
        library.add(*world.records())
    return folder


@pytest.fixture(scope="session")
def shared(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The library for tests that only search."""
    folder = shutil.copytree(stocked, tmp_path_factory.mktemp("shared") / "library")
    with broadsheet.open(folder, clock=ticking()) as library:
        yield library


@pytest.fixture
def library(stocked: Path, tmp_path: Path) -> Iterator[Library]:
    """A library of the test's own."""
    with broadsheet.open(shutil.copytree(stocked, tmp_path / "library"), clock=ticking()) as library:
        yield library


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Library]:
    """A library without papers."""
    with broadsheet.open(tmp_path / "empty", clock=ticking()) as library:
        yield library


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Toy:
    """The model of the test."""
    return use(monkeypatch, Toy())
