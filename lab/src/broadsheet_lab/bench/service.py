"""The service under its readers: 50 members browse, search, vote and comment for two minutes; every vote is recounted.

The server is a process of its own, started as an operator starts it; the readers are threads of this one, on the same
cores, each with its own connection and session. A reader asks for a page every second or so, as somebody who skims. The
limit of 300 ms for the 95th percentile is the service's own. Twenty papers are contested: everybody votes for them,
again and again, so that the same vote comes in twice at once.
"""

from __future__ import annotations

import http.client
import random
import re
import statistics
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np

import broadsheet
from broadsheet.community import Community
from broadsheet.community.actor import Role
from broadsheet.kit.errors import LibraryError
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.report import Number, write
from broadsheet_lab.bench.spine import BROADSHEET

__all__ = ["Tell", "measure", "serve"]

Tell = Callable[[str], None]
READERS = 50
SECONDS = 120.0
PAPERS = 20_000  # of the benchmark's, so that a search has something to do
CONTESTED = 20  # papers in the open edition, for which everybody votes
PAUSE = (0.5, 1.5)  # seconds between two requests of one reader
PASSWORD = "correct horse battery"
QUERIES = (
    "late interaction",
    "graph neural network",
    "diffusion policy",
    "speech recognition",
    "robot grasping",
    "bandits",
)


@dataclass
class _Reader:
    """One member with a browser, and what happened to them."""

    name: str
    port: int
    random: random.Random
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""
    times: dict[str, list[float]] = field(default_factory=dict)  # by kind of request: milliseconds
    errors: list[str] = field(default_factory=list)
    voted: set[int] = field(default_factory=set)  # papers whose vote was acknowledged
    commented: int = 0
    connection: http.client.HTTPConnection | None = None

    def ask(self, kind: str, path: str, form: dict[str, str] | None = None) -> str:
        """Send one request, as a page of the service would; the text of the answer."""
        body = urlencode({"csrf": self.token, **form}) if form is not None else None
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        started = time.perf_counter()
        answer, text = self._send("POST" if body is not None else "GET", path, body, headers)
        self.times.setdefault(kind, []).append((time.perf_counter() - started) * 1000)
        for name, value in re.findall(r"([^=;\s]+)=([^;]*)", "\n".join(answer.headers.get_all("Set-Cookie") or [])):
            if name.startswith("broadsheet_"):
                self.cookies[name] = value
        if answer.status not in (200, 303):
            self.errors.append(f"{kind} {path}: {answer.status} {text[:200]}")
        if found := re.search(r'name="csrf" value="([0-9a-f]+)"', text):
            self.token = found[1]
        return text

    def _send(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, str]:
        """An answer; on a new connection where the server has closed the idle one, as browsers do."""
        for connection in (self.connection, None):
            self.connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            try:
                self.connection.request(method, path, body, headers)
                answer = self.connection.getresponse()
                return answer, answer.read().decode()
            except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected):
                self.connection.close()
                if connection is None:
                    raise
        raise AssertionError

    def sign_in(self) -> None:
        """Begin a session."""
        self.ask("sign in", "/sign-in")
        self.ask("sign in", "/sign-in", {"name": self.name, "password": PASSWORD})
        self.ask("sign in", "/for-you")

    def read(self, until: float, papers: list[int]) -> None:
        """Use the service until a moment of the monotonic clock."""
        while time.monotonic() < until:
            time.sleep(self.random.uniform(*PAUSE))
            number = self.random.choice(papers)
            share = self.random.random()
            try:
                if share < 0.25:
                    self.ask("page", self.random.choice(("/", "/papers", "/for-you")))
                elif share < 0.55:
                    self.ask("page", f"/paper/{number}")
                elif share < 0.75:
                    self.ask("page", f"/search?q={quote(self.random.choice(QUERIES))}")
                elif share < 0.95:
                    contested = self.random.choice(papers[:CONTESTED])
                    self.ask("vote", f"/papers/{contested}/vote", {"vote": "cast", "next": "/papers"})
                    self.voted.add(contested)
                else:
                    text = f"Read it: $x^{{{number}}}$ holds in *general*, says {self.name}."
                    self.ask("comment", f"/papers/{number}/comments", {"text": text})
                    self.commented += 1
            except (OSError, http.client.HTTPException) as error:
                self.errors.append(f"{type(error).__name__}: {error}")
                self.connection = None


