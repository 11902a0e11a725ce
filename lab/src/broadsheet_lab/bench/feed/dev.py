"""A quick look while developing: peers and product on author readers of the dev half. Nothing is read of the test half.

BROADSHEET_BENCH_READERS=150 takes that many readers; BROADSHEET_BENCH_ONLY=name,name those rankings, and
BROADSHEET_BENCH_SETS=name,name those scenarios (all: "all saves,1 save,3 saves,…"; "all saves" alone if unset).
Writes feed-dev.json.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from broadsheet.kit.errors import UsageError
from broadsheet.kit.threads import one_thread
from broadsheet_lab.bench.feed.authors import Authors, scenarios
from broadsheet_lab.bench.feed.peers import PEERS
from broadsheet_lab.bench.feed.running import run
from broadsheet_lab.bench.report import write
from broadsheet_lab.bench.search import ONLY, SETS, named

__all__ = ["READERS", "measure", "most_readers"]

READERS = "BROADSHEET_BENCH_READERS"  # how many readers; all of the half if unset


def most_readers() -> int | None:
    """How many readers are wanted; None: all. Raises UsageError."""
    wanted = os.environ.get(READERS, "")
    if wanted and (not wanted.isdecimal() or int(wanted) < 1):
        raise UsageError(f"{READERS}={wanted}: must be a number of readers, for example 150; unset it for all")
    return int(wanted) if wanted else None


def measure(out: Path, tell: Callable[[str], None]) -> list[Path]:
    """Run it; writes feed-dev.json into `out`. Raises UsageError if data are missing."""
    chosen = named(ONLY, "ranking", PEERS)
    authors = Authors.read(tell, dev=True, most=most_readers())
    made = scenarios(authors)
    wanted = named(SETS, "scenario", made) if os.environ.get(SETS) else frozenset(("all saves",))
    peers = {name: peer for name, peer in PEERS.items() if name in chosen}
    found = {}
    with one_thread():
        for name, readers in made.items():
            if name in wanted:
                tell(f"— {name}, {len(authors.readers)} readers")
                results = run(authors.board, readers(), peers, tell)
                found[name] = {"systems": {peer: result.to_json() for peer, result in results.items()}}
    path = out / "feed-dev.json"
    write(path, "feed-dev", {"sets": found})
    return [path]
