"""10,000 searches at once: what the server needs in memory, and whether everybody is served in order.

The server is a process of its own, started as an operator starts it. Every one of CONNECTIONS programs sends its next
search the moment it has the answer to the last, so that as many wait at any moment. In a fair order all of them have
about as many answers at any moment: `lag` is the most that one is behind another.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import numpy as np

import broadsheet
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.report import Number, write
from broadsheet_lab.bench.search.encoded import give_vectors
from broadsheet_lab.bench.service import Tell, serve

__all__ = ["Crowd", "ask", "measure"]

PAPERS = 2_000
REQUESTS = 10_000
CONNECTIONS = 400
WARM = 200  # searches before memory is looked at
MEMORY = 300  # MB more than before, at most
LAG = 2


@dataclass(frozen=True, slots=True)
class Crowd:
    """What happened to a crowd of searches."""

    seconds: tuple[float, ...]  # waited for each answer
    failures: tuple[str, ...]
    lag: int  # answers that one connection was behind another, at most


async def _connected(
    port: int, queries: Sequence[str], counts: list[int], at: int
) -> tuple[list[float], list[str], int]:
    """Send searches one after another on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    seconds, failures, lag = [], [], 0
    for query in queries:
        started = time.perf_counter()
        path = f"/api/v1/search?{urlencode({'q': query})}"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        body = await reader.readexactly(int(fields["content-length"]))
        seconds.append(time.perf_counter() - started)
        if " 200 " not in head.split("\r\n", 1)[0] or b'"results":[{' not in body:
            failures.append(f"{query}: {head[:60]!r} {body[:100]!r}")
        counts[at] += 1
        if counts[at] < len(queries):  # who has all answers is not behind
            lag = max(lag, counts[at] - min(counts))
    writer.close()
    return seconds, failures, lag


async def ask(port: int, queries: Sequence[str], connections: int) -> Crowd:
    """Send all queries to the API of a server, each connection one after another."""
    counts = [0] * connections
    each = [queries[at::connections] for at in range(connections)]
    parts = await asyncio.gather(*(_connected(port, each[at], counts, at) for at in range(connections)))
    return Crowd(
        tuple(s for seconds, _, _ in parts for s in seconds),
        tuple(f for _, failures, _ in parts for f in failures),
        max(lag for _, _, lag in parts),
    )


def _memory(process: subprocess.Popen[str], what: str) -> int:
    """Bytes of a line of /proc/PID/status: VmRSS (now) or VmHWM (the peak)."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    return 1024 * int(status.split(f"{what}:")[1].split()[0])


def _processor(process: subprocess.Popen[str]) -> float:
    """Seconds of processor that a process has used."""
    fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _prepare(folder: Path) -> list[str]:
    """A library with vectors, and queries: words of its titles."""
    import pyarrow.parquet as pq

    folder.mkdir()
    (folder / "broadsheet.toml").write_text('[index]\nencode = "off"\n', encoding="utf-8")
    part = folder.parent / "part.parquet"
    table = pq.read_table(datasets.papers_path()).slice(0, PAPERS)
    pq.write_table(table, part)
    with broadsheet.open(folder) as library:
        library.add(part)
        give_vectors(library)
    random = np.random.default_rng(0)
    titles = [title.split() for title in table["title"].to_pylist() if len(title.split()) > 3]
    return [" ".join(random.permutation(titles[i])[:4]) for i in random.integers(0, len(titles), REQUESTS + WARM)]


def measure(out: Path, tell: Tell = lambda _: None) -> list[Path]:
    """Measure and write crowd.json. Raises UsageError where the data are missing."""
    with tempfile.TemporaryDirectory(prefix="broadsheet-bench-") as scratch:
        folder = Path(scratch) / "library"
        tell(f"adding {PAPERS} papers")
        queries = _prepare(folder)
        with serve(folder, "--no-token") as (port, process):
            asyncio.run(ask(port, queries[:WARM], 4))
            before, spent = _memory(process, "VmRSS"), _processor(process)
            tell(f"{REQUESTS} searches on {CONNECTIONS} connections")
            crowd = asyncio.run(ask(port, queries[WARM:], CONNECTIONS))
            spent, peak = _processor(process) - spent, _memory(process, "VmHWM")
    waits = {f"{p} %": round(float(np.percentile(crowd.seconds, p)), 3) for p in (50, 95, 100)}
    numbers = [
        Number("processor time of one of them", 1000 * spent / REQUESTS, "ms", detail={"seconds waited": waits}),
        Number("memory more than before, at its peak", (peak - before) / 1e6, "MB", MEMORY, detail={"before": before}),
        Number("answers that one connection is behind another, at most", crowd.lag, "", LAG),
        Number("searches that failed", len(crowd.failures), "", 0, detail={"first": list(crowd.failures[:3])}),
    ]
    path = out / "crowd.json"
    content = {"papers": PAPERS, "searches": REQUESTS, "connections": CONNECTIONS}
    write(path, "crowd", {**content, "numbers": [number.to_json() for number in numbers]})
    return [path]