def _prepare(folder: Path, tell: Tell) -> list[int]:
    """A community with its members and an open edition; the papers that readers look at, the contested first."""
    tell(f"adding {PAPERS} papers and {READERS} members")
    folder.mkdir()
    (folder / "broadsheet.toml").write_text(
        '[community]\nmode = "community"\n[discussion]\ncomments_an_hour = 1000\n', encoding="utf-8"
    )
    import pyarrow.parquet as pq

    part = folder.parent / "part.parquet"
    pq.write_table(pq.read_table(datasets.papers_path()).slice(0, PAPERS), part)
    with broadsheet.open(folder) as library:
        library.add(part)
        community = Community(library)
        ids = library.catalogue.papers.ids()
        papers = [int(i) for i in np.random.default_rng(0).choice(ids, 300, replace=False)]
        for number in papers[:CONTESTED]:
            community.editions.enter(number, "pick", "curator")
        for at in range(READERS):
            community.accounts.create(f"reader{at}", PASSWORD, Role.reader, email=f"reader{at}@example.org")
        library.index()
    return papers


@contextmanager
def serve(folder: Path, *options: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """A library served by a process of its own: its port, and the process. Raises LibraryError."""
    command = [*BROADSHEET, "--library", str(folder), "serve", "--port", "0", *options]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        address = re.search(r"http://\S+?:(\d+)", line)
        if not address:
            raise LibraryError(f"{folder}: could not be served; {' '.join(command)} said {line.strip()!r}")
        yield int(address[1]), server
    finally:
        server.terminate()
        server.wait(30)


def _use(port: int, papers: list[int], tell: Tell) -> list[_Reader]:
    readers = [_Reader(f"reader{at}", port, random.Random(at)) for at in range(READERS)]
    tell("signing in")
    for reader in readers:
        reader.sign_in()
    tell(f"reading, voting and commenting for {SECONDS:.0f} s")
    until = time.monotonic() + SECONDS
    threads = [threading.Thread(target=reader.read, args=(until, papers)) for reader in readers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return readers


def _recount(folder: Path, readers: list[_Reader], papers: list[int]) -> tuple[int, int]:
    """(votes acknowledged, votes that are missing or counted more than once)."""
    expected = Counter(paper for reader in readers for paper in reader.voted)
    with broadsheet.open(folder) as library:
        counts = Community(library).votes.counts(papers)
    return expected.total(), sum(abs(counts[paper] - expected.get(paper, 0)) for paper in papers)


def measure(out: Path, tell: Tell = lambda _: None) -> list[Path]:
    """Measure and write service.json. Raises UsageError where the data are missing."""
    with tempfile.TemporaryDirectory(prefix="broadsheet-bench-") as scratch:
        folder = Path(scratch) / "library"
        papers = _prepare(folder, tell)
        with serve(folder) as (port, _):
            readers = _use(port, papers, tell)
        cast, wrong = _recount(folder, readers, papers)
    times: dict[str, list[float]] = {}
    for reader in readers:
        for kind, values in reader.times.items():
            times.setdefault(kind, []).extend(values)
    errors = [error for reader in readers for error in reader.errors]
    pages = times["page"]
    detail: dict[str, Any] = {
        kind: {"requests": len(values), "median": round(statistics.median(values), 1)} for kind, values in times.items()
    }
    numbers = [
        Number("a page for one of 50 readers at once, 95th percentile", float(np.percentile(pages, 95)), "ms", 300),
        Number("a vote, 95th percentile", float(np.percentile(times["vote"], 95)), "ms"),
        Number("a comment with mathematics, 95th percentile", float(np.percentile(times["comment"], 95)), "ms"),
        Number("requests that failed", len(errors), "", 0, detail={"first": errors[:3]} if errors else None),
        Number("votes missing or counted twice", wrong, "", 0, detail={"acknowledged": cast}),
    ]
    path = out / "service.json"
    content = {
        "readers": READERS,
        "seconds": SECONDS,
        "papers": PAPERS,
        "requests": detail,
        "numbers": [number.to_json() for number in numbers],
    }
    write(path, "service", content)
    return [path]
