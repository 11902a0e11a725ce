"""The invented community is what it says, is the same every time, and a ring in it does what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

import broadsheet
from broadsheet_lab.bench._trending_replay import replayed
from broadsheet_lab.bench._trending_run import RING, Life, Ring
from broadsheet_lab.bench._trending_world import World, draw_papers, draw_readers
from broadsheet_lab.bench.trending import DEFAULT, SYSTEMS, lived
from tests.catalogue.made import record
from tests.clock import NOON
from tests.community.people import change, join

SMALL = World(readers=80, papers=15, days=3, warm_up=1)


def test_papers_and_readers_are_drawn_as_the_world_says() -> None:
    rng = np.random.default_rng(0)
    world = World(readers=4000, papers=400)
    papers, readers = draw_papers(world, rng), draw_readers(world, rng)
    assert np.median(papers.quality) == pytest.approx(0.06, rel=0.05)
    np.testing.assert_allclose(np.bincount(papers.field) / 4000, world.shares, atol=0.03)
    assert (np.diff(papers.round) >= 0).all()
    assert (np.bincount(papers.round // world.rounds) == 400).all()
    assert readers.visits.mean() == pytest.approx(1, rel=0.1)
    assert readers.eagerness.mean() == pytest.approx(1, rel=0.05)
    assert (readers.joined > -15).mean() == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("name", [DEFAULT, "vote-count"])
def test_a_life_is_the_same_every_time(name: str) -> None:
    first, again = (Life(SMALL, SYSTEMS[name], 5, Ring("old")).days() for _ in range(2))
    assert [(d.score.tolist(), d.place) for d in first] == [(d.score.tolist(), d.place) for d in again]
    assert [d.place for d in Life(SMALL, SYSTEMS[name], 5).days()] == [0, 0]


@pytest.mark.parametrize("kind", ["new", "old", "sellers"])
@pytest.mark.parametrize("when", ["together", "spread", "last"])
def test_a_ring_votes_for_one_bad_paper_a_day(kind: str, when: str) -> None:
    life = Life(replace(SMALL, other_field=0.0, quality=1e-9), SYSTEMS["vote-count"], 1, Ring(kind, when))
    days = life.days()
    for at, day in enumerate(days, SMALL.warm_up):
        votes = life.voted[:, at * SMALL.papers : (at + 1) * SMALL.papers].sum(axis=0)
        assert votes.max() == RING  # nobody else votes
        assert 1 <= day.place <= 4  # before it at most those that all accounts vote for as well
        assert day.quality[votes == RING].min() <= np.quantile(day.quality, 0.2)
    from_pages = life.votes_at[:, 1:].sum()
    assert life.votes_at[:, 0].sum() == (2 * RING if kind == "sellers" else 0)
    assert (from_pages == 0) == (kind == "sellers")
    assert life.voted.sum() == life.votes_at.sum()


def test_looks_are_counted_once_a_reader_paper_and_day() -> None:
    life = Life(replace(SMALL, visits=30.0), SYSTEMS["vote-count"], 0)
    life.days()
    assert life.shown.sum(axis=1).max() <= SMALL.readers * SMALL.days
    assert life.shown[: SMALL.papers].sum() > 0.9 * SMALL.readers * SMALL.papers


def test_the_order_by_rate_withstands_rings_that_decide_the_order_by_count() -> None:
    world = replace(SMALL, readers=200, days=4)
    rings = (Ring("new"), Ring("sellers"))
    rate, count = (lived(SYSTEMS[name], range(1000, 1002), rings, world) for name in (DEFAULT, "vote-count"))
    for ring in ("new, together", "sellers, together"):
        assert rate.places[ring].mean() > 6
        assert count.places[ring].mean() < 2
    assert rate.spearman.shape == (2,)


def test_a_log_is_replayed_against_later_saves(tmp_path: Path) -> None:
    """Five papers, votes in the order of their numbers, saves the next day in the same order."""
    now = [NOON]
    with broadsheet.open(tmp_path, clock=lambda: now[0]) as library:
        library.catalogue.papers.add([record(f"Kelp {n} of {n * 37}", "made", f"k{n}") for n in range(5)])
        names = [f"reader{n}" for n in range(5)]
        for name in names:
            join(library, name)
        tables = library.catalogue.community
        for paper in range(1, 6):
            tables.trending.count_exposures({(paper, NOON.date().isoformat(), "day", paper): 10})
            for name in names[:paper]:
                tables.votes.cast(library.catalogue.readers.get(name).id, paper, "day", paper)
        now[0] += timedelta(days=1)
        for paper in range(1, 6):
            for name in names[:paper]:
                library.act(name, paper, "save")
        change(library, "UPDATE accounts SET joined_at = ''")
    result = replayed(tmp_path)
    assert result["days"] == 1
    assert result["spearman with later saves"]["vote-count"] == 1.0
    assert result["spearman with later saves"]["vote-rate"] == 1.0
