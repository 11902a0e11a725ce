"""Closes the days that are due, in processes that can be killed: closer.py LIBRARY MOMENT.

For each line on standard input it begins one. A line with a number is the seconds after which the process is killed;
one that is empty lets it finish. It prints what the process closed, and its exit code.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from tempfile import TemporaryDirectory

import broadsheet
from broadsheet.community import Community
from broadsheet.kit.paper import Paper, Record
from tests.community.forked import begin


def warm_up(now: datetime) -> None:
    """Load all that closing a day needs."""
    with TemporaryDirectory() as empty, broadsheet.open(empty, clock=lambda: now) as library:
        editions = Community(library).editions
        paper = library.add(Record(Paper("Kelp"), "made", "1", "made:1")).paper_ids[0]
        editions.enter(paper, "pick", "ada")
        editions.close_due(now + timedelta(days=2))


def main(folder: str, moment: str) -> None:
    now = datetime.fromisoformat(moment)

    def close(say: Callable[[], None]) -> None:
        with broadsheet.open(folder, clock=lambda: now) as library:
            editions = Community(library).editions
            say()
            print(*editions.close_due(now), flush=True)

    warm_up(now)
    print("ready", flush=True)
    for line in sys.stdin:
        child = begin(close)
        if after := line.strip():
            time.sleep(float(after))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        print("ended", os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
