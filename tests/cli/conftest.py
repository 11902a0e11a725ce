"""One real library of invented papers, built once and copied for each test that changes it."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from broadsheet.cli import main

TOPICS = ("late interaction", "sparse retrieval", "query expansion", "news feeds", "graph ranking", "table search")


def letters(n: int) -> str:
    """A number in letters: a digit behind a name is a footnote's or a homonym's, no part of it."""
    return str(n).translate(str.maketrans("0123456789", "abcdefghij"))


def record(n: int) -> dict[str, Any]:
    topic = TOPICS[n % len(TOPICS)]
    return {
        "id": f"inv-{n}",
        "title": f"{topic.capitalize()} number {n} for imaginary readers",
        "abstract": f"We invent a study of {topic}. Nothing in paper {n} was ever measured by anybody.",
        "authors": [
            {"name": f"Ada Example{letters(n)}"},
            {"name": "Bo Sample"},
            {"name": "Cy Third"},
            {"name": "Di Fourth"},
        ],
        "year": 2015 + n % 10,
        "venue": "IMAGINE",
    }


def jsonl(records: list[Any]) -> str:
    return "".join(json.dumps(one) + "\n" for one in records)


@dataclass(frozen=True)
class Run:
    """What one command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Cli = Callable[..., Run]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    (folder / "papers.jsonl").write_text(jsonl([record(n) for n in range(18)]), encoding="utf-8")
    assert main(["--library", str(folder / "library"), "add", str(folder / "papers.jsonl")]) == 0
    return folder / "library"


@pytest.fixture
def library(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "library"))


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test touches a library of the person who runs it."""
    monkeypatch.delenv("BROADSHEET_LIBRARY", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def cli(library: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Run a command on the copied library in this process."""

    def run(*arguments: str, stdin: str = "", into: Path = library) -> Run:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8"))
        capsys.readouterr()
        code = main(["--library", str(into), *arguments])
        out, err = capsys.readouterr()
        return Run(code, out, err)

    return run


@pytest.fixture
def process(library: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a command on the copied library as a process of its own, interruptible, gone at the end."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **streams: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "broadsheet", "--library", str(library), *arguments]
        given: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
        before = signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in the background have it ignored
        try:
            environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
            started.append(subprocess.Popen(command, text=True, env=environment, **given))
        finally:
            signal.signal(signal.SIGINT, before)
        return started[-1]

    yield start
    for one in started:
        if one.poll() is None:
            one.kill()
            one.wait()
        for stream in filter(None, (one.stdout, one.stderr)):  # what it started may hold them open for a while
            stream.close()
