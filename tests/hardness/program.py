"""What the tests of this folder start as a process of its own, to kill it or to run it beside others.

program.py add LIBRARY BATCH FILE...   add the files in small transactions, telling every step before it goes on
program.py watch LIBRARY COUNT         search until the library holds COUNT papers
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import Any

import broadsheet
from broadsheet.pipeline.ingest import ingest


def say(*words: object) -> None:
    print(*words, flush=True)


def add(folder: str, batch: str, *files: str) -> None:
    ingest.BATCH = int(batch)
    ingest.LONGEST = inf  # however slow the machine, batches stay as they are
    swap = os.replace

    def told_swap(source: Any, target: Any) -> None:
        say("writing", Path(target).name)
        swap(source, target)

    setattr(os, "replace", told_swap)  # noqa: B010
    with broadsheet.open(folder) as library:
        say("ready")
        for file in files:
            library.add(file, progress=lambda stage, done, total: say("did", done, stage))
        say("end")


def watch(folder: str, count: str) -> None:
    seen = searches = 0
    with broadsheet.open(folder) as library:
        say("ready")
        while seen < int(count):
            page = library.search("invented report on kelp", k=5)
            assert page.total >= seen, "papers vanished"
            assert len(page.results) == min(5, page.total)
            seen, searches = page.total, searches + 1
    say("end", searches)


if __name__ == "__main__":
    commands: dict[str, Callable[..., None]] = {"add": add, "watch": watch}
    commands[sys.argv[1]](*sys.argv[2:])
