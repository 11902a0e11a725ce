"""Votes under kill -9, and from many at once: nothing is lost, nothing counts twice."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from broadsheet.catalogue import Catalogue
from tests.catalogue.made import record
from tests.community import voter
from tests.community.voter import OPERATIONS, PAPERS, READERS
from tests.often import often

KILLS = 100


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A catalogue of some readers and papers."""
    titles = ("Kelp", "Sand", "Mud", "Silt", "Clay", "Peat", "Loam", "Chalk")
    with Catalogue.open(tmp_path / "catalogue.db", create=True) as catalogue:
        catalogue.papers.add([record(f"{title} of the north", "jsonl:a", title) for title in titles])
        for n in range(READERS):
            catalogue.readers.get(f"reader {n}", create=True)
    return tmp_path / "catalogue.db"


def expected(done: int) -> set[tuple[int, int]]:
    """Who has voted for what after so many operations."""
    votes: set[tuple[int, int]] = set()
    for reader, paper, casts in OPERATIONS[:done]:
        (votes.add if casts else votes.discard)((reader, paper))
    return votes


def test_kills_lose_no_vote_and_count_none_twice(path: Path) -> None:
    command = [sys.executable, voter.__file__, str(path), str(often(KILLS)), "7"]
    run = subprocess.run(command, check=False, capture_output=True, text=True, timeout=280)
    assert run.returncode == 0, run.stderr
    children = [tuple(map(int, line.split())) for line in run.stdout.splitlines()]
    assert len(children) == often(KILLS) + 1
    assert children[-1] == (len(OPERATIONS), 0)
    killed_midway = sum(code == -9 and done < len(OPERATIONS) for done, code in children)
    assert killed_midway > often(KILLS) // 2
    with Catalogue.open(path) as catalogue:
        votes = [vote for n in range(1, PAPERS + 1) for vote in catalogue.community.votes.of_paper(n)]
        rows = [(vote.reader_id, vote.paper_id) for vote in votes]
        assert len(rows) == len(set(rows))
        assert set(rows) == expected(len(OPERATIONS))
        assert catalogue.community.votes.counts(range(1, PAPERS + 1)) == Counter(paper for _, paper in rows)
        assert catalogue.check() == []


def test_connections_that_vote_at_once_count_each_vote_once(path: Path) -> None:
    """Each vote is cast by four threads with connections of two catalogues, in an order of their own."""
    wishes = [(reader, paper) for reader in range(1, READERS + 1) for paper in range(1, PAPERS + 1)]
    with Catalogue.open(path) as one, Catalogue.open(path) as other, ThreadPoolExecutor(4) as pool:

        def cast(seed: int) -> None:
            shuffled = random.Random(seed).sample(wishes, len(wishes))
            for reader, paper in shuffled:
                (one if seed % 2 else other).community.votes.cast(reader, paper)

        list(pool.map(cast, range(4)))
        assert one.community.votes.counts(range(1, PAPERS + 1)) == dict.fromkeys(range(1, PAPERS + 1), READERS)
        assert one.check() == []
