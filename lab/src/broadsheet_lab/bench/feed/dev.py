"""A quick look while developing: peers and product on author readers of the dev half. Nothing is read of the test half.

BROADSHEET_BENCH_READERS=150 takes that many readers; BROADSHEET_BENCH_ONLY=name,name those rankings, and
BROADSHEET_BENCH_SETS=name,name those scenarios (all: "all saves,1 save,3 saves,…"; "all saves" alone if unset).
Writes feed-dev.json.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from broadsheet.kit.threads import one_thread
from broadsheet_lab.bench.feed.authors import Authors, scenarios
from broadsheet_lab.bench.feed.board import Peer
from broadsheet_lab.bench.feed.peers import PEERS
from broadsheet_lab.bench.feed.product import BROADSHEET, Product
from broadsheet_lab.bench.feed.running import most_readers, run
from broadsheet_lab.bench.report import write
from broadsheet_lab.bench.search import ONLY, SETS, named

__all__ = ["measure"]


def measure(out: Path, tell: Callable[[str], None]) -> list[Path]:
    """Run it; writes feed-dev.json into `out`. Raises UsageError if data are missing."""
    chosen = named(ONLY, "ranking", (BROADSHEET, *PEERS))
    authors = Authors.read(tell, dev=True, most=most_readers())
    made = scenarios(authors)
    wanted = named(SETS, "scenario", made) if os.environ.get(SETS) else frozenset(("all saves",))
    product = Product(authors.board.papers)
    every: dict[str, Peer] = {BROADSHEET: product, **PEERS}
    peers = {name: peer for name, peer in every.items() if name in chosen}
    found = {}
    with one_thread():
        for name, readers in made.items():
            if name in wanted:
                tell(f"— {name}, {len(authors.readers)} readers")
                results = run(authors.board, readers(), peers, tell, anew=[BROADSHEET])
                found[name] = {"systems": {peer: result.to_json() for peer, result in results.items()}}
    path = out / "feed-dev.json"
    write(path, "feed-dev", {"sets": found})
    return [path]
