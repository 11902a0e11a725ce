"""Votes in processes that are killed: voter.py CATALOGUE KILLS SEED, in a process without other threads.

It carries out OPERATIONS, one after the other, in a child that is killed after some milliseconds; the next goes on with
the first that was not acknowledged. For each child it prints how many were acknowledged so far.
"""

from __future__ import annotations

import os
import random
import select
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from broadsheet.catalogue import Catalogue
from broadsheet.kit.paper import Paper, Record

READERS, PAPERS = 40, 8


def operations() -> Iterator[tuple[int, int, bool]]:
    """(reader, paper, whether the vote is cast or withdrawn): each reader votes for each paper, some change minds."""
    for reader in range(1, READERS + 1):
        for paper in range(1, PAPERS + 1):
            yield reader, paper, True
            if (reader + paper) % 3 == 0:
                yield reader, paper, False
            if (reader + paper) % 6 == 0:
                yield reader, paper, True


OPERATIONS = tuple(operations())


def carry_out(catalogue: Path, start: int, pipe: int) -> None:
    """Carry out the operations from `start`, and acknowledge each with one byte."""
    with Catalogue.open(catalogue) as opened:
        for reader, paper, casts in OPERATIONS[start:]:
            if casts:
                opened.community.votes.cast(reader, paper, "test", paper)
            else:
                opened.community.votes.withdraw(reader, paper)
            os.write(pipe, b".")


def warm_up() -> None:
    """Load everything that a vote needs, so that the children are killed while they vote."""
    with tempfile.TemporaryDirectory() as folder, Catalogue.open(Path(folder) / "catalogue.db", create=True) as opened:
        reader = opened.readers.get("ada", create=True).id
        paper = opened.papers.add([Record(Paper("Kelp"), "jsonl:a", "1", "made")]).paper_ids[0]
        opened.community.votes.cast(reader, paper)
        opened.community.votes.withdraw(reader, paper)


def main(catalogue: Path, kills: int, rng: random.Random) -> None:
    """Kill `kills` children one after the other; the last is let finish."""
    warm_up()
    done = 0
    for n in range(kills + 1):
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            carry_out(catalogue, done, writing)
            os._exit(0)
        os.close(writing)
        if n < kills:
            select.select([reading], [], [], 20)  # it has begun
            time.sleep(rng.uniform(0, 0.012))
            os.kill(child, signal.SIGKILL)
        while acknowledged := os.read(reading, 1000):
            done += len(acknowledged)
        os.close(reading)
        _, status = os.waitpid(child, 0)
        print(done, os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), random.Random(int(sys.argv[3])))
