"""Invented papers, and the command line as a process of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broadsheet.cli import main
from broadsheet.kit.paper import Paper, Person, Record

SUBJECTS = ("kelp forests", "tram networks", "glass harps", "paper kites", "salt marshes", "clockwork owls", "moss")
PROGRAM = Path(__file__).with_name("program.py")


def row(n: int, tag: str) -> dict[str, Any]:
    """One paper of a JSONL file; every title is far enough from every other not to be merged."""
    subject = SUBJECTS[n % len(SUBJECTS)]
    return {
        "id": f"{tag}-{n}",
        "title": f"{tag}{n * 7919} on {subject} {n}x{n * 31 % 997}",
        "abstract": f"An invented report number {n} about {subject}; nothing in it was measured by anybody.",
        "authors": [{"name": f"Ada {tag}{n}"}, {"name": f"Bo Writer{n % 50}"}],
        "year": 1990 + n % 30,
        "venue": f"Journal {n % 11}",
    }


def write_rows(path: Path, count: int, tag: str) -> Path:
    """A JSONL file of `count` papers with the ids tag-0, tag-1, …"""
    path.write_text("".join(json.dumps(row(n, tag)) + "\n" for n in range(count)), encoding="utf-8")
    return path


def records(papers: Iterable[Paper], source: str = "made") -> list[Record]:
    """Papers as they arrive from a source that numbers them."""
    return [Record(paper, source, str(n)) for n, paper in enumerate(papers)]


def person(name: str) -> Person:
    """An author whose family name is the last word."""
    given, _, family = name.rpartition(" ")
    return Person(name, given, family)


@dataclass(frozen=True)
class Run:
    """What one command did."""

    code: int
    out: str
    err: str

    @property
    def only_line(self) -> str:
        """The one line on standard error that says what is wrong."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        return lines[0]


def here(library: Path, *arguments: str) -> Run:
    """Run `broadsheet` on a library in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(["--library", str(library), *arguments])
    return Run(code, out.getvalue(), err.getvalue())


def command(library: Path, *arguments: str, prepare: Callable[[], None] | None = None) -> Run:
    """Run `broadsheet` on a library; `prepare` runs in the new process first."""
    done = subprocess.run(
        [sys.executable, "-m", "broadsheet", "--library", str(library), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=prepare,
        env=environment(),
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def start(*arguments: str | Path | int) -> subprocess.Popen[str]:
    """Start the program of this folder; its lines on standard output say how far it is."""
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )


def environment() -> dict[str, str]:
    """Ours, without a library of the person who runs the tests."""
    return {name: value for name, value in os.environ.items() if name != "BROADSHEET_LIBRARY"}


def left_over(library: Path) -> set[str]:
    """Files among the indexes that the manifest does not name, the lock aside."""
    from broadsheet.pipeline.index.manifest import read_manifest

    manifest = read_manifest(library / "indexes")
    assert manifest is not None
    return {path.name for path in (library / "indexes").iterdir()} - manifest.files() - {".lock"}
