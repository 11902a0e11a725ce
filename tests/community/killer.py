"""Kills couriers: killer.py LIBRARY KILLS SEED. Each is a process that sends what is due; the last one may finish."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from tempfile import TemporaryDirectory

import broadsheet
from broadsheet.community import Community
from tests.community.forked import begin

NOW = datetime(2026, 6, 30, 6, tzinfo=UTC)
LONGEST = 0.12  # seconds that a courier sends, at most


def main(folder: str, kills: str, seed: str) -> None:
    chance = random.Random(int(seed))

    def send(say: Callable[[], None]) -> None:
        with broadsheet.open(folder, clock=lambda: NOW) as library:
            mail = Community(library).mail
            say()
            mail.deliver()

    with TemporaryDirectory() as empty, broadsheet.open(empty, clock=lambda: NOW) as library:
        Community(library).mail.deliver()  # loads all that couriers need, so that they are killed while they send
    for _ in range(int(kills)):
        child = begin(send)
        time.sleep(chance.random() * LONGEST)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    for _ in range(3):
        _, status = os.waitpid(begin(send), 0)
        print(status, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
