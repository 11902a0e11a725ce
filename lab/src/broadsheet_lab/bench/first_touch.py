"""First touch: what a newcomer waits for, from an empty environment to the first page, the peer beside it.

Broadsheet is installed into an empty environment as README says and used through its front doors. The limits are
those of a slower machine, on which `import numba` takes 0.9 s of processor; that import is timed here in the same
run, and each limit in seconds is scaled by it, so that a fast machine has to be faster. Reading, stemming and indexing
the same papers with bm25s, by a process of its own, is the peer of `add`; its query is the peer of a search.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from broadsheet.kit.errors import UsageError
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.report import Number, write

__all__ = ["measure"]

ROOT = Path(__file__).resolve().parents[4]
SLOW_NUMBA = 0.9  # seconds of processor for `import numba` on the machine whose limits these are
REPEATS = 5
_PEER = """
import json, sys, time
started = time.perf_counter()
import bm25s, pyarrow.parquet as pq, Stemmer
table = pq.read_table(sys.argv[1], columns=["title", "abstract", "keywords"]).to_pydict()
texts = [f"{t} {a or ''} {' '.join(k or ())}" for t, a, k in zip(*table.values())]
stemmer = Stemmer.Stemmer("english")
index = bm25s.BM25()
index.index(bm25s.tokenize(texts, stemmer=stemmer, show_progress=False), show_progress=False)
seconds = time.perf_counter() - started
queries = ["late interaction retrieval", "graph neural network", "diffusion policy robot", "dense passage retrieval"]
times = []
for query in queries * 25:
    begun = time.perf_counter()
    index.retrieve(bm25s.tokenize([query], stemmer=stemmer, show_progress=False), k=10, show_progress=False)
    times.append(time.perf_counter() - begun)
