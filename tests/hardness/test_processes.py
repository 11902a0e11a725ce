"""Several processes on one library at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

import broadsheet
from tests.hardness.made import command, environment, left_over, start, write_rows


def test_two_write_and_two_search(tmp_path: Path) -> None:
    shared = tmp_path / "library"
    broadsheet.open(shared).close()
    files = [[write_rows(tmp_path / f"{who}{n}.jsonl", 90, f"{who}{n}") for n in range(5)] for who in "ab"]
    everybody = write_rows(tmp_path / "both.jsonl", 60, "both")
    total = 2 * 5 * 90 + 60
    processes = [start("add", shared, 20, *mine, everybody) for mine in files]
    processes += [start("watch", shared, total) for _ in range(2)]
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, "")
        assert "end" in out
    with broadsheet.open(shared) as library:
        names = [f"{who}{n}-{i}" for who in "ab" for n in range(5) for i in range(90)]
        assert None not in library.catalogue.papers.resolve_many(names + [f"both-{i}" for i in range(60)]).values()
        assert library.search("kelp").total == library.stats().papers == total
        assert library.check().problems == ()
        library.index()
    assert left_over(shared) == set()


@contextmanager
def _serving(library: Path) -> Iterator[str]:
    """`broadsheet serve` as a process; yields its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "broadsheet", "--library", str(library), "serve", "--no-token", "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment(), "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout
        told = ""
        while not told.endswith("}\n"):
            line = process.stdout.readline()
            assert line, process.stderr and process.stderr.read()
            told += line
        yield json.loads(told)["url"]
    finally:
        os.kill(process.pid, signal.SIGTERM)
        _, err = process.communicate(timeout=20)
        assert "Traceback" not in err


def test_the_server_sees_what_the_command_line_adds(library: Path, tmp_path: Path) -> None:
    with _serving(library) as url, httpx.Client(base_url=url, trust_env=False) as client:
        before = client.get("/api/v1/search", params={"q": "zeppelin"}).json()
        assert before["total"] == 140
        paper = {"id": "late", "title": "A zeppelin arrives late", "abstract": "It was seen by nobody."}
        (tmp_path / "late.jsonl").write_text(json.dumps(paper) + "\n")
        assert command(library, "add", str(tmp_path / "late.jsonl")).code == 0
        after = client.get("/api/v1/search", params={"q": "zeppelin"}).json()
        title = "".join(span["text"] for span in after["results"][0]["title"])
        assert (after["total"], title) == (141, "A zeppelin arrives late")
        assert command(library, "save", "late").code == 0
        page = client.get("/library")
        assert page.status_code == 200
        assert "A zeppelin arrives late" in page.text