print(json.dumps({"seconds": seconds, "query": sorted(times)[len(times) // 2]}))
"""


@dataclass(frozen=True, slots=True)
class _Run:
    """A finished process: seconds waited for, seconds of processor, peak bytes, and what it said."""

    waited: float
    processor: float
    peak: int
    said: str


def _run(command: Sequence[str | Path]) -> _Run:
    """Run a command to its end. Raises UsageError with its last words if it fails (1, partly, is no failure)."""
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(list(map(str, command)), stdout=said, stderr=errors, env=_environment())
        _, status, usage = os.wait4(process.pid, 0)
        waited = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        for file in (said, errors):
            file.seek(0)
        if process.returncode not in (0, 1):
            words = " ".join(map(str, command[:4]))
            raise UsageError(f"{words} …: exit code {process.returncode}: {errors.read()[-400:]}")
        return _Run(waited, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, said.read())


def _environment() -> dict[str, str]:
    """Nothing of the environment this runs in reaches the one that is measured."""
    hidden = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV", "BROADSHEET_LIBRARY")
    return {name: value for name, value in os.environ.items() if name not in hidden}


def _median(command: Sequence[str | Path]) -> float:
    """Seconds of processor, the median of several runs after one that reads the files in."""
    _run(command)
    return statistics.median(_run(command).processor for _ in range(REPEATS))


def _pip(environment: Path, what: str) -> _Run:
    """Install `what` from this checkout into an environment."""
    pip: list[str | Path] = [
        environment / "bin" / "python",
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--quiet",
    ]
    return _run([*pip, "--constraint", ROOT / "constraints.txt", what])


def _installed(environment: Path) -> list[Number]:
    """What installing into an empty environment takes."""
    _run([sys.executable, "-m", "venv", environment])
    took = _pip(environment, str(ROOT))
    size = sum(path.stat().st_size for path in environment.rglob("*") if path.is_file() and not path.is_symlink())
    detail = {"seconds": round(took.waited, 1), "processor": round(took.processor, 1)}
    return [Number("an empty environment with Broadsheet", size / 1e6, "MB", 350, detail=detail)]


def _reading_list(broadsheet: Sequence[str | Path], scale: float) -> list[Number]:
    """The reading list, and the very first search: twice nothing may be compiled."""
    added = _run([*broadsheet, "add", "--reading-list"])
    first = _run([*broadsheet, "search", "late interaction"])
    again = _run([*broadsheet, "search", "late interaction"])
    detail = {"waited again": round(again.waited, 2), "processor again": round(again.processor, 2)}
    return [
        Number("adding the reading list, the first command of all", added.waited, "s"),
        Number("the first search after installing, waiting", first.waited, "s", 5 * scale, detail=detail),
        Number("the first search after installing, processor", first.processor, "s", 8 * scale),
    ]


def _pages(broadsheet: Sequence[str | Path], scale: float) -> list[Number]:
    """The first page and the first search of a server that has just started."""
    command = [*map(str, broadsheet), "serve", "--no-token", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=_environment())
    try:
        assert server.stdout is not None
        started = time.perf_counter()
        said = ""
        while not (address := re.search(r"http://[^\s/]+", said)):
            said = server.stdout.readline()
            if not said:
                raise UsageError("the server ended before it named its address")
        open_at = time.perf_counter() - started
        waits = []
        for path in ("/", "/search?q=late+interaction", "/search?q=late+interaction"):
            begun = time.perf_counter()
            with urlopen(address.group() + path) as answer:
                answer.read()
            waits.append(time.perf_counter() - begun)
    finally:
        server.terminate()
        server.communicate(timeout=20)
    return [
        Number("the first page of a new server", waits[0], "s", 5 * scale, detail={"server open": round(open_at, 2)}),
        Number("its first search", waits[1], "s", 5 * scale, detail={"second": round(waits[2], 4)}),
    ]


def _large(broadsheet: Sequence[str | Path], papers: Path, scale: float) -> list[Number]:
    """87,366 papers by `add`, bm25s beside it, and the searches after it."""
    added = _run([*broadsheet, "add", papers])
    peer = json.loads(_run([sys.executable, "-c", _PEER, papers]).said)
    first = _run([*broadsheet, "search", "late interaction retrieval"])
    later = _median([*broadsheet, "search", "late interaction retrieval"])
    detail = {"seconds": round(added.waited, 1), "bm25s": round(peer["seconds"], 1)}
    return [
        Number(
            "adding 87,366 papers, over bm25s indexing them", added.waited / peer["seconds"], "×", 1.5, detail=detail
        ),
        Number("peak memory of that", added.peak / 1e9, "GB", 1.5),
        Number("the first search of that library, waiting", first.waited, "s", 5 * scale),
        Number("a later search from the command line, processor", later, "s", scale),
        Number("bm25s, one query in a running process", 1000 * peer["query"], "ms"),
    ]


def measure(out: Path, tell: Any) -> list[Path]:
    """Install, use, and write first-touch.json. Needs the checkout that this file is in."""
    papers = datasets.papers_path()
    if not (ROOT / "pyproject.toml").exists():
        raise UsageError("first-touch installs from a checkout: run it in one")
    numba = _median([sys.executable, "-c", "import numba"]) - _median([sys.executable, "-c", "pass"])
    scale = round(numba / SLOW_NUMBA, 2)
    with tempfile.TemporaryDirectory(prefix="broadsheet-bench-") as scratch:
        folder = Path(scratch)
        tell("installing into an empty environment")
        environment = folder / "environment"
        programs, numbers = environment / "bin", _installed(environment)
        small: list[str | Path] = [programs / "broadsheet", "--library", folder / "small"]
        tell("the first command, the first search")
        numbers += _reading_list(small, scale)
        tell("the first page")
        numbers += _pages(small, scale)
        tell("starting")
        python = programs / "python"
        nothing = _median([python, "-c", "pass"])
        helped = _median([programs / "broadsheet", "--help"])
        imported = _median([python, "-c", "import broadsheet"])
        numbers.append(Number("broadsheet --help, processor", helped, "s", round(0.3 * scale, 3)))
        detail = {"of which Python itself": round(nothing, 3)}
        numbers.append(Number("import broadsheet, processor", imported, "s", round(0.15 * scale, 3), detail=detail))
        tell("adding every paper, and the peer")
        _pip(environment, f"{ROOT}[parquet]")
        numbers += _large([programs / "broadsheet", "--library", folder / "large"], papers, scale)
    content = {
        "data": {"papers.parquet": datasets.digest(papers)},
        "import numba": round(numba, 3),
        "limits scaled by": scale,
        "numbers": [number.to_json() for number in numbers],
    }
    path = out / "first-touch.json"
    write(path, "first-touch", content)
    return [path]
